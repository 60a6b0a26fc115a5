"""The schema of one row: a value of each feature of the served model."""

from typing import Any

from api.bundle.features import Boolean, Category, Feature, LearnedCategory, Moment, Number
from api.bundle.moments import PATTERNS
from api.bundle.reader import Bundle
from api.bundle.value_schemas import FLOAT32_MAX, LONGEST_LEARNED, LONGEST_TEXT
from api.routes.openapi.parts import closed_object


def row_schema(bundle: Bundle | None) -> dict[str, Any]:
    """The schema of one row of the served model; any object while there is none."""
    if bundle is None:
        return {"type": "object", "additionalProperties": {}}
    return closed_object({feature.name: _feature(feature) for feature in bundle.manifest.features})


def _feature(feature: Feature) -> dict[str, Any]:
    schema = _value(feature)
    return schema | {"nullable": True} if feature.nullable else schema


def _value(feature: Feature) -> dict[str, Any]:
    match feature:
        case Number():
            usual = f"usually {feature.minimum:g} to {feature.maximum:g}"
            about = f"{feature.description} ({feature.unit or 'no unit'}, {usual}; answered with a warning beyond)"
            whole = feature.dtype == "int64"
            return {
                "type": "integer" if whole else "number",
                "minimum": -(2**63) if whole else -FLOAT32_MAX,
                "maximum": 2**63 - 1 if whole else FLOAT32_MAX,
                "format": "int64" if whole else "float",
                "description": about,
            }
        case Category(unknown="refuse"):
            # OpenAPI 3.0 wants null among the values, too, where it is allowed
            allowed = [*feature.categories, *([None] if feature.nullable else [])]
            return {"type": "string", "enum": allowed, "description": feature.description}
        case Category():
            known = f"usually one of {', '.join(feature.categories)}; answered with a warning beyond"
            text = {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT}
            return text | {"description": f"{feature.description} ({known})"}
        case LearnedCategory():
            text = {"type": "string", "minLength": 1, "maxLength": LONGEST_LEARNED}
            known = f"any text; {len(feature.places)} are known, others are answered with a warning"
            return text | {"description": f"{feature.description} ({known})"}
        case Moment():
            usual = f"usually {feature.minimum} to {feature.maximum}; answered with a warning beyond"
            # "date-time" would promise a zone; a time without one is UTC.
            form: dict[str, Any] = {"format": "date"} if feature.kind == "date" else {"pattern": PATTERNS["datetime"]}
            return {"type": "string", **form, "description": f"{feature.description} ({usual})"}
        case Boolean():
            return {"type": "boolean", "description": feature.description}
