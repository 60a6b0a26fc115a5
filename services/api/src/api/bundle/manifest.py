"""manifest.json of a bundle as a type; docs/formats has its schema."""

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, FiniteFloat, field_validator, model_validator

from api.bundle.certainty import Calibration, Conformal
from api.bundle.features import Feature, ManifestSection, Text, intake, is_plain, width

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Share = Annotated[float, Field(ge=0, le=1)]


class Target(ManifestSection):
    """``classes`` of a classification; of a regression the ``unit`` and range of its value."""

    name: Text
    classes: list[Text] = Field(default=[])
    unit: str = ""
    minimum: FiniteFloat = 0.0
    maximum: FiniteFloat = 0.0


class ClassQuality(ManifestSection):
    """Quality on the hold-out rows of one class; `support` is their number."""

    precision: Share
    recall: Share
    f1: Share
    support: Annotated[int, Field(ge=0)]


class Quality(ManifestSection):
    """Quality of a classification on the hold-out rows."""

    accuracy: Share
    precision_macro: Share
    recall_macro: Share
    f1_macro: Share
    log_loss: Annotated[float, Field(ge=0)]
    roc_auc: Share
    per_class: dict[str, ClassQuality]

    @property
    def rows(self) -> int:
        """Hold-out rows: every row is of one class."""
        return sum(one.support for one in self.per_class.values())


class ValueQuality(ManifestSection):
    """Quality of a regression on the hold-out rows, in the unit of the target."""

    rmse: Annotated[FiniteFloat, Field(ge=0)]
    mae: Annotated[FiniteFloat, Field(ge=0)]
    r2: Annotated[FiniteFloat, Field(le=1)]


class Provenance(ManifestSection):
    """The table, the parameters and the library versions that a bundle was made from."""

    data_sha256: Sha256
    params_sha256: Sha256
    libraries: dict[str, Text]


class FileEntry(ManifestSection):
    """A file of the bundle; `size` is in bytes."""

    sha256: Sha256
    size: Annotated[int, Field(ge=0)]


class Csv(ManifestSection):
    """How the CSV was written that the model was trained on; a table to answer may be written the same way."""

    separator: Annotated[str, Field(min_length=1, max_length=1)] = ","
    decimal: Literal[".", ","] = "."
    encoding: str = "utf-8"
    """As Python names it; UTF-8 is always read, with or without a byte order mark."""
    missing: list[str] = Field(default=["", "nan", "null", "none", "na", "n/a"])
    """Cells that say "no value", upper or lower case."""
    skip: Annotated[int, Field(ge=0, le=1000)] = 0
    """Lines before the header."""
    quotes: Literal["strict", "none", "single", "backslash", "lines"] = "strict"
    """Whether a quote encloses a cell, or is a sign like any other."""
    ragged: Literal["refuse", "skip"] = "refuse"
    """Whether rows with more or fewer cells than the header are refused or left out."""
    leave_out: list[str] = Field(default=[])
    """Rows whose first cell with text is one of these, e.g. Total, are left out."""
    formats: dict[str, Text] = Field(default={})
    """Where it is not plain, by feature or for a target that is a number: thousands, currency, percent, unit,
    minutes, decimal_comma; of a date for strptime."""

    @field_validator("encoding")
    @classmethod
    def _is_known(cls, encoding: str) -> str:
        try:
            b"".decode(encoding)
        except (LookupError, ValueError):
            raise ValueError("encoding is not one that Python knows") from None
        return encoding


class Reasons(ManifestSection):
    """Whether the bundle can say how much each column contributed to an answer, and what that adds up to."""

    method: Literal["linear", "trees", "none"] = "none"
    score: Literal["probability", "log-odds", "margin", "value", "log of the value"] | None = None
    """The raw score that is explained; None without reasons."""
    why: Text | None = None
    """Why there are no reasons."""

    @model_validator(mode="after")
    def _says_which_or_why(self) -> Self:
        if (self.method == "none") != (self.score is None) or (self.method == "none") != (self.why is not None):
            raise ValueError("reasons: a method has a score, and without a method it says why")
        return self


class Threshold(ManifestSection):
    """``class`` is answered where its probability is at least ``at``, else the other one of two."""

    model_config = ConfigDict(serialize_by_alias=True)

    named: Text = Field(alias="class")
    at: Annotated[float, Field(gt=0, lt=1)]
    scoring: Text
    """The figure it was chosen for, on rows that cross-validation held out."""


class Manifest(ManifestSection):
    """The file manifest.json: what the model is, what it asks for, what it answers, how good it is."""

    format: Literal[1]
    model: Text
    estimator: Text
    words: str = ""
    """The estimator in words; bundles made before this field existed do not have it."""
    task: Literal["classification", "regression"]
    features: Annotated[list[Feature], Field(min_length=1)]
    target: Target
    quality: Quality | ValueQuality
    provenance: Provenance
    threshold: Threshold | None = None
    csv: Csv = Csv()
    segments: list[Text] = Field(default=[])
    """Features whose values are judged one by one."""
    reasons: Reasons = Reasons(method="none", why="the bundle was made before there were reasons")
    calibration: Calibration | None = None
    conformal: Conformal | None = None
    files: dict[FileName, FileEntry]

    @model_validator(mode="after")
    def _names_are_unique_and_files_complete(self) -> Self:
        names = [feature.name for feature in self.features]
        if len(set(names)) < len(names) or len(set(self.target.classes)) < len(self.target.classes):
            raise ValueError("two features or two classes have the same name")
        self._check_task()
        missing = {"model.onnx", "model.joblib", "reference.json", "golden.json"} - self.files.keys()
        if missing:
            raise ValueError(f"files does not list {sorted(missing)}")
        if ("reasons.npz" in self.files) != (self.reasons.method != "none"):
            raise ValueError("reasons.npz is there exactly where `reasons` has a method")
        return self

    def _check_task(self) -> None:
        if self.task == "classification":
            if self.threshold and (len(self.target.classes) != 2 or self.threshold.named not in self.target.classes):
                raise ValueError("a threshold is of one class of two")
            if len(self.target.classes) < 2 or not isinstance(self.quality, Quality):
                raise ValueError("a classification has two classes or more, and a classification's quality")
        elif self.target.classes or self.threshold or not isinstance(self.quality, ValueQuality):
            raise ValueError("a regression has no classes, and a regression's quality")
        elif self.target.minimum >= self.target.maximum:
            raise ValueError("target: minimum is not below maximum")
        if self.conformal is not None and (reason := self.conformal.unfit(len(self.target.classes))):
            raise ValueError(reason)

    @property
    def plain(self) -> bool:
        """Whether every feature is a number that is always there."""
        return all(is_plain(feature) for feature in self.features)


def table_width(manifest: Manifest) -> int:
    """Columns of the one table that the model takes."""
    return sum(width(feature) for feature in manifest.features)


def difference(one: Manifest, other: Manifest) -> str | None:
    """Why requests for one model can't be answered by the other, or answers be taken for its; None when they can."""
    if [intake(feature) for feature in one.features] != [intake(feature) for feature in other.features]:
        return "the features differ in their names, types or order"
    if one.task != other.task:
        return "one is a classification and the other a regression"
    if one.target.classes != other.target.classes:
        return "the classes differ in their names or order"
    return None
