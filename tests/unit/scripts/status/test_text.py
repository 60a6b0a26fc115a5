"""The status in a terminal: everything on one screen, whatever the registry and the courier say."""

from typing import Any

from rich.cells import cell_len

from scripts.status.text import COLUMNS, lines_of

ALERTS = ("NoModel", "JournalOld", "FeatureDrift", "LiveAccuracyDropped")
FULL: dict[str, Any] = {
    "ok": False,
    "state": "Alert: NoModel, JournalOld, FeatureDrift, LiveAccuracyDropped",
    "next": {"verb": "make retrain", "why": "version 2 has drifted " * 9},
    "alerts": [{"name": name, "firing": True, "state": "for long " * 20, "limit": "none"} for name in ALERTS],
    "versions": [
        {
            "version": str(n),
            "variant": "production",
            "traffic": 0.5,
            "rows": 10**9,
            "accuracy": {"value": 0.9, "judged": 10**6},
            "estimated_accuracy": 0.88,
        }
        for n in range(9)
    ],
    "hour": {"requests": 10**9, "errors": 5, "refused": 7, "p50_ms": 0.412345, "p99_ms": None},
    "courier": {
        "pending_records": 10**9,
        "registry_up": False,
        "store_up": True,
        "moves": [
            {
                "at": "2026-11-29T01:02:03Z",
                "variant": "canary",
                "previous": None,
                "version": "7",
                "reason": "a\x1b[2J" * 40,
            }
        ]
        * 9,
        "trainings": [
            {"at": "2026-11-29T01:02:03Z", "version": "7", "quality": "accuracy 0.97 " * 9, "verdict": "failed"}
        ]
        * 9,
    },
    "past_alerts": [{"name": "FeatureDrift" * 9, "began": "2026-11-29T01:02:03Z", "ended": None}] * 9,
    "segments": [
        {
            "feature": "shop" * 9,
            "segment": "north" * 30,
            "psi": 0.5,
            "limit": 0.2,
            "drifted": True,
            "below": True,
            "accuracy": {"value": 0.875, "judged": 10**6},
            "estimated_accuracy": 0.91,
        }
    ]
    * 300,
    "drift": [{"feature": "f" * 200, "psi": 0.5, "limit": 0.2, "drifted": True}] * 300,
}


def test_the_fullest_status_fits_on_one_screen_and_moves_no_cursor() -> None:
    lines = lines_of(FULL)
    assert len(lines) < 24  # the prompt needs one, too
    assert max(map(cell_len, lines)) <= COLUMNS
    assert all(line.isprintable() for line in lines)
    assert lines[0] == "Alert: NoModel, JournalOld, FeatureDrift, LiveAccuracyDropped"


def test_a_name_that_is_long_or_wide_is_cut_and_its_figures_are_not() -> None:
    names = ("how the customer first heard about the company, " * 3, "東京都千代田区" * 9)
    drift = [
        {"feature": name, "psi": psi, "limit": 0.2, "drifted": psi is not None}
        for name, psi in zip(names, (0.5, None), strict=True)
    ]
    lines = lines_of(FULL | {"drift": drift})
    (first,) = (line for line in lines if line.startswith("drift"))
    second = lines[lines.index(first) + 1]
    assert first.endswith("...: PSI 0.50, limit 0.20")
    assert second.endswith("...: too few rows")
    assert max(cell_len(first), cell_len(second)) <= COLUMNS


def test_a_version_has_its_live_and_its_estimated_accuracy() -> None:
    one = FULL["versions"][1] | {
        "version": "12",
        "traffic": 1.0,
        "rows": 123_456,
        "accuracy": {"value": 0.835, "judged": 2000},
    }
    bare = one | {"rows": 3, "accuracy": None, "estimated_accuracy": None}
    lines = [line[9:] for line in lines_of(FULL | {"versions": [one, bare | {"estimated_accuracy": 0.8}, bare]})]
    assert "12 production 100%, 123,456 rows, 83.5% of 2,000 right, 88.0% estimated" in lines
    assert "12 production 100%, 3 rows, no label, 80.0% estimated" in lines
    assert "12 production 100%, 3 rows, no label" in lines


def test_a_segment_has_its_drift_and_its_accuracies_and_a_table_without_segments_no_line() -> None:
    quiet = FULL["segments"][0] | {"feature": "shop", "segment": "south", "psi": None, "limit": None}
    quiet |= {"drifted": False, "below": False, "accuracy": None, "estimated_accuracy": None}
    lines = lines_of(FULL | {"segments": [FULL["segments"][0], quiet]})
    (first,) = (line for line in lines if line.startswith("segments"))
    assert first.startswith("segments ! shop")
    assert first.endswith("...: PSI 0.50, 87.5% of 1,000,000 right, 91.0% estimated")
    assert lines[lines.index(first) + 1] == "           shop south: too few rows"
    assert not [line for line in lines_of(FULL | {"segments": []}) if line.startswith("segments")]


def test_the_next_verb_can_be_copied_and_its_reason_stands_below() -> None:
    lines = lines_of(FULL | {"next": {"verb": "make feedback", "why": "version 2 has 400 answers and no label"}})
    assert lines[1:3] == ["next     make feedback", "         version 2 has 400 answers and no label"]


def test_a_status_without_a_model_and_a_courier_says_what_is_not_known() -> None:
    hour = {"requests": 0, "errors": 0, "refused": 0, "p50_ms": None, "p99_ms": None}
    nothing: dict[str, list[Any]] = {name: [] for name in ("alerts", "versions", "drift", "segments", "past_alerts")}
    lines = lines_of(FULL | nothing | {"ok": True, "state": "All is well", "hour": hour, "courier": None})
    assert lines[0] == "All is well"
    assert [line for line in lines if line.endswith(" none")] == [
        f"{name:<9}none" for name in ("alerts", "versions", "drift", "moves", "trained", "past")
    ]
    assert "audit    the courier has not written its status" in lines


def test_the_last_trainings_and_alerts_are_there() -> None:
    ended = {"name": "FeatureDrift", "began": "2026-11-29T01:02:03Z", "ended": "2026-11-29T01:12:03Z"}
    lines = lines_of(FULL | {"past_alerts": [ended]})
    assert "past     2026-11-29 01:02 to 2026-11-29 01:12 FeatureDrift" in lines
    assert any(line.startswith("trained  2026-11-29 01:02 version 7: accuracy 0.97") for line in lines)
