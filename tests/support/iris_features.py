"""The four columns of the iris table as features of a manifest."""

from api.bundle.features import Feature, Number
from tests.support.bundles import IRIS

FEATURES: list[Feature] = [
    Number(name=name, dtype="float64", unit="cm", minimum=0, maximum=10, description=f"the {name}") for name in IRIS
]
