"""Courier and retrainer check Host and Origin by the same rules, although services share no code."""

from tests.support.documents import ROOT


def test_courier_and_retrainer_have_the_same_rules() -> None:
    courier = ROOT / "services/courier/src/courier/http/host_check.py"
    retrainer = ROOT / "services/trainer/src/trainer/loop/host_check.py"
    assert courier.read_text(encoding="utf-8") == retrainer.read_text(encoding="utf-8")
