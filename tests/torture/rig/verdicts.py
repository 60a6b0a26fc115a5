"""The three verdicts. Each returns what speaks against the platform, one line apiece; an empty list acquits it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tests.torture.rig.log import Answer, Log, Refusal
from tests.torture.rig.offline import Offline

TOLERANCE = 1e-5
DOCUMENTED = {429, 503}


@dataclass(frozen=True, slots=True)
class Row:
    """A prediction as the audit has it."""

    id: str
    request_id: str
    version: str
    bundle: str
    features: dict[str, float]
    label: str
    probabilities: dict[str, float]


def judge(log: Log, rows: Sequence[Row], models: Mapping[str, Offline]) -> str:
    """All three on what clients saw and the audit has, and their figures. Raises AssertionError with what was found."""
    complaints = [*nothing_lost(log.answers, rows), *no_garbage(log.answers, models), *no_surprise(log.refused)]
    assert not complaints, "\n".join([f"{len(complaints)} complaints", *complaints[:5]])
    assert log.answers, "nobody was answered, so nothing was tried"
    return (
        f"{len(log.answers)} rows answered: 0 lost, 0 doubled, 0 wrong;"
        f" {len(log.refused)} asked to retry, {len(log.broken)} cut off"
    )


def nothing_lost(answers: Sequence[Answer], rows: Sequence[Row]) -> list[str]:
    """Each answer has exactly one row, with the same input, output and version. Rows without an answer are allowed:
    their client, or its connection, died between the journal and the reply.
    """
    complaints = [
        f"{what} {name} {count} times"
        for what, names in (
            ("in the audit:", (row.id for row in rows)),
            ("answered:", (answer.prediction_id for answer in answers)),
        )
        for name, count in Counter(names).items()
        if count > 1
    ]
    kept = {row.id: row for row in rows}
    for answer in answers:
        row = kept.get(answer.prediction_id)
        if row is None:
            complaints.append(f"lost: {answer}")
        elif (answer.row, answer.label, answer.probabilities) != (row.features, row.label, row.probabilities) or (
            (answer.version, answer.bundle, answer.request_id) != (row.version, row.bundle, row.request_id)
        ):
            complaints.append(f"answered {answer} and kept {row}")
    return complaints


def no_garbage(answers: Sequence[Answer], models: Mapping[str, Offline]) -> list[str]:
    """Each answer is what the version it names predicts when it is asked without any server."""
    complaints = []
    for version in {answer.version for answer in answers}:
        asked = [answer for answer in answers if answer.version == version]
        model = models.get(version)
        if model is None:
            complaints.append(f"{len(asked)} answers name version {version}, which was never published")
            continue
        for answer, expected in zip(asked, model.predict([answer.row for answer in asked]), strict=True):
            if answer.bundle != model.bundle:
                complaints.append(f"version {version} is bundle {model.bundle}, not that of {answer}")
            elif answer.label != expected.label or _apart(answer.probabilities, expected.probabilities):
                complaints.append(f"offline it is {expected}, answered was {answer}")
    return complaints


def no_surprise(refused: Iterable[Refusal]) -> list[str]:
    """Right requests are answered, or asked to retry; nothing else is documented."""
    return [
        f"unexpected: {refusal}"
        for refusal in refused
        if refusal.status not in DOCUMENTED or refusal.retry_after is None
    ]


def _apart(answered: Mapping[str, float], expected: Mapping[str, float]) -> bool:
    return answered.keys() != expected.keys() or any(
        abs(share - expected[name]) > TOLERANCE for name, share in answered.items()
    )
