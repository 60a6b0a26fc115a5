"""Where the demo begins: on a stack that is new to it, and again on one that it has been through."""

from dataclasses import dataclass, field

import pytest

from scripts.loop_demo.calm_start import CALM_SECONDS, SERVED_SECONDS, begin
from scripts.loop_demo.errors import DemoError

OF_OLD = ("FeatureDrift of version 1",)


@dataclass
class Stack:
    """A registry, what is read of the platform, and a clock; `asked` are alerts, one look after the other."""

    feedback: int = 0
    first: str | None = "1"
    canary: str | None = None
    asked: list[tuple[str, ...]] = field(default_factory=list)
    served: str = "2"
    follows: bool = True
    now: float = 0.0
    did: list[tuple[str, ...]] = field(default_factory=list)

    def stop_retrainer(self) -> None:
        self.did.append(("stop",))

    def copy_version(self, model: str, number: str) -> str:
        self.did.append(("copy", model, number))
        return "7"

    def trainer(self, *verb: str) -> None:
        self.did.append(verb[:3])

    def truths(self, source: str) -> int:
        return self.feedback

    def first_version(self, source: str) -> str | None:
        return self.first

    def alias(self, name: str) -> tuple[str, dict[str, str]] | None:
        return None if self.canary is None else (self.canary, {})

    def asking(self) -> tuple[str, ...]:
        return self.asked[0] if len(self.asked) == 1 else self.asked.pop(0) if self.asked else ()

    def answers(self) -> str:
        return "7" if self.follows and ("promote", "--version", "7") in self.did else self.served

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def begin(self) -> list[str]:
        messages: list[str] = []
        begin(
            self, self, "iris_clf", "loop-demo", self.answers, messages.append, clock=lambda: self.now, sleep=self.sleep
        )  # fmt: skip
        return messages


def test_on_a_stack_that_is_new_to_it_nothing_moves() -> None:
    stack = Stack()
    assert stack.begin() == []
    assert stack.did == []


def test_after_an_earlier_demo_its_first_model_serves_as_a_new_version_and_the_retrainer_waits() -> None:
    stack = Stack(feedback=900, asked=[OF_OLD, OF_OLD, OF_OLD, ()])
    assert "its first model, version 1, serves again as version 7" in stack.begin()[0]
    assert stack.did == [("stop",), ("copy", "iris_clf", "1"), ("promote", "--version", "7")]
    assert stack.asked == [()]


def test_a_canary_that_an_earlier_demo_left_is_taken_away() -> None:
    stack = Stack(feedback=900, canary="3")
    stack.begin()
    assert ("canary", "--percent", "0") in stack.did


def test_a_canary_or_an_alert_that_is_not_the_demo_s_is_left_alone() -> None:
    with pytest.raises(DemoError, match="version 3 is a canary on its way"):
        Stack(canary="3").begin()
    with pytest.raises(DemoError, match="FeatureDrift of version 1: the retrainer would act by itself"):
        Stack(asked=[OF_OLD]).begin()


@pytest.mark.parametrize(
    ("stack", "seconds", "message"),
    [
        (Stack(feedback=9, asked=[OF_OLD]), CALM_SECONDS, "FeatureDrift of version 1: these do not end"),
        (Stack(feedback=9, follows=False), SERVED_SECONDS, "version 7 is production, and 2 answers"),
        (Stack(feedback=9, first=None), 0, "no prediction that it is about"),
    ],
)
def test_what_does_not_become_calm_ends_it(stack: Stack, seconds: float, message: str) -> None:
    with pytest.raises(DemoError, match=message):
        stack.begin()
    assert stack.now == pytest.approx(seconds)
