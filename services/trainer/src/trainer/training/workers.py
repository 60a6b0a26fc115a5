"""The workers of a Dask cluster: found, and checked to be like this trainer before they fit anything."""

from typing import Any

from trainer.errors import SearchError
from trainer.training.worker import differences, identity

SOON = 10
"""The priority of a task that is waited for; the ones expected later have 0."""


def checked_workers(client: Any, address: str, seconds: float) -> list[str]:
    """Their addresses, once each was found to have one thread and the same code and libraries as this process.

    `address` is the scheduler's; `seconds` is the wait for a first worker, and for all reports. Raises SearchError.
    """
    from distributed import wait

    try:
        client.wait_for_workers(1, timeout=seconds)
    except TimeoutError as error:
        raise SearchError(
            f"SEARCH_CLUSTER={address}: the scheduler has no worker after {seconds:g} s; "
            f"start one: dask worker {address} --nthreads 1"
        ) from error
    known = threads(client)
    if busy := [one for one, count in known.items() if count != 1]:
        raise SearchError(
            f"worker {busy[0]} runs {known[busy[0]]} fits at a time in one process; "
            "start it with --nthreads 1, and one worker for each core"
        )
    asked = {one: client.submit(identity, workers=[one], pure=False, priority=SOON) for one in known}
    try:
        wait(list(asked.values()), timeout=seconds)
    except TimeoutError:
        silent = next(one for one, future in asked.items() if not future.done())
        raise SearchError(f"worker {silent} did not answer within {seconds:g} s; stop it") from None
    for one, future in asked.items():
        if failure := future.exception():
            raise SearchError(f"worker {one} has no trainer like this one: {failure}") from failure
        if found := differences(future.result()):
            raise SearchError(f"worker {one} is not like this trainer: {found}; start it from the same image")
    return list(known)


def threads(client: Any) -> dict[str, int]:
    """Threads of each worker of the scheduler, by address."""
    return {address: one["nthreads"] for address, one in client.scheduler_info(n_workers=-1)["workers"].items()}
