"""The demo's steps: each has to be seen, in its time; what does not come is named."""

from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml

from scripts.loop_demo.errors import DemoError
from scripts.loop_demo.pace import MOST, slowness
from scripts.loop_demo.platform import HERE, PACED, ROOT, compose_files, paced
from scripts.loop_demo.readings import Alerting
from scripts.loop_demo.steps import Loop
from scripts.loop_demo.story import Observation, Step, StepImpossibleError, StepMissingError, Story
from tests.unit.scripts.loop_demo.worlds import CANARY_ENDED, REFUSED_ENDED, TAKEN, Clock, Teller, World
from trainer.thresholds import Thresholds


def story(teller: Teller, clock: Clock, most: float = 600.0) -> Story:
    return Story(teller, most, clock=clock, now=clock, sleep=clock.sleep)


def loop(world: World) -> Loop:
    return Loop(world, "1", "loop-demo", lambda: None, world.retrainings())


def step(found: Loop, begins: str) -> Step:
    (one,) = [one for one in found.steps() if one.name.startswith(begins)]
    return one


def test_the_whole_loop_is_shown_step_by_step_when_each_really_happens() -> None:
    world, clock, teller = World(), Clock(), Teller()

    def world_moves() -> None:
        world.accuracies, world.feedback = 0.3, 500
        world.psis["1"] = 3.0

    found = Loop(world, "1", "loop-demo", world_moves, world.retrainings())
    passes: list[dict[str, Any]] = [
        {"alerts": Alerting((), ("FeatureDrift petal_width",))},
        {"counters": {**world.counters, TAKEN: 3.0}, "doing": "retrain"},
        {
            "counters": {TAKEN: 3.0, CANARY_ENDED: 2.0},
            "aliases": {"production": ("1", {}), "canary": ("2", {"gate.verdict": "passed", "percent": "20"})},
        },
        {"aliases": {"production": ("2", {"gate.verdict": "passed"})}},
        {"accuracies": 0.96},
        {"psis": {"2": 0.03}, "alerts": Alerting((), ())},
    ]

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        for name, value in passes.pop(0).items():
            setattr(world, name, value)

    events = Story(teller, 600, clock=clock, now=clock, sleep=sleep).run(found.steps())
    assert [event.step.name for event in events] == [one.name for one in found.steps()]
    assert not passes
    assert (found.old, found.new) == ("1", "2")


@pytest.mark.parametrize("alerts", [Alerting((), ("FeatureDrift petal_width",)), Alerting(("PredictionDrift",), ())])
def test_an_alert_that_goes_on_has_not_cleared_however_low_the_psi_is(alerts: Alerting) -> None:
    world = World(psis={"2": 0.03})
    found = loop(world)
    found.new = "2"
    assert step(found, "no PSI").look().done
    world.alerts = alerts
    assert not step(found, "no PSI").look().done
    world.alerts, world.psis = Alerting((), ()), {}
    assert not step(found, "no PSI").look().done


def test_the_world_has_moved_when_psi_is_above_what_the_alert_compares_with() -> None:
    world = World(psis={"1": 0.4})
    found = step(loop(world), "PSI says")
    assert found.look() == Observation(done=False, text="PSI 0.40 of version 1, threshold 0.45")
    world.psis["1"] = 0.46
    assert found.look().done
    world.thresholds = None
    assert not found.look().done


def test_the_truth_of_before_the_world_moved_does_not_count() -> None:
    world = World(feedback=400)
    found = loop(world)
    step(found, "the world moves").look()
    world.feedback = 480
    assert step(found, "the truth").look() == Observation(done=False, text="80 labelled answers since it moved")
    world.feedback = 520
    assert step(found, "the truth").look().done


@pytest.mark.parametrize("begins", ["a PSI alert", "PSI says", "the canary", "live accuracy", "Alertmanager", "no PSI"])
def test_a_step_that_does_not_come_ends_it_with_its_name_what_was_seen_and_whose_logs_to_read(begins: str) -> None:
    world = World(accuracies=0.3, aliases={"production": ("1", {}), "canary": ("2", {})})
    found = loop(world)
    found.calm, found.new = 0.97, "2"
    one, clock, teller = step(found, begins), Clock(), Teller()
    with pytest.raises(StepMissingError) as error:
        story(teller, clock).run([one])
    assert clock.now - 1000 == pytest.approx(one.budget, abs=1)
    assert one.name in str(error.value)
    assert error.value.step.services == one.services != ()
    assert one.look().text in str(error.value)
    assert not teller.happenings


def test_all_steps_together_have_the_time_of_the_story_and_no_more() -> None:
    clock, never = Clock(), Step("never", 400, (), lambda: Observation(done=False, text="nothing"))
    late = Step("late", 400, (), lambda: Observation(clock.now >= 1300, "late"))
    with pytest.raises(StepMissingError, match="within 300 s: never"):
        story(Teller(), clock).run([late, never])
    assert clock.now == 1600


