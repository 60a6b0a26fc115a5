"""The workflows as data: verbs that exist, the least rights, and nothing that somebody else can change under us."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TRUSTED = {"actions", "anchore"}
PINNED = re.compile(r"uses: ([\w-]+/[\w-]+)[\w/-]*@[0-9a-f]{40} # v\d+\.\d+\.\d+$")
# What a stranger can write: title, branch name, message of a pull request.
STRANGERS = re.compile(r"\$\{\{[^}]*github\.(event\.(?!repository\.default_branch)|head_ref|ref_name)")
every_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)


def read(path: Path) -> dict[Any, Any]:
    workflow: dict[Any, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return workflow


def jobs(path: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = read(path)["jobs"]
    return found


def steps(path: Path) -> Iterator[dict[str, Any]]:
    for job in jobs(path).values():
        yield from job.get("steps", [])


def verbs() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


@every_workflow
def test_every_make_verb_exists(path: Path) -> None:
    named: set[str] = set()
    for step in steps(path):
        for command in re.findall(r"^make (.+)$", step.get("run", ""), re.MULTILINE):
            named |= {word for word in command.split() if "=" not in word}
    assert named <= verbs()


def test_the_pipeline_runs_nothing_but_verbs() -> None:
    path = ROOT / ".github" / "workflows" / "ci.yml"
    commands = {
        step["run"]
        for name, job in jobs(path).items()
        if name != "gate"
        for step in job.get("steps", [])
        if "run" in step
    }
    assert commands
    assert [one for one in commands if not re.fullmatch(r"make [a-z -]+([A-Z]+=1)?", one)] == []


def test_the_one_required_job_waits_for_every_job_that_may_not_fail() -> None:
    found = jobs(ROOT / ".github" / "workflows" / "ci.yml")
    gate = found.pop("gate")
    assert set(gate["needs"]) == {name for name, job in found.items() if not job.get("continue-on-error")}
    assert gate["if"] == "${{ always() }}"
    assert all(
        f"contains(needs.*.result, '{result}')" in gate["steps"][0]["if"]
        for result in ("failure", "cancelled", "skipped")
    )


@every_workflow
def test_nothing_is_permitted_that_a_job_does_not_ask_for(path: Path) -> None:
    assert read(path)["permissions"] == {}
    for name, job in jobs(path).items():
        assert "permissions" in job, name
        assert "write-all" not in str(job["permissions"]), name


@every_workflow
def test_only_what_publishes_may_write(path: Path) -> None:
    writing = {name for name, job in jobs(path).items() if "write" in job["permissions"].values()}
    assert (
        writing == {"ci": {"images"}, "images": {"push", "tags"}, "retrain": {"propose"}, "nightly": set()}[path.stem]
    )


@every_workflow
def test_every_job_ends_and_no_two_runs_get_in_each_others_way(path: Path) -> None:
    assert read(path)["concurrency"]["group"]
    for name, job in jobs(path).items():
        assert "uses" in job or job["timeout-minutes"] <= 45, name


@every_workflow
def test_every_action_is_pinned_to_a_commit_and_the_file_says_where_that_was_read(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    header = text.partition("\nname:")[0]
    for line in text.splitlines():
        if "uses: " not in line or "uses: ./" in line:
            continue
        pinned = PINNED.search(line)
        assert pinned, line
        assert pinned[1].split("/")[0] in TRUSTED
        assert pinned[1] in header


def test_one_action_is_pinned_to_one_commit() -> None:
    lines = [line.strip() for path in WORKFLOWS for line in path.read_text(encoding="utf-8").splitlines()]
    pins = {line.removeprefix("uses: ") for line in lines if PINNED.search(line)}
    assert len(pins) == len({pin.partition("@")[0] for pin in pins})


@every_workflow
def test_no_checkout_leaves_its_token_behind(path: Path) -> None:
    checkouts = [step for step in steps(path) if step.get("uses", "").startswith("actions/checkout@")]
    assert checkouts
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


@every_workflow
def test_no_stranger_writes_a_line_of_a_script(path: Path) -> None:
    assert "pull_request_target" not in read(path)[True]  # YAML 1.1 reads the key `on` as true
    for step in steps(path):
        assert "${{" not in step.get("run", ""), step["name"]
        environment = {key: value for key, value in step.get("env", {}).items() if STRANGERS.search(str(value))}
        # A tag's name; it reaches `make release` as a variable of the environment and has to look like a version.
        assert set(environment) <= {"VERSION"}, step["name"]


def test_nothing_is_pushed_before_the_whole_stack_answered_from_it() -> None:
    found = jobs(ROOT / ".github" / "workflows" / "images.yml")
    assert found["smoke"]["needs"] == "build"
    assert found["push"]["needs"] == "smoke"
    assert found["tags"]["needs"] == "push"
    runs = {name: [step.get("run") for step in job["steps"]] for name, job in found.items()}
    assert [one for one in runs["build"] if one] == ["make images", "make scan", "make sbom", "make save"]
    assert "make push" not in runs["build"] + runs["smoke"]
    assert "make smoke" in runs["smoke"]
    assert set(found["smoke"]["permissions"].values()) == {"read"}


def test_provenance_and_contents_of_both_architectures_are_attested_on_the_index() -> None:
    attestations = [
        step["with"] for step in jobs(ROOT / ".github" / "workflows" / "images.yml")["push"]["steps"]
        if step.get("uses", "").startswith("actions/attest@")
    ]  # fmt: skip
    assert {one["subject-digest"] for one in attestations} == {"${{ steps.push.outputs.digest }}"}
    assert [one.get("sbom-path", "").rpartition("-")[2] for one in attestations] == [
        "",
        "amd64.spdx.json",
        "arm64.spdx.json",
    ]


def test_every_update_waits_a_week() -> None:
    updates = read(ROOT / ".github" / "dependabot.yml")["updates"]
    assert {one["package-ecosystem"] for one in updates} == {"github-actions", "docker", "docker-compose"}
    assert all(one["cooldown"]["default-days"] >= 7 for one in updates)
