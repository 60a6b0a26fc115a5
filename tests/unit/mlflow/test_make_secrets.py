"""Secrets are made once, are added to what an older version made, and are never changed."""

import stat
from pathlib import Path

import make_secrets
import pytest

READERS = ("postgres", "mlflow", "trainer", "courier", "grafana")
SAME = {
    "courier/mlflow_password": "mlflow/courier_password",
    "trainer/mlflow_password": "mlflow/trainer_password",
    "grafana/database_password": "postgres/grafana",
}
"""What a client brings, and what it is held against."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A directory for each reader, empty, as the volumes are."""
    for reader in READERS:
        (tmp_path / reader).mkdir()
    return tmp_path


def content(root: Path) -> dict[str, str]:
    return {str(file.relative_to(root)): file.read_text() for file in root.rglob("*") if file.is_file()}


def test_every_client_brings_what_its_server_expects(root: Path) -> None:
    made = make_secrets.make(root)
    held = content(root)
    assert sorted(held) == sorted(str(file.relative_to(root)) for file in made)
    assert {brought: held[brought] for brought in SAME} == {brought: held[kept] for brought, kept in SAME.items()}
    assert held["mlflow/database_url"].startswith(f"postgresql+psycopg://mlflow:{held['postgres/mlflow']}@")
    assert held["courier/database_url"].startswith(f"postgresql://courier:{held['postgres/courier']}@")
    assert {stat.S_IMODE(file.stat().st_mode) for file in made} == {0o440}


def test_no_secret_is_another_or_is_short(root: Path) -> None:
    make_secrets.make(root)
    own = [value for name, value in content(root).items() if name not in SAME and not name.endswith("database_url")]
    assert len(set(own)) == len(own) == 10
    assert min(len(value) for value in own) >= 16
    # MLflow refuses less than 12.
    assert min(len(content(root)[f"mlflow/{user}_password"]) for user in make_secrets.USERS) >= 32


def test_a_second_run_changes_nothing(root: Path) -> None:
    make_secrets.make(root)
    before = content(root)
    make_secrets.make(root)
    assert content(root) == before


def test_volumes_of_the_version_before_get_what_is_missing_and_keep_what_is_there(root: Path) -> None:
    old = {
        **{f"postgres/{role}": f"old {role}" for role in make_secrets.ROLES},
        **{name: f"old {name}" for name in ("mlflow/database_url", "courier/database_url")},
        **{f"grafana/{name}": f"old {name}" for name in ("database_password", "admin_password", "secret_key")},
    }
    for name, value in old.items():
        (root / name).write_text(value)
    make_secrets.make(root)
    held = content(root)
    assert {name: held[name] for name in old} == old
    assert held.keys() - old.keys() == {
        *(f"mlflow/{name}" for name in ("admin_password", "trainer_password", "courier_password", "session_key")),
        *("trainer/mlflow_password", "courier/mlflow_password"),
    }


@pytest.mark.parametrize("lost", ["trainer", "courier", "grafana"])
def test_a_clients_lost_volume_is_made_again_with_the_password_that_is_expected(root: Path, lost: str) -> None:
    make_secrets.make(root)
    before = content(root)
    for file in (root / lost).iterdir():
        file.unlink()
    make_secrets.make(root)
    again = content(root)
    assert {name: again[name] for name in SAME} == {name: before[name] for name in SAME}
    assert again["courier/database_url"] == before["courier/database_url"]


def test_what_a_killed_run_left_half_written_is_made_whole(root: Path) -> None:
    draft = root / "mlflow" / ".admin_password.draft"
    draft.write_text("hal")
    make_secrets.make(root)
    assert not draft.exists()
    assert len((root / "mlflow" / "admin_password").read_text()) == 32