def test_a_slow_machine_has_more_time_for_each_step_and_for_all_of_them() -> None:
    never = Step("never", 100, (), lambda: Observation(done=False, text="nothing"))
    measured = iter([1.0, 3.0, 3.0])
    clock = Clock()
    with pytest.raises(StepMissingError, match="within 300 s: never"):
        Story(Teller(), 600, clock=clock, now=clock, sleep=clock.sleep, slowness=lambda: next(measured)).run([never])
    clock = Clock()
    with pytest.raises(StepMissingError, match="within 150 s: never"):
        Story(Teller(), 50, clock=clock, now=clock, sleep=clock.sleep, slowness=lambda: 3.0).run([never])


def test_the_pace_of_a_machine_is_at_least_usual_and_has_a_bound() -> None:
    assert 1.0 <= slowness() <= MOST


def test_a_service_that_is_away_for_a_moment_is_waited_for() -> None:
    answers: list[Exception | Observation] = [
        httpx2.ConnectError("refused"),
        DemoError("exec failed"),
        Observation(done=True, text="there"),
    ]

    def look() -> Observation:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    teller = Teller()
    assert [event.text for event in story(teller, Clock()).run([Step("s", 10, (), look)])] == ["there"]
    assert teller.waits == ["no answer: refused", "no answer: exec failed"]


def test_a_gate_that_refuses_ends_it_at_once_with_its_reasons() -> None:
    world = World()
    found = loop(world)
    world.counters = {**world.counters, REFUSED_ENDED: 1.0}
    world.aliases["challenger"] = ("2", {"gate.reasons": "accuracy 0.61 on hold-out"})
    clock = Clock()
    with pytest.raises(StepImpossibleError, match=r"ended as refused; version 2: accuracy 0\.61 on hold-out") as error:
        story(Teller(), clock).run([step(found, "the new model")])
    assert error.value.step is not None
    assert error.value.step.services == ("retrainer",)
    assert clock.now == 1000


def test_a_canary_that_was_taken_back_ends_it_at_once() -> None:
    world = World()
    found = loop(world)
    found.new = "2"
    with pytest.raises(StepImpossibleError, match="version 2 was taken back"):
        story(Teller(), Clock()).run([step(found, "the canary")])


def test_a_canary_without_a_passed_gate_is_no_step() -> None:
    world = World(aliases={"production": ("1", {}), "canary": ("2", {"gate.verdict": "failed"})})
    found = loop(world)
    world.counters[CANARY_ENDED] += 1
    assert step(found, "the new model").look() == Observation(
        done=False, text="version 2, gate failed, ? % of the traffic"
    )


def test_a_retraining_of_before_is_not_taken_for_this_one() -> None:
    found = loop(World(aliases={"production": ("1", {}), "canary": ("2", {"gate.verdict": "passed"})}))
    assert step(found, "the new model").look() == Observation(done=False, text="training")


def test_a_stack_that_has_drifted_already_is_no_beginning() -> None:
    with pytest.raises(StepImpossibleError, match=r"PSI is 0\.80 already"):
        story(Teller(), Clock()).run(loop(World(psis={"1": 0.8})).steps())


def test_the_budgets_are_longer_than_the_rules_take() -> None:
    rules = yaml.safe_load((ROOT / "monitoring/prometheus/rules/drift.yml").read_text())
    waits = [rule["for"] for group in rules["groups"] for rule in group["rules"] if "alert" in rule]
    assert set(waits) == {"2m"}
    # An evaluation a minute, two minutes of patience, and a scrape.
    assert step(loop(World()), "a PSI alert").budget >= 60 + 120 + 15


def test_the_demos_pace_leaves_the_gate_alone_and_is_one_the_trainer_takes() -> None:
    params = yaml.safe_load((ROOT / "params.yaml").read_text())
    pace = yaml.safe_load((HERE / "pace.yaml").read_text())
    demo = paced(params, pace)
    assert demo != params
    assert {name: part for name, part in demo.items() if name not in PACED} == {
        name: part for name, part in params.items() if name not in PACED
    }
    thresholds = Thresholds.model_validate({name: demo[name] for name in Thresholds.model_fields})
    assert thresholds.rollout.accuracy_margin == params["rollout"]["accuracy_margin"]
    with pytest.raises(DemoError, match="sets gate"):
        paced(params, {"gate": {"accuracy_floor": 0.0}})


def test_the_pace_is_laid_over_the_files_a_person_uses(tmp_path: Path) -> None:
    (tmp_path / "docker-compose.yml").touch()
    assert compose_files({}, tmp_path) == ["docker-compose.yml"]
    (tmp_path / "docker-compose.override.yml").touch()
    assert compose_files({}, tmp_path) == ["docker-compose.yml", "docker-compose.override.yml"]
    (tmp_path / ".env").write_text("API_PORT=8000\nCOMPOSE_FILE=docker-compose.yml:docker-compose.s3.yml\n")
    assert compose_files({}, tmp_path) == ["docker-compose.yml", "docker-compose.s3.yml"]
    assert compose_files({"COMPOSE_FILE": "mine.yml"}, tmp_path) == ["mine.yml"]
