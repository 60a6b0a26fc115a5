"""A repository of one's own: made from this tree with a table, compared with a later version, and merged."""

import csv
import shutil
import subprocess
from pathlib import Path
from random import Random

import pytest
import yaml
from rich.console import Console

from scripts.project.__main__ import NEW, main
from scripts.project.create import create
from scripts.project.differences import differences
from scripts.project.errors import ProjectError
from scripts.project.git import Git
from scripts.project.upgrade import apply, plan
from scripts.setup.__main__ import DOWNLOAD_MB, INSTALLED_MB, MINUTES

ROOT = Path(__file__).resolve().parents[4]
NEEDED = ("Makefile", "README.md", "params.yaml", "dvc.lock", "data/", "services/trainer/", ".gitignore")
MARGIN = "margin: 0.05 # the measured difference"


def change(repository: Path, file: str, before: str, after: str) -> None:
    text = (repository / file).read_text(encoding="utf-8")
    assert text.count(before) == 1, before
    (repository / file).write_text(text.replace(before, after), encoding="utf-8")
    Git(repository).commit(f"Change {file}")


def write_table(file: Path) -> Path:
    random = Random(3)
    with file.open("w", newline="") as lines:
        rows = csv.writer(lines)
        rows.writerow(["stem", "leaf", "species"])
        for _ in range(60):
            kind = random.choice(["rose", "tulip"])
            rows.writerow([round(random.gauss(5 + 3 * (kind == "rose"), 1), 2), random.choice(["round", "long"]), kind])
    return file


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`platform`, a repository with this tree's trainer and settings in one commit; `flowers` starts from it."""
    folder = tmp_path_factory.mktemp("made")
    home = folder / "platform"
    listed = subprocess.run(["git", "ls-files", "-z", *NEEDED], cwd=ROOT, check=True, capture_output=True).stdout
    for name in filter(None, listed.decode().split("\0")):
        if (ROOT / name).is_file():
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, home / name)
    Git(home).run("init", "--quiet", "--initial-branch", "main")
    Git(home).commit("The platform")
    create(home, folder / "flowers", str(write_table(folder / "flowers.csv")), "species")
    return folder


@pytest.fixture
def upstream(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made / "platform", tmp_path / "platform"))


@pytest.fixture
def project(made: Path, tmp_path: Path, upstream: Path) -> Path:
    folder = Path(shutil.copytree(made / "flowers", tmp_path / "my flowers"))
    Git(folder).run("remote", "set-url", "upstream", str(upstream))
    return folder


def test_a_new_repository_has_the_table_its_contract_and_the_history(project: Path, upstream: Path) -> None:
    contract = yaml.safe_load((project / "data/contract.yaml").read_text())
    assert (contract["name"], contract["source"]) == ("flowers", "data/tables/flowers.csv")
    assert (project / contract["source"]).is_file()
    git = Git(project)
    assert git.run("status", "--porcelain") == ""
    assert git.run("rev-parse", "HEAD~").strip() == Git(upstream).run("rev-parse", "HEAD").strip()
    assert git.run("remote").split() == ["upstream"]
    assert plan(project, None).commits == 0


