"""The reasons of answers as JSON: what the contributions of the columns add up to, and each of them."""

from typing import Any

import orjson

from api.serving.answers import Answered
from api.serving.explanations import explainer_of


def reasons_of(answered: Answered) -> list[str]:
    """``"reasons":{...}`` of each row. Of a classification ``class`` names whose score it is."""
    model, table = answered.model, answered.reasons
    if table is None:
        return []
    manifest, explainer = model.bundle.manifest, explainer_of(model)
    columns = [feature.name for feature in manifest.features]
    texts = []
    for label, (base, *contributions) in zip(answered.labels.tolist(), table.tolist(), strict=True):
        of = explainer.class_of(label)
        members: dict[str, Any] = {} if of is None else {"class": manifest.target.classes[of]}
        members |= {
            "score": manifest.reasons.score,
            "base": base,
            "contributions": dict(zip(columns, contributions, strict=True)),
        }
        texts.append(f'"reasons":{orjson.dumps(members).decode()}')
    return texts
