"""The JSON files of a bundle as types; docs/formats has their schemas."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator

Text = Annotated[str, Field(min_length=1)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Share = Annotated[float, Field(ge=0, le=1)]


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False, hide_input_in_errors=True)


class Feature(Part):
    name: Text
    dtype: Literal["float64", "int64"]
    unit: str
    minimum: FiniteFloat
    maximum: FiniteFloat
    description: str

    @model_validator(mode="after")
    def _range_is_not_empty(self) -> Self:
        if self.minimum > self.maximum:
            raise ValueError(f"feature {self.name!r}: minimum is above maximum")
        return self


class Target(Part):
    name: Text
    classes: Annotated[list[Text], Field(min_length=2)]


class ClassQuality(Part):
    precision: Share
    recall: Share
    f1: Share
    support: Annotated[int, Field(ge=0)]


class Quality(Part):
    accuracy: Share
    precision_macro: Share
    recall_macro: Share
    f1_macro: Share
    log_loss: Annotated[float, Field(ge=0)]
    roc_auc: Share
    per_class: dict[str, ClassQuality]


class Provenance(Part):
    data_sha256: Sha256
    params_sha256: Sha256
    libraries: dict[str, Text]


class FileEntry(Part):
    sha256: Sha256
    size: Annotated[int, Field(ge=0)]


class Manifest(Part):
    format: Literal[1]
    model: Text
    estimator: Text
    task: Literal["classification"]
    features: Annotated[list[Feature], Field(min_length=1)]
    target: Target
    quality: Quality
    provenance: Provenance
    files: dict[FileName, FileEntry]

    @model_validator(mode="after")
    def _names_are_unique_and_files_complete(self) -> Self:
        names = [feature.name for feature in self.features]
        if len(set(names)) < len(names) or len(set(self.target.classes)) < len(self.target.classes):
            raise ValueError("two features or two classes have the same name")
        missing = {"model.onnx", "model.joblib", "reference.json", "golden.json"} - self.files.keys()
        if missing:
            raise ValueError(f"files does not list {sorted(missing)}")
        return self


def difference(one: Manifest, other: Manifest) -> str | None:
    """Why requests for one model can't be answered by the other, or answers be taken for its; None when they can."""
    if [(f.name, f.dtype) for f in one.features] != [(f.name, f.dtype) for f in other.features]:
        return "the features differ in their names, types or order"
    if one.target.classes != other.target.classes:
        return "the classes differ in their names or order"
    return None


class FeatureReference(Part):
    edges: Annotated[list[FiniteFloat], Field(min_length=1)]
    labels: Annotated[list[Text], Field(min_length=2)]
    share: Annotated[list[Share], Field(min_length=2)]

    @model_validator(mode="after")
    def _edges_make_the_bins(self) -> Self:
        if any(low >= high for low, high in zip(self.edges, self.edges[1:], strict=False)):
            raise ValueError("edges must increase strictly")
        if not len(self.edges) + 1 == len(self.labels) == len(self.share):
            raise ValueError("k edges make k+1 labels and k+1 shares")
        if len(set(self.labels)) < len(self.labels):
            raise ValueError("two bins have the same label")
        return self


class Reference(Part):
    format: Literal[1]
    features: dict[str, FeatureReference]
    classes: dict[str, Share]


class GoldenRow(Part):
    values: Annotated[list[FiniteFloat], Field(min_length=1)]
    label: Text
    probabilities: Annotated[list[Share], Field(min_length=2)]


class Golden(Part):
    format: Literal[1]
    rows: Annotated[list[GoldenRow], Field(min_length=1)]
