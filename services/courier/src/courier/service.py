"""The running courier: two loops that never wait for each other, and an orderly end."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Event, Thread

from prometheus_client import CollectorRegistry
from structlog.typing import FilteringBoundLogger

from courier.errors import ConfigurationError
from courier.following.api_proofs import ApiProofs
from courier.following.following import Following
from courier.following.moves import Moves
from courier.following.registry import MlflowRegistry, Registry
from courier.http.callers import Callers
from courier.http.health import Follows, Health, Pulse
from courier.http.pages import make_pages
from courier.http.server import serving
from courier.http.status_file import StatusFile
from courier.journal.backlog import Backlog
from courier.journal.outbox import Outbox
from courier.journal.segments import Journal
from courier.landing.coverage import Coverage
from courier.landing.landing import Landing
from courier.log_level import LevelFile
from courier.metrics import Metrics
from courier.settings import Settings
from courier.store.postgres import PostgresStore
from courier.store.postgres_source import PostgresSource
from courier.store.protocol import Store
from courier.store.reader import Reader
from courier.store.size import StoreSize
from courier.store.sqlite import SqliteStore
from courier.store.sqlite_source import SqliteSource
from courier.store.turns import Turns
from courier.store.upkeep import Upkeep

# Longer than the slowest honest round: a statement up to its deadline, a look at the registry up to its own.
LANDING_LIMIT_SECONDS = 60.0
FOLLOWING_MARGIN_SECONDS = 30.0
LEVEL_LIMIT_SECONDS = 180.0

LAST_DRAIN_SECONDS = 5.0
AFTER_ERROR_SECONDS = 1.0


def make_store(settings: Settings, turns: Turns | None = None) -> Store:
    """The store the settings name."""
    if settings.embedded:
        return SqliteStore(settings.sqlite_path, turns)
    return PostgresStore(settings.read_database_url)


def make_reader(settings: Settings, turns: Turns | None = None) -> Reader:
    """Questions about that store, on a connection of their own."""
    if settings.embedded:
        return Reader(SqliteSource(settings.sqlite_path, turns), settings.model_name)
    return Reader(PostgresSource(settings.read_database_url), settings.model_name)


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
        callers = Callers.read("courier", settings.allowed_hosts, settings.allowed_origins)
    except ValueError as error:
        raise ConfigurationError(str(error)) from None
    metrics = Metrics(CollectorRegistry())
    journal, outbox = Journal(settings.journal_dir), Outbox(settings.journal_dir)
    backlog = Backlog(journal)
    metrics.watch(backlog)
    metrics.watch_volumes(_volumes(settings))
    metrics.apis_wanted.set(settings.apis_wanted)
    turns = Turns()
    store = store or make_store(settings, turns)
    coverage = Coverage(settings.serving_dir / "bundles")
    landing = Landing(journal, store, metrics, log, settings.drain_poll_seconds, coverage)
    upkeep = Upkeep(store, settings.retention_days, log)
    store_size = StoreSize(store, settings.retention_days, metrics, log)
    registry = registry or MlflowRegistry(settings.mlflow_tracking_uri, settings.read_registry_credentials)
    following = Following(
        registry,
        settings.serving_dir,
        settings.model_name,
        metrics,
        log,
        poll_seconds=settings.registry_poll_seconds,
        keep_bundles=settings.keep_bundles,
        deadline_seconds=settings.registry_deadline_seconds,
        bundle_check_seconds=settings.bundle_check_seconds,
        moves=Moves(settings.serving_dir, outbox, log),
        api_proofs=ApiProofs(settings.journal_dir),
    )
    health = Health(
        following=Pulse(settings.registry_deadline_seconds + FOLLOWING_MARGIN_SECONDS),
        landing=Pulse(LANDING_LIMIT_SECONDS),
        registry_up=lambda: following.registry_up,
        serving=lambda: following.report,
        store_up=lambda: landing.store_up,
        store_name=lambda: store.name,
        store_size=store_size.report,
        backlog=backlog,
        follows=Follows(settings.mlflow_tracking_uri, settings.model_name, settings.serving_dir),
    )

    def carry() -> float:
        delay = landing.work()
        if landing.store_up:
            upkeep.work()
            store_size.work()
        return delay

    newest = partial(registry.newest, settings.model_name)
    status_file = StatusFile(settings.serving_dir, health.report, lambda: make_reader(settings, turns), newest, log)
    pages = make_pages(metrics.registry, health.report, outbox, lambda: make_reader(settings, turns), log)
    with (
        journal.held(),
        serving(settings.courier_host, settings.courier_port, pages, log, callers) as port,
    ):
        log.info("courier started", port=port, model=settings.model_name, registry=settings.mlflow_tracking_uri)
        if settings.log_level_file is not None:
            level_file = LevelFile(settings.log_level_file, settings.log_level, log)
            _start(level_file.work, Pulse(LEVEL_LIMIT_SECONDS), stop, log, "log level")
        _start(status_file.work, Pulse(LEVEL_LIMIT_SECONDS), stop, log, "status file")
        _start(following.work, health.following, stop, log, "following")
        landing_thread = _start(carry, health.landing, stop, log, "landing")
        stop.wait()
        _finish(landing, landing_thread, store, log)


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


def _start(work: Callable[[], float], pulse: Pulse, stop: Event, log: FilteringBoundLogger, name: str) -> Thread:
    """Call `work` again and again, after the seconds it asks for, until `stop` is set."""

    def loop() -> None:
        while not stop.is_set():
            try:
                delay = work()
            except Exception:
                # No beat: a fault that stays turns /health to 503, and whoever watches it restarts the process.
                log.exception("unexpected error", loop=name)
                delay = AFTER_ERROR_SECONDS
            else:
                pulse.beat()
            stop.wait(delay)

    thread = Thread(target=loop, name=name, daemon=True)
    thread.start()
    return thread
