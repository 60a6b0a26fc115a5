"""The running courier: two loops that never wait for each other, and an orderly end."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event, Thread

from prometheus_client import CollectorRegistry
from structlog.typing import FilteringBoundLogger

from courier.errors import ConfigurationError
from courier.following.api_proofs import ApiProofs
from courier.following.following import Following
from courier.following.history import MoveHistory
from courier.following.registry import MlflowRegistry, Registry
from courier.http.health import FollowedModel, Health, Heartbeat
from courier.http.host_check import HostCheck
from courier.http.pages import make_pages
from courier.http.server import serving
from courier.http.status_file import StatusFile
from courier.journal.backlog import Backlog
from courier.journal.outbox import Outbox
from courier.journal.segments import Journal
from courier.landing.coverage import Coverage
from courier.landing.landing import Landing
from courier.log_level import LevelFile
from courier.loops import start
from courier.metrics import Metrics
from courier.settings import Settings
from courier.store.choice import make_reader, make_store
from courier.store.protocol import Store
from courier.store.reader_priority import ReaderPriority
from courier.store.size import StoreSize
from courier.store.upkeep import Upkeep

# Longer than the slowest honest round: a statement up to its deadline, a look at the registry up to its own.
LANDING_LIMIT_SECONDS = 60.0
FOLLOWING_MARGIN_SECONDS = 30.0
LEVEL_LIMIT_SECONDS = 180.0

LAST_DRAIN_SECONDS = 5.0


@dataclass
class Audit:
    """Lands the journal's records in the store, and keeps the store's size and months in order."""

    landing: Landing
    upkeep: Upkeep
    size: StoreSize

    def work(self) -> float:
        """One round; returns the seconds until the next."""
        delay = self.landing.work()
        if self.landing.store_up:
            self.upkeep.work()
            self.size.work()
        return delay


def run(
    settings: Settings,
    log: FilteringBoundLogger,
    stop: Event,
    *,
    registry: Registry | None = None,
    store: Store | None = None,
) -> None:
    """Carry until `stop` is set, then land what is there, for about five seconds at most.

    Raises:
        ConfigurationError: the courier's address can't be bound, or a list of hosts or origins can't be read.
        JournalInUseError: another courier is at work here.
    """
    try:
        host_check = HostCheck.read("courier", settings.allowed_hosts, settings.allowed_origins)
    except ValueError as error:
        raise ConfigurationError(str(error)) from None
    metrics = Metrics(CollectorRegistry())
    metrics.storage.watch_volumes(_volumes(settings))
    metrics.apis_wanted.set(settings.apis_wanted)
    journal, outbox = Journal(settings.journal_dir), Outbox(settings.journal_dir)
    turns = ReaderPriority()
    store = store or make_store(settings, turns)
    registry = registry or MlflowRegistry(settings.mlflow_tracking_uri, settings.read_registry_credentials)
    audit = _audit(settings, journal, store, metrics, log)
    following = _following(settings, registry, outbox, metrics, log)
    backlog = Backlog(journal)
    metrics.landing.watch(backlog)
    health = _health(settings, following, audit, store, backlog)
    reader = partial(make_reader, settings, turns)
    newest = partial(registry.newest, settings.model_name)
    status_file = StatusFile(settings.serving_dir, health.report, reader, newest, log)
    pages = make_pages(metrics.registry, health.report, outbox, reader, log)
    with (
        journal.held(),
        serving(settings.courier_host, settings.courier_port, pages, log, host_check) as port,
    ):
        log.info("courier started", port=port, model=settings.model_name, registry=settings.mlflow_tracking_uri)
        if settings.log_level_file is not None:
            level_file = LevelFile(settings.log_level_file, settings.log_level, log)
            start(level_file.work, Heartbeat(LEVEL_LIMIT_SECONDS), stop, log, "log level")
        start(status_file.work, Heartbeat(LEVEL_LIMIT_SECONDS), stop, log, "status file")
        start(following.work, health.following, stop, log, "following")
        landing_thread = start(audit.work, health.landing, stop, log, "landing")
        stop.wait()
        _finish(audit.landing, landing_thread, store, log)


def _audit(settings: Settings, journal: Journal, store: Store, metrics: Metrics, log: FilteringBoundLogger) -> Audit:
    coverage = Coverage(settings.serving_dir / "bundles")
    return Audit(
        Landing(journal, store, metrics, log, settings.drain_poll_seconds, coverage),
        Upkeep(store, settings.retention_days, log),
        StoreSize(store, settings.retention_days, metrics, log, space_bytes=settings.database_space_bytes),
    )


def _following(
    settings: Settings, registry: Registry, outbox: Outbox, metrics: Metrics, log: FilteringBoundLogger
) -> Following:
    return Following(
        registry,
        settings.serving_dir,
        settings.model_name,
        metrics,
        log,
        poll_seconds=settings.registry_poll_seconds,
        keep_bundles=settings.keep_bundles,
        deadline_seconds=settings.registry_deadline_seconds,
        bundle_check_seconds=settings.bundle_check_seconds,
        moves=MoveHistory(settings.serving_dir, outbox, log),
        api_proofs=ApiProofs(settings.journal_dir),
    )


def _health(settings: Settings, following: Following, audit: Audit, store: Store, backlog: Backlog) -> Health:
    return Health(
        following=Heartbeat(settings.registry_deadline_seconds + FOLLOWING_MARGIN_SECONDS),
        landing=Heartbeat(LANDING_LIMIT_SECONDS),
        registry_up=lambda: following.registry_up,
        serving=lambda: following.report,
        store_up=lambda: audit.landing.store_up,
        store_name=lambda: store.name,
        store_size=audit.size.report,
        backlog=backlog,
        follows=FollowedModel(settings.mlflow_tracking_uri, settings.model_name, settings.serving_dir),
    )


def _volumes(settings: Settings) -> dict[str, Path]:
    """The folders whose file systems can fill up; how much is free under PostgreSQL can't be seen from here."""
    volumes = {"journal": settings.journal_dir, "serving": settings.serving_dir}
    return volumes | ({"audit": settings.sqlite_path.parent} if settings.embedded else {})


def _finish(landing: Landing, thread: Thread, store: Store, log: FilteringBoundLogger) -> None:
    thread.join(LAST_DRAIN_SECONDS)
    if thread.is_alive():
        store.abort()
        thread.join(LAST_DRAIN_SECONDS)
        log.warning("the store did not answer; the journal keeps what has not landed")
        return
    last = Thread(target=landing.finish, args=[LAST_DRAIN_SECONDS], name="last drain", daemon=True)
    last.start()
    last.join(LAST_DRAIN_SECONDS + 1)
    if last.is_alive():
        store.abort()
        last.join(1)
    store.close()
    log.info("courier stopped")
