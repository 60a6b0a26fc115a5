"""The trainer's errors, each with a message that names the fault and the remedy."""

from dataclasses import dataclass


class TrainerError(Exception):
    """The trainer stopped for a reason it can name. `__main__` prints the message and exits with 1."""


class SettingsError(TrainerError):
    """An environment variable holds something that can't be read."""


class ContractError(TrainerError):
    """data/contract.yaml does not describe a data set."""


class ParamsError(TrainerError):
    """params.yaml holds something that is unknown or impossible."""


class SearchError(TrainerError):
    """The workers of SEARCH_CLUSTER can't be had, or are not like this trainer."""


class SourceError(TrainerError):
    """The data could not be had from where the contract says."""


class SourceTooLargeError(SourceError):
    """The source holds more than the trainer is willing to read."""


class SourceChangedError(SourceError):
    """The source is not the one whose sha256 the contract pins."""


class DataError(TrainerError):
    """The data is not what the contract promises."""


class EmptyDataError(DataError):
    """There is not a single row."""


class ColumnsDifferError(DataError):
    """The header names other columns than the contract."""


class TooFewRowsError(DataError):
    """A class has too few rows to be split, cross-validated and measured."""


@dataclass(frozen=True)
class Violation:
    """One cell (or row, when `column` is empty) that breaks one rule. `line` counts from 1, the header's line."""

    line: int
    column: str
    value: str
    rule: str

    def __str__(self) -> str:
        where = f"line {self.line}, column {self.column}" if self.column else f"line {self.line}"
        return f"{where}: {self.value!r} {self.rule}"


class BadRowsError(DataError):
    """Rows break the contract; `violations` lists each by line, column, value and rule."""

    SHOWN = 10

    def __init__(self, where: str, violations: list[Violation]) -> None:
        self.violations = violations
        shown = [f"  {violation}" for violation in violations[: self.SHOWN]]
        if len(violations) > self.SHOWN:
            shown.append(f"  … and {len(violations) - self.SHOWN} more")
        count = f"{len(violations)} value{'s break' if len(violations) > 1 else ' breaks'} the contract"
        super().__init__("\n".join([f"{where}: {count}; nothing was written", *shown]))


class StageError(TrainerError):
    """A stage was started without the files that the stage before it makes, or with files of another run."""


class ParityError(TrainerError):
    """The ONNX model and scikit-learn disagree; the bundle is refused."""


class UnconvertibleError(TrainerError):
    """A part of the model has no ONNX form; the message names it and what to use instead."""


class UnexplainableError(TrainerError):
    """An answer of the model can't be shared out over its columns exactly."""


class RegistryError(TrainerError):
    """MLflow refused, or its content contradicts itself."""


class RegistryUnreachableError(RegistryError):
    """No MLflow server answers at the tracking URI."""


class UnknownVersionError(TrainerError):
    """The registered model has no version of that number."""


class NoProductionError(TrainerError):
    """No version has the alias production."""


class MoveRefusedError(TrainerError):
    """The alias can't go there."""


class MovedMeanwhileError(TrainerError):
    """The alias was moved between the plan and its execution."""


class ServiceUnreachableError(TrainerError):
    """The courier or Prometheus does not answer, or not as expected."""


class ForeignCourierError(TrainerError):
    """The courier that answers follows another registry or another model."""


class AddressTakenError(TrainerError):
    """The retrainer can't listen at its address."""


class AdoptionError(TrainerError):
    """A model that was made elsewhere can't be served as it is; the message says what is wrong and what to do."""


class ScoringError(TrainerError):
    """A file can't be scored, or its answers can't be written; the message says what is wrong and what to do."""


class ReplayError(TrainerError):
    """The audit can't be replayed; the message says what is wrong and what to do."""


class CardError(TrainerError):
    """The card of a version can't be made; the message says what is wrong."""
