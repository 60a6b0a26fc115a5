"""Checks at each poll that the policy's bundles are whole, even while the registry is away."""

from __future__ import annotations

from structlog.typing import FilteringBoundLogger

from courier.following.api_proofs import ApiProofs, ApiRefusal
from courier.following.bundles import Bundles
from courier.following.policy import Policy
from courier.metrics import Metrics


class Inspection:
    """Finds damage on disk, and what the api refuses; mending is the business of `Following`."""

    def __init__(
        self, bundles: Bundles, metrics: Metrics, log: FilteringBoundLogger, api_proofs: ApiProofs | None
    ) -> None:
        self._bundles = bundles
        self._metrics = metrics
        self._log = log
        self._api_proofs = api_proofs
        self._damaged: dict[str, str] = {}
        self._refused_by_api: dict[str, ApiRefusal] = {}

    def doubt(self, policy: Policy | None) -> None:
        """Read bundles again when their files have changed, when it is time, or when the api has refused one."""
        refusals = {}
        for bundle in policy.bundles if policy is not None else ():
            refusal = self._api_proofs.refusal(bundle) if self._api_proofs is not None else None
            if refusal is not None:
                refusals[bundle] = refusal
            suspect = refusal is not None and refusal != self._refused_by_api.get(bundle)
            problem = self._bundles.problem(bundle, suspect=suspect)
            if problem is not None and bundle not in self._damaged:
                self._log.error("bundle damaged on disk; it is fetched again", bundle=bundle, problem=problem)
        self._refused_by_api = refusals

    def report(self, policy: Policy | None) -> dict[str, object]:
        """The faults at this moment, for `/health`; sets the metric."""
        bundles = policy.bundles if policy is not None else set()
        self._damaged = {bundle: problem for bundle in bundles if (problem := self._bundles.problem(bundle))}
        self._metrics.following.bundles_damaged.set(len(self._damaged))
        return {
            "damaged": [{"bundle": bundle, "problem": problem} for bundle, problem in self._damaged.items()],
            "refused_by_api": [
                {"bundle": bundle, "reason": refusal.reason, "message": refusal.message}
                for bundle, refusal in self._refused_by_api.items()
            ],
        }
