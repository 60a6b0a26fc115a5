"""The code that a registered model with dates needs beside scikit-learn: one module, packed with the model."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from trainer.contract import moments


@contextmanager
def code_of(pipeline: Pipeline) -> Iterator[list[str] | None]:
    """A folder with the module under its own name, so that a notebook without the trainer loads the model.

    None where the pipeline reads no dates.
    """
    steps = pipeline.named_steps["encode"].transformers_ if "encode" in pipeline.named_steps else []
    if not any(isinstance(step, FunctionTransformer) and step.func is moments.encoded for _, step, _ in steps):
        yield None
        return
    with TemporaryDirectory() as folder:
        room = Path(folder) / "trainer" / "contract"
        room.mkdir(parents=True)
        for package in (room.parent, room):
            (package / "__init__.py").write_text('"""What the model reads dates with."""\n')
        shutil.copy(moments.__file__, room / "moments.py")
        yield [str(room.parent)]