def test_a_project_makes_another_one_which_has_its_own_table_alone_and_the_same_upstream(
    project: Path, upstream: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "shrubs"
    create(project, folder, str(write_table(tmp_path / "shrubs.csv")), "species")
    assert [file.name for file in (folder / "data/tables").iterdir()] == ["shrubs.csv"]
    assert Git(folder).run("remote", "get-url", "upstream").strip() == str(upstream)
    assert plan(folder, None).commits == 0


def test_the_draft_is_shown_where_it_lies_and_nobody_is_sent_to_copy_it(
    tmp_path: Path, upstream: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    create(upstream, tmp_path / "mine", str(write_table(tmp_path / "flowers.csv")), "species")
    printed = capfd.readouterr().out
    assert printed.startswith("data/contract.yaml: classification, ")
    assert "species" in (tmp_path / "mine/data/contract.yaml").read_text()
    assert "cp data/" not in printed


def test_the_size_and_the_time_of_its_packages_are_those_that_the_set_up_names() -> None:
    for figure in (f"{DOWNLOAD_MB} MB to download", f"{INSTALLED_MB / 1000:.1f} GB on the disk", f"about {MINUTES}."):
        assert figure in NEW
    assert max(map(len, NEW.splitlines())) <= 80


def test_an_upgrade_shows_first_and_merges_without_losing_what_is_the_project_s(project: Path, upstream: Path) -> None:
    own = (project / "data/contract.yaml").read_text()
    change(project, "params.yaml", MARGIN, MARGIN.replace("0.05", "0.04"))
    change(upstream, "params.yaml", MARGIN, MARGIN.replace("0.05", "0.06"))
    change(upstream, "params.yaml", "latency_ms: 5.0", "latency_ms: 6.0")
    change(upstream, "data/contract.yaml", "name: iris #", "name: irises #")
    change(upstream, "README.md", "# mlops-iris\n", "# The platform\n")

    found = plan(project, None)
    assert found.commits == 4
    assert found.params == ("~ gate.latency_ms: 5.0 → 6.0",)
    assert found.own == ("~ gate.accuracy.margin: 0.06 → 0.04",)
    assert (found.contract, found.conflicts, found.refused) == ((), (), "")
    assert "latency_ms: 5.0" in (project / "params.yaml").read_text()
    (project / "dvc.lock").write_text("schema: '2.0'\n")

    apply(project, found)
    assert "latency_ms: 6.0" in (project / "params.yaml").read_text()
    assert MARGIN.replace("0.05", "0.04") in (project / "params.yaml").read_text()
    assert (project / "data/contract.yaml").read_text() == own
    assert (project / "README.md").read_text().startswith("# flowers\n")
    assert (project / "dvc.lock").read_text() == "schema: '2.0'\n"
    assert plan(project, None).commits == 0


def test_settings_that_the_newer_trainer_refuses_are_reported_before_anything_is_merged(
    project: Path, upstream: Path
) -> None:
    source = "services/trainer/src/trainer/contract/labels.py"
    change(
        upstream,
        source,
        "class ContractSection(BaseModel):",
        "raise ValueError('stem is not wanted')\n\n\nclass ContractSection(BaseModel):",
    )
    found = plan(project, None)
    assert "stem is not wanted" in found.refused


def test_settings_that_were_changed_for_the_newer_trainer_do_not_stop_the_upgrade(
    project: Path, upstream: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without this a person who does what the refusal says can go neither forward nor back."""
    source = "services/trainer/src/trainer/contract/contract.py"
    change(upstream, source, "    duplicates: ", "    sprout: int\n    duplicates: ")
    assert "contract.yaml: sprout: Field required" in plan(project, None).refused
    change(project, "data/contract.yaml", "name: flowers", "sprout: 3\nname: flowers")
    found = plan(project, None)
    assert (found.refused, found.contract) == ("", ())
    assert "sprout" in found.ahead
    main(["upgrade", "--folder", str(project), "--apply"], Console(width=200))
    assert "your settings are written for the newer trainer already" in capsys.readouterr().out
    assert plan(project, None).commits == 0


def test_a_conflict_names_the_file_and_the_way_back(project: Path, upstream: Path) -> None:
    change(project, ".gitignore", "/logs/\n", "/my-logs/\n")
    change(upstream, ".gitignore", "/logs/\n", "/their-logs/\n")
    found = plan(project, None)
    assert found.conflicts == (".gitignore",)
    with pytest.raises(ProjectError, match=r"both sides changed \.gitignore.*git merge --abort"):
        apply(project, found)


def test_changes_that_are_not_committed_stop_the_merge(project: Path, upstream: Path) -> None:
    change(upstream, "README.md", "# mlops-iris\n", "# The platform\n")
    (project / "params.yaml").write_text("seed: 1\n")
    with pytest.raises(ProjectError, match="not committed"):
        apply(project, plan(project, None))
    assert (project / "params.yaml").read_text() == "seed: 1\n"


def test_nothing_stays_behind_where_no_contract_can_be_drafted(tmp_path: Path, upstream: Path) -> None:
    table = write_table(tmp_path / "flowers.csv")
    with pytest.raises(ProjectError, match="no contract could be drafted"):
        create(upstream, tmp_path / "mine", str(table), "no such column")
    assert not (tmp_path / "mine").exists()
    with pytest.raises(ProjectError, match="is there already"):
        create(upstream, upstream, str(table), "species")
    with pytest.raises(ProjectError, match="no remote `upstream`"):
        plan(upstream, None)


def test_settings_are_compared_by_key_and_columns_by_name() -> None:
    before = {"columns": [{"name": "a", "unit": "cm"}, {"name": "b", "unit": ""}], "seed": 1}
    after = {"columns": [{"name": "b", "unit": "kg"}, {"name": "a", "unit": "cm"}], "new": None, "mode": "auto"}
    assert list(differences(before, after)) == ['~ columns.b.unit: "" → "kg"', '+ mode: "auto"', "- seed: 1"]
