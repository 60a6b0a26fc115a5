"""The verbs that run by themselves: a canary's next step, and the loop that takes such steps and retrains."""

import shlex
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from trainer.commands.aliases import dry_run
from trainer.commands.job import Job, Parser, Verb
from trainer.errors import ServiceUnreachableError, SettingsError
from trainer.workspace.files import json_bytes, write


def rollout(job: Job) -> int:
    """One look at the canary."""
    from trainer.loop.prometheus import Prometheus
    from trainer.loop.rollout import step
    from trainer.registry.moves import carry_out
    from trainer.registry.versions import MlflowVersions

    plane, model = MlflowVersions(job.settings), job.contract.registered_model
    prometheus = Prometheus(job.settings.prometheus_url, job.settings.prometheus_model)
    decision, planned = step(plane, model, prometheus, job.params.rollout)
    job.say(f"rollout of {model}: {decision.action}, {decision.why}")
    for move in planned:
        job.say(f"  {'would move ' if job.options.dry_run else ''}{move}")
    if not job.options.dry_run:
        carry_out(plane, model, planned)
    if job.options.outcome:
        write(Path(job.options.outcome), json_bytes({"action": decision.action, "percent": decision.percent}))
    return 0


def loop(job: Job) -> int:
    """Until SIGTERM or Ctrl-C."""
    from prometheus_client import CollectorRegistry

    from trainer.loop.child import Children
    from trainer.loop.host_check import HostCheck
    from trainer.loop.http_client import get_json
    from trainer.loop.metrics import Metrics
    from trainer.loop.retrainer import Retrainer
    from trainer.loop.webhook import Pages, serving

    settings, model, registry = job.settings, job.contract.registered_model, CollectorRegistry()
    try:
        host_check = HostCheck.read("retrainer", settings.allowed_hosts, settings.allowed_origins)
    except ValueError as error:
        raise SettingsError(str(error)) from None

    def say(text: str) -> None:
        job.say(f"{datetime.now(UTC).isoformat(timespec='seconds')} {text}")

    def canary() -> bool:
        # By MLflow's plain API: its client is 200 MB for a question every minute.
        alias = {"name": model, "alias": "canary"}
        try:
            get_json(f"{settings.mlflow_tracking_uri.rstrip('/')}/api/2.0/mlflow/registered-models/alias", alias)
        except ServiceUnreachableError:
            # There is none, or no registry: then nothing can be moved either.
            return False
        return True

    command = shlex.split(settings.trainer_command) or [sys.executable, "-m", "trainer"]
    retrainer = Retrainer(job.params.loop, Children(command, say), canary, Metrics(registry), say, time.monotonic)

    def stop(*_: object) -> None:
        retrainer.stop()

    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, stop)
    pages = Pages(registry, retrainer.report, retrainer.take, host_check)
    with serving(settings.loop_host, settings.loop_port, pages) as port:
        say(f"listening at http://{settings.loop_host}:{port}, registry {settings.mlflow_tracking_uri}")
        retrainer.work()
    say("stopped")
    return 0


def _rollout_options(parser: Parser) -> None:
    dry_run(parser)
    parser.add_argument("--outcome", help="a file for what was decided, as JSON")


VERBS: dict[str, Verb] = {
    "rollout": Verb(rollout, "the canary's next step, judged by Prometheus: more traffic, all, none", _rollout_options),
    "loop": Verb(loop, "retrains when alerts or the schedule ask for it, and steps canaries; until it is stopped"),
}
