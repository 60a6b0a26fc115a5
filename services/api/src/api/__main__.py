"""``python -m api``: the service, until SIGTERM or Ctrl-C."""

import ipaddress
import os
import sys
from io import TextIOWrapper
from pathlib import Path

import structlog
from pydantic import ValidationError

from api.settings import Settings
from api.telemetry.logs import configure_logging


def main() -> int:
    try:
        settings = Settings()
        configure_logging(settings.log_level, settings.log_dir)
        prepare_metrics_dir(settings.prometheus_multiproc_dir)
        warn_of_open_doors(settings)
    except ValidationError as error:
        for problem in error.errors(include_url=False):
            sys.stderr.write(f"{'.'.join(map(str, problem['loc'])).upper()}: {problem['msg']}\n")
        return 2
    except OSError as error:
        sys.stderr.write(f"{error.filename}: {error.strerror}\n")
        return 2
    # prometheus_client looks at the environment when it is imported; numpy would start a thread per core for nothing.
    # All else is imported before the workers are forked: they start in milliseconds and share the memory.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from api.server.master import Server

    Server(settings).run()
    return 0


def warn_of_open_doors(settings: Settings) -> None:
    """Log a warning where the address is reachable from other machines and needs no key."""
    if settings.api_keys_file is None and not _is_this_machine(settings.api_host):
        structlog.stdlib.get_logger(__name__).warning(
            "whoever reaches this address is answered: set API_KEYS_FILE, or let something in front of it decide",
            address=f"{settings.api_host}:{settings.api_port}",
        )


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def prepare_metrics_dir(folder: Path) -> None:
    """Empty the folder the workers share their counters in and tell the metrics library about it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file in folder.glob("*.db"):
        file.unlink()
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder.resolve())


if __name__ == "__main__":
    if isinstance(sys.stdout, TextIOWrapper):
        # A log line or a name of the user's data may have letters that the terminal's encoding lacks.
        sys.stdout.reconfigure(errors="backslashreplace")
    sys.exit(main())
