"""The courier's page /health names what it follows; the trainer reads it and refuses another platform's courier."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from prometheus_client import CollectorRegistry

from courier.http.health import FollowedModel, Health, Heartbeat
from courier.http.host_check import HostCheck
from courier.http.pages import make_pages
from courier.http.server import Pages, serving
from courier.journal.backlog import Backlog
from courier.journal.outbox import Outbox
from courier.journal.segments import Journal
from courier.store.reader import Reader
from courier.store.sqlite_source import SqliteSource
from tests.contract.conftest import Validate
from trainer.errors import ForeignCourierError, ServiceUnreachableError
from trainer.loop.courier_check import check_courier

REGISTRY, MODEL = "http://127.0.0.1:5000", "iris_clf"


@pytest.fixture
def state(tmp_path: Path) -> Health:
    return Health(
        following=Heartbeat(180),
        landing=Heartbeat(60),
        registry_up=lambda: True,
        serving=lambda: {
            "aliases": {"production": {"names": "7", "serves": "6"}, "canary": {"names": "8", "serves": None}},
            "damaged": [],
            "refused": [{"alias": "production", "version": "7", "reason": "tag", "error": "it has no tag `bundle`"}],
            "refused_by_api": [],
            "deleted_version": "3",
        },
        store_up=lambda: True,
        store_name=lambda: "sqlite",
        store_size=lambda: {"bytes": 4096, "retention_days": None},
        backlog=Backlog(Journal(tmp_path / "journal")),
        follows=FollowedModel("http://someone:s3cret@127.0.0.1:5000", MODEL, tmp_path / "serving"),
    )


@pytest.fixture
def courier(state: Health, tmp_path: Path) -> Iterator[str]:
    """The address of a courier's pages."""
    log = structlog.get_logger()
    reader = Reader(SqliteSource(tmp_path / "store.db"), MODEL)
    pages = make_pages(CollectorRegistry(), state.report, Outbox(tmp_path / "journal"), lambda: reader, log)
    with serving("127.0.0.1", 0, pages, log, HostCheck("courier")) as port:
        yield f"http://127.0.0.1:{port}"


def test_the_page_fits_its_schema(state: Health, validate: Validate) -> None:
    _, page = state.report()
    validate(page, "courier-health")
    store = page["store"]
    assert isinstance(store, dict)
    assert (store["bytes"], store["retention_days"]) == (4096, None)
    assert "s3cret" not in str(page)


@pytest.mark.parametrize("registry", [REGISTRY, "http://localhost:5000/", "http://me:word@127.0.0.1:5000"])
def test_a_courier_that_follows_the_registry_is_taken_however_its_address_is_written(
    courier: str, registry: str
) -> None:
    check_courier(courier, registry, MODEL)


@pytest.mark.parametrize(
    ("registry", "model"), [("http://127.0.0.1:5001", MODEL), (REGISTRY, "wine"), ("http://mlflow:5000", MODEL)]
)
def test_a_courier_of_another_registry_or_model_is_refused_by_name(courier: str, registry: str, model: str) -> None:
    with pytest.raises(ForeignCourierError, match=f"follows the model {MODEL} at {REGISTRY}, not {model} at"):
        check_courier(courier, registry, model)


def test_a_server_that_says_nothing_of_a_registry_is_not_the_courier(tmp_path: Path) -> None:
    pages: Pages = {}
    with (
        serving("127.0.0.1", 0, pages, structlog.get_logger(), HostCheck("courier")) as port,
        pytest.raises(ServiceUnreachableError, match="404"),
    ):
        check_courier(f"http://127.0.0.1:{port}", REGISTRY, MODEL)


def test_the_trainer_reads_what_serves_and_why_an_alias_names_something_else(courier: str) -> None:
    assert check_courier(courier, REGISTRY, MODEL).differences() == [
        "version 3 was deleted from the registry and still serves",
        "alias production names version 7, which was refused: it has no tag `bundle`; version 6 serves",
        "alias canary names version 8, which is on its way; nothing serves",
    ]
