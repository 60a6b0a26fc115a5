"""The parts of one worker, made from its settings without touching disk or network; the lifespan opens them."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry

from api.access.admission import Admission
from api.access.load import Load
from api.access.rate_limit import RateLimits
from api.bundle.proofs import FOLDER, Proofs
from api.bundle.prover import Prover, Proving
from api.http.guard import Guard
from api.journal.writer import Journal
from api.serving.aliases import AliasFile
from api.serving.counted_out import CountedOut
from api.serving.explanations import Explanations
from api.serving.feedback import Feedback
from api.serving.follower import PolicyFollower
from api.serving.last_served import LastServed
from api.serving.observer import Observer
from api.serving.overruns import Overruns
from api.serving.predictions import Predictions
from api.serving.runs import Runs
from api.serving.served_models import ServedModels
from api.serving.shadow import Shadow
from api.serving.traffic import Traffic
from api.serving.worker_readiness import WorkerReadiness
from api.settings import Settings
from api.status.history import History
from api.status.past_alerts import PastAlerts
from api.telemetry.metrics import Metrics

if TYPE_CHECKING:
    from api.tracing import Tracing


@dataclass
class State:
    """``draining`` is set by the server on SIGTERM, while requests on open connections are still answered."""

    settings: Settings
    models: ServedModels
    traffic: Traffic
    metrics: Metrics
    journal: Journal
    follower: PolicyFollower
    aliases: AliasFile
    prover: Proving
    predictions: Predictions
    feedback: Feedback
    admission: Admission
    load: Load
    shadow: Shadow
    guard: Guard | None
    runs: Runs
    explanations: Explanations
    counted_out: CountedOut
    history: History
    past_alerts: PastAlerts
    tracing: "Tracing | None"
    executors: tuple[ThreadPoolExecutor, ...]
    draining: bool = field(default=False)

    def drain(self) -> None:
        self.draining = True

    @property
    def ready(self) -> bool:
        """Whether a prediction would be answered, by whichever worker, and this one should get traffic."""
        return self.follower.followed and self.journal.writable and not self.draining


def make_state(
    settings: Settings,
    *,
    slot: int,
    registry: CollectorRegistry,
    rates: RateLimits,
    readiness: WorkerReadiness,
    prover: Proving | None = None,
) -> State:
    """``slot`` is this worker's place among its siblings; no two living workers share one."""
    models, metrics = ServedModels(), Metrics(registry)
    traffic = Traffic(models, metrics)
    tracing, observer = _tracing(settings, slot)
    journal = Journal(settings.journal_dir, slot, fsync=settings.audit_fsync)
    prover = prover or _prover(settings)
    loading = ThreadPoolExecutor(1, thread_name_prefix="loading")
    shadowing = ThreadPoolExecutor(1, thread_name_prefix="shadow")
    admission = _admission(settings)
    load = Load(admission, most_cpu=settings.shadow_most_cpu)
    counted_out = CountedOut(settings.journal_dir)
    overruns = Overruns(counted_out)
    runs = Runs(most=settings.run_timeout_ms / 1000, overran=overruns.note, on_stuck=overruns.end)
    explanations = Explanations(most=settings.run_timeout_ms / 1000)
    shadow = Shadow(
        models,
        journal,
        metrics.shadow,
        executor=shadowing,
        runs=runs,
        is_busy=load.is_high,
        most_rows=settings.shadow_queue_rows,
        budget=settings.shadow_milliseconds / 1000,
    )
    return State(
        settings=settings,
        models=models,
        traffic=traffic,
        metrics=metrics,
        journal=journal,
        aliases=AliasFile(settings.serving_dir),
        follower=PolicyFollower(
            settings.serving_dir,
            models,
            traffic,
            metrics,
            LastServed(settings.journal_dir),
            counted_out,
            max_rows=settings.max_batch_rows,
            prover=prover,
            executor=loading,
            set_readiness=partial(readiness.set, slot),
        ),
        prover=prover,
        predictions=Predictions(
            traffic,
            journal,
            metrics.answers,
            shadow,
            scheduler=admission.scheduler,
            runs=runs,
            explanations=explanations,
            observer=observer,
        ),
        feedback=Feedback(models, journal),
        admission=admission,
        load=load,
        shadow=shadow,
        guard=Guard(settings.api_keys_file, rates, metrics.keys) if settings.api_keys_file is not None else None,
        runs=runs,
        explanations=explanations,
        counted_out=counted_out,
        history=History(settings.prometheus_multiproc_dir),
        past_alerts=PastAlerts(settings.journal_dir),
        tracing=tracing,
        executors=(loading, shadowing),
    )


def _tracing(settings: Settings, slot: int) -> "tuple[Tracing | None, Observer]":
    if settings.otel_exporter_otlp_endpoint is None:
        return None, Observer()
    # not at the top: the library costs memory and time, and most have no use for it
    from api.tracing import Spans, Tracing

    tracing = Tracing(settings.otel_exporter_otlp_endpoint, slot)
    return tracing, Spans(tracing.tracer)


def _prover(settings: Settings) -> Prover:
    bundles, most = settings.serving_dir / "bundles", settings.max_model_memory_bytes
    return Prover(bundles, Proofs(settings.journal_dir / FOLDER, bundles, memory=most), memory=most)


def _admission(settings: Settings) -> Admission:
    return Admission(
        most=settings.max_work_bytes,
        waiting=settings.max_waiting_bytes,
        held=settings.max_held_bytes,
        queue_timeout=settings.queue_milliseconds / 1000,
    )
