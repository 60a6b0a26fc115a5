"""Dashboards load from files as they are, and every panel says what it shows."""

import json
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

from monitoring.grafana.boards.__main__ import main as write_boards
from tests.monitoring.promql import metrics_of, without_strings

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "monitoring/grafana/dashboards").glob("*.json"))
PROVISIONING = ROOT / "monitoring/grafana/provisioning"


@pytest.fixture(params=FILES, ids=lambda file: file.stem)
def file(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


@pytest.fixture
def dashboard(file: Path) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(file.read_text())
    return parsed


@pytest.fixture
def panels(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    """The panels that show data."""
    return [panel for panel in dashboard["panels"] if panel["type"] not in ("row", "text")]


def sources() -> dict[str, dict[str, Any]]:
    parsed = yaml.safe_load((PROVISIONING / "datasources/datasources.yml").read_text())
    return {source["uid"]: source for source in parsed["datasources"]}


def test_it_loads_from_a_file_as_it_is(file: Path, dashboard: dict[str, Any]) -> None:
    assert dashboard.get("id") is None
    assert dashboard["uid"] == file.stem
    assert dashboard["editable"] is False
    assert not {"__inputs", "__requires", "__elements"} & dashboard.keys()
    assert "${DS_" not in file.read_text()


def test_every_panel_target_and_variable_names_a_provisioned_data_source(dashboard: dict[str, Any]) -> None:
    known = {(uid, source["type"]) for uid, source in sources().items()}
    panels = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
    users = panels + [target for panel in panels for target in panel["targets"]]
    users += [one for one in dashboard["templating"].get("list", []) if one["type"] == "query"]
    named = {(user["datasource"]["uid"], user["datasource"]["type"]) for user in users}
    assert named <= known


def test_every_panel_has_a_title_a_description_a_unit_thresholds_and_a_query(panels: list[dict[str, Any]]) -> None:
    for panel in panels:
        field = panel["fieldConfig"]["defaults"]
        assert panel["title"]
        assert panel["description"].endswith(".")
        assert field["unit"]
        assert panel["targets"]
        values = [step["value"] for step in field["thresholds"]["steps"]]
        assert values[0] is None
        assert values[1:] == sorted(values[1:])


def test_every_line_has_a_name(panels: list[dict[str, Any]]) -> None:
    lines = [target for panel in panels if panel["type"] == "timeseries" for target in panel["targets"]]
    assert [target["expr"] for target in lines if target["legendFormat"] in ("", "__auto")] == []


def test_titles_and_ids_are_unique(dashboard: dict[str, Any]) -> None:
    for field in ("id", "title"):
        values = [panel[field] for panel in dashboard["panels"]]
        assert sorted(values) == sorted(set(values))


def test_panels_do_not_cover_one_another(dashboard: dict[str, Any]) -> None:
    def overlap(one: dict[str, int], two: dict[str, int]) -> bool:
        beside = one["x"] + one["w"] <= two["x"] or two["x"] + two["w"] <= one["x"]
        below = one["y"] + one["h"] <= two["y"] or two["y"] + two["h"] <= one["y"]
        return not (beside or below)

    places = [(panel["title"], panel["gridPos"]) for panel in dashboard["panels"]]
    assert [(a, b) for (a, one), (b, two) in combinations(places, 2) if overlap(one, two)] == []
    assert all(place["x"] + place["w"] <= 24 for _, place in places)


def test_every_variable_is_used_and_every_use_is_a_variable(dashboard: dict[str, Any]) -> None:
    named = {variable["name"] for variable in dashboard["templating"].get("list", [])}
    queries = json.dumps([panel.get("targets") for panel in dashboard["panels"]])
    titles = json.dumps([panel["title"] for panel in dashboard["panels"]])
    used = set(re.findall(r"\$\{?([a-z]\w*)", queries + titles))
    assert used == named


def test_versions_and_variants_can_be_chosen_where_models_are_shown(dashboards: dict[str, dict[str, Any]]) -> None:
    for name in ("overview", "api", "model"):
        assert {"version", "variant"} <= {variable["name"] for variable in dashboards[name]["templating"]["list"]}


def test_a_board_of_models_narrows_every_metric_to_the_chosen_model(dashboards: dict[str, dict[str, Any]]) -> None:
    for name in ("overview", "api", "model"):
        targets = [target for panel in dashboards[name]["panels"] for target in panel.get("targets", [])]
        expressions = [target["expr"] for target in targets if "expr" in target]
        assert expressions
        for expression in expressions:
            text = without_strings(expression)
            chosen = set(re.findall(r'([\w:]+)\{model=~""', text))
            assert chosen == metrics_of(expression), expression
            assert text.count('{model=~""') == len(re.findall(rf"(?<![\w:])(?:{'|'.join(chosen) or '-'})\{{", text))
        (model,) = [variable for variable in dashboards[name]["templating"]["list"] if variable["name"] == "model"]
        assert (model["multi"], model["includeAll"], model["allValue"]) == (False, True, ".*")
        assert 'label_replace(model_info, "name"' in model["query"]["query"]


def test_the_boards_lead_to_each_other(dashboards: dict[str, dict[str, Any]]) -> None:
    assert set(dashboards) == {"overview", "api", "model", "platform"}
    for board in dashboards.values():
        (link,) = board["links"]
        assert (link["type"], link["tags"], link["keepTime"]) == ("dashboards", ["mlops-iris"], True)
        assert board["tags"] == ["mlops-iris"]


def test_moves_trainings_and_alerts_are_marked_on_every_board(dashboards: dict[str, dict[str, Any]]) -> None:
    for board in dashboards.values():
        marks = {mark["name"]: mark for mark in board["annotations"]["list"]}
        assert set(marks) == {"Moves of models", "Trainings", "Alerts"}
        assert all(mark["enable"] and mark["datasource"]["uid"] == "audit" for mark in marks.values())
        assert all("AS time" in mark["target"]["rawSql"] for mark in marks.values())


def test_the_files_are_what_the_code_says(tmp_path: Path) -> None:
    write_boards(tmp_path)
    written = {file.name: file.read_text() for file in tmp_path.iterdir()}
    assert written == {file.name: file.read_text() for file in FILES}, "run make dashboards"


def test_rates_follow_the_zoom(panels: list[dict[str, Any]]) -> None:
    queries = [target["expr"] for panel in panels for target in panel["targets"] if "expr" in target]
    ranges = [one for text in queries for one in re.findall(r"\[[^\]]*\]", re.sub(r'"(?:\\.|[^"\\])*"', "", text))]
    assert set(ranges) <= {"[$__rate_interval]", "[$__range]"}


def test_the_home_dashboard_and_the_folder_exist_where_compose_mounts_them(compose: dict[str, Any]) -> None:
    grafana = compose["services"]["grafana"]
    home = Path(grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    provider = yaml.safe_load((PROVISIONING / "dashboards/dashboards.yml").read_text())["providers"][0]
    mounted = {target: source for source, target, _ in (v.split(":") for v in grafana["volumes"] if v.startswith("./"))}
    assert Path(provider["options"]["path"]) == home.parent
    assert (ROOT / mounted[str(home.parent)] / home.name).is_file()
    assert ROOT / mounted["/etc/grafana/provisioning"] == PROVISIONING


def test_no_data_source_carries_a_password_of_its_own() -> None:
    for source in sources().values():
        for secret in source.get("secureJsonData", {}).values():
            assert secret.startswith("$__file{/run/secrets/grafana/")


def test_grafana_asks_nobody_outside(compose: dict[str, Any]) -> None:
    settings = compose["services"]["grafana"]["environment"]
    expected = {
        "GF_ANALYTICS_REPORTING_ENABLED": "false",
        "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
        "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES": "false",
        "GF_NEWS_NEWS_FEED_ENABLED": "false",
        "GF_PLUGINS_PREINSTALL_DISABLED": "true",
        "GF_PLUGINS_PUBLIC_KEY_RETRIEVAL_DISABLED": "true",
        "GF_SECURITY_DISABLE_GRAVATAR": "true",
    }
    assert expected.items() <= settings.items()
    assert not {name for name in settings if "INSTALL_PLUGINS" in name}
