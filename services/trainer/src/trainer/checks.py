"""The contract's rules as a pandera schema, and what it finds as violations."""

import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from trainer.contract import Contract
from trainer.errors import Violation


def frame_schema(contract: Contract) -> pa.DataFrameSchema:
    """Types, ranges, classes and order of columns. Names of checks are the rules people read."""
    columns = {
        column.name: pa.Column(
            column.dtype,
            [
                pa.Check.ge(column.minimum, error=f"is below the minimum {column.minimum:g}"),
                pa.Check.le(column.maximum, error=f"is above the maximum {column.maximum:g}"),
            ],
        )
        for column in contract.columns
    }
    known = ", ".join(contract.target.classes)
    columns[contract.target.name] = pa.Column(
        str, pa.Check.isin(contract.target.classes, error=f"is an unknown class; known are {known}")
    )
    return pa.DataFrameSchema(columns, strict=True, ordered=True)


def check(frame: pd.DataFrame, contract: Contract) -> list[Violation]:
    """Every value that breaks a rule, and every repeated row where the contract refuses them."""
    violations = _repeats(frame) if contract.duplicates == "refuse" else []
    try:
        frame_schema(contract).validate(frame, lazy=True)
    except SchemaErrors as error:
        violations += [
            Violation(int(case.index), str(case.column), str(case.failure_case), str(case.check))
            for case in error.failure_cases.itertuples(index=False)
        ]
    return in_order(violations, contract)


def in_order(violations: list[Violation], contract: Contract) -> list[Violation]:
    """By line, then by the contract's columns."""
    position = {name: place for place, name in enumerate((*contract.features, contract.target.name))}
    return sorted(violations, key=lambda violation: (violation.line, position.get(violation.column, -1)))


def _repeats(frame: pd.DataFrame) -> list[Violation]:
    # pandera's `unique` names every twin in every column; a person wants the later line and the one it repeats.
    first: dict[tuple[object, ...], int] = {}
    violations = []
    for line, *values in frame.itertuples():
        if (original := first.setdefault(tuple(values), line)) != line:
            text = ",".join(str(value) for value in values)
            violations.append(Violation(int(line), "", text, f"repeats line {original}"))
    return violations
