"""reference.json of a bundle: how the training rows were distributed, which drift is measured against."""

from typing import Annotated, Literal, Self

from pydantic import Field, FiniteFloat, model_validator

from api.bundle.features import ManifestSection, Text, bins
from api.bundle.manifest import Manifest, Share
from api.errors import BundleRefusedError


class FeatureReference(ManifestSection):
    """The bins of a feature and the share of the training rows in each; `edges` are between the bins of a number."""

    edges: list[FiniteFloat] = Field(default=[])
    labels: Annotated[list[Text], Field(min_length=2)]
    share: Annotated[list[Share], Field(min_length=2)]

    @model_validator(mode="after")
    def _edges_make_the_bins(self) -> Self:
        if any(low >= high for low, high in zip(self.edges, self.edges[1:], strict=False)):
            raise ValueError("edges must increase strictly")
        if len(self.labels) != len(self.share):
            raise ValueError("there is not one share for each label")
        if len(set(self.labels)) < len(self.labels):
            raise ValueError("two bins have the same label")
        return self


class Reference(ManifestSection):
    """The file reference.json: the distributions of the training rows, which drift is measured against."""

    format: Literal[1]
    rows: Annotated[int, Field(ge=1)] | None = None
    """Training rows; bundles made before this field existed do not have it."""
    features: dict[str, FeatureReference]
    classes: dict[str, Share] = Field(default={})
    """The share of each class; empty for a regression."""
    target: FeatureReference | None = None
    """The bins of a regression's value; None for a classification."""

    segments: dict[str, dict[str, list[Annotated[int, Field(ge=0)]]]] = Field(default={})
    """Of each segment column: the hold-out's rows by segment and by answer, in the order of `answers`."""

    @property
    def answers(self) -> dict[str, float]:
        """The labels an answer can have, and their shares: a regression's are the bins of its value."""
        return self.classes if self.target is None else dict(zip(self.target.labels, self.target.share, strict=True))


def check_reference(manifest: Manifest, reference: Reference) -> None:
    """Raise BundleRefusedError where the features, bins or classes are not those of the manifest."""
    if set(reference.features) != {feature.name for feature in manifest.features}:
        raise BundleRefusedError("schema", "reference.json does not have the features of the manifest")
    for feature in manifest.features:
        found = reference.features[feature.name]
        wanted = bins(feature, len(found.edges))
        if wanted not in (found.labels, len(found.labels)):
            raise BundleRefusedError("schema", f"reference.json: {feature.name} does not have the bins of its kind")
    if set(reference.classes) != set(manifest.target.classes):
        raise BundleRefusedError("schema", "reference.json does not have the classes of the manifest")
    _check_segments(manifest, reference)
    target = reference.target
    if (target is not None) != (manifest.task == "regression"):
        raise BundleRefusedError(
            "schema", "reference.json: `target` bins are required for regression and forbidden for classification"
        )
    if target is not None and len(target.labels) != len(target.edges) + 1:
        raise BundleRefusedError("schema", "reference.json: k edges of the target make k+1 bins")


def _check_segments(manifest: Manifest, reference: Reference) -> None:
    for name, found in reference.segments.items():
        if name not in manifest.segments or set(found) != set(reference.features[name].labels):
            raise BundleRefusedError("schema", f"reference.json: {name} does not have the segments of the manifest")
        if any(len(counts) != len(reference.answers) for counts in found.values()):
            raise BundleRefusedError("schema", f"reference.json: the segments of {name} need a count for each answer")
