"""An empty registry to start with: what was there is moved aside."""

import os
from datetime import UTC, datetime
from pathlib import Path

from scripts.run.errors import LifecycleError
from scripts.run.home import Home
from scripts.run.processes import hold


def set_aside(home: Home) -> Path | None:
    """Move var/mlflow to var/mlflow-before-<time>; where it is now, or None where there was nothing.

    Raises AlreadyRunningError while a server holds these files, LifecycleError where they can't be moved.
    """
    store = home.root / "var" / "mlflow"
    if not store.exists() or not any(store.iterdir()):
        return None
    held = hold(home.lock("mlflow"))
    try:
        aside = store.with_name(f"mlflow-before-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}")
        # A folder that is there already is not empty, so it is never replaced.
        store.rename(aside)
    except OSError as error:
        raise LifecycleError(f"{store} can't be moved aside: {error.strerror}") from error
    finally:
        os.close(held)
    return aside
