"""Every threshold that the boards draw, once. Where an alert has the same one, a test holds them together.

A pair is a value and the colour from there on; a first pair without a value colours what lies below the second.
"""

LOW, HIGH = "yellow", "red"

PROMISED_SECONDS = 0.025
"""The api's latency objective (`slo.yml`): a prediction is in the journal within this time."""
PENDING_RECORDS = 100_000
"""JournalPending."""
OLDEST_PENDING_SECONDS = 120
"""JournalOld."""
AUDIT_BYTES = 4 * 1024**3
"""AuditStoreLarge."""
LEAST_FREE_SHARE = 0.15
"""VolumeFilling."""
FAST_BURN, SLOW_BURN, SUSTAINED_BURN = 14.4, 6.0, 1.0
"""ErrorBudgetBurnsFast, ErrorBudgetBurns, ErrorBudgetBurnsSlowly: times the rate that spends the budget in 30 days."""

LATENCY = ((0.01, LOW), (PROMISED_SECONDS, HIGH))
LATE = ((PROMISED_SECONDS, HIGH),)
FAILED_SHARE = ((0.001, LOW), (0.01, HIGH))
BUDGET_LEFT = ((None, HIGH), (0.0, "orange"), (0.25, "green"))
BURN = ((SUSTAINED_BURN, LOW), (SLOW_BURN, "orange"), (FAST_BURN, HIGH))
PSI = ((0.1, LOW), (0.2, HIGH))
"""The customary limits of a population stability index; the alert's own depend on the number of training rows."""
ACCURACY = ((None, HIGH), (0.8, LOW), (0.9, "green"))
AGREEMENT = ((None, HIGH), (0.9, LOW), (0.97, "green"))
IN_FLIGHT = ((500, LOW), (1000, HIGH))
PENDING = ((10_000, LOW), (PENDING_RECORDS, HIGH))
TOO_MANY_PENDING = ((PENDING_RECORDS, HIGH),)
PENDING_TOO_LONG = ((OLDEST_PENDING_SECONDS, HIGH),)
AUDIT_SIZE = ((AUDIT_BYTES, HIGH),)
FREE_SHARE = ((None, HIGH), (LEAST_FREE_SHARE, "green"))
ANY = ((1, HIGH),)
"""Events that should never happen."""
PRESENT = ((None, HIGH), (1, "green"))
"""Series that should always be there."""
WORKER_BYTES = ((400_000_000, HIGH),)
COURIER_BYTES = ((300_000_000, HIGH),)
POSTGRES_CONNECTIONS = ((40, HIGH),)
POSTGRES_BYTES = ((50_000_000_000, HIGH),)
PROMETHEUS_SERIES = ((200_000, HIGH),)
RULE_SECONDS = ((5, HIGH),)
SCRAPE_SECONDS = ((2, HIGH),)
