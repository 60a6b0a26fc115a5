"""The linter of the Kubernetes manifests passes on what the schemas refuse, and says when it has no schemas."""

import sys
from pathlib import Path

import pytest

from scripts.maintain import lint_kubernetes

VALIDATOR = """
import sys
print("INFO one.yaml passed for resource service/api against version 1.29")
if "bad" in sys.argv[-1]:
    print("ERROR bad.yaml did not validate")
    sys.exit(1)
if "silent" in sys.argv[-1]:
    sys.exit(3)
assert sys.argv[1] == "--strict"
assert sys.argv[3:-1:2] == ["1.29", "1.33", "1.37"]
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "kubernetes_validate").mkdir()
    (tmp_path / "kubernetes_validate" / "__main__.py").write_text(VALIDATOR, encoding="utf-8")
    monkeypatch.setattr(lint_kubernetes, "HOME", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("good.yaml", []),
        ("bad.yaml", ["ERROR bad.yaml did not validate"]),
        ("silent.yaml", ["kubernetes-validate ended with 3"]),
    ],
)
def test_what_the_schemas_refuse_is_a_line(home: Path, name: str, message: list[str]) -> None:
    assert lint_kubernetes.wrong(home / name) == message


def test_a_machine_without_the_schemas_is_named_and_passes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(lint_kubernetes, "HOME", lint_kubernetes.ROOT / "var" / tmp_path.name)
    monkeypatch.delenv("CI", raising=False)
    assert lint_kubernetes.main() == 0
    assert "pip install --no-deps --require-hashes" in capsys.readouterr().out
    assert sys.modules.get("kubernetes_validate") is None
