"""Faults and overload against real processes. Each test ends by itself and says its figures: pytest -s shows them."""

import resource
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

from tests.support.apis import Api, running_api
from tests.support.bundles import make_bundle, write_policy
from tests.support.results import Say, keep_result, name_of, read, sayer
from tests.torture.page import write
from tests.torture.rig.chain import Chain, chain
from tests.torture.rig.postgres import Postgres, postgres
from tests.torture.rig.registry import Publisher, Registry, registry

CLIENT_TIMEOUT = 6
LONGEST_TEST = 1200
Choice = TypeVar("Choice")
ChainFactory = Callable[..., Chain]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fast", action="store_true", help="torture: every fault, but each only for seconds")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.torture)
            item.add_marker(pytest.mark.timeout(LONGEST_TEST))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return (yield from keep_result(item, call, "fast" if item.config.getoption("fast", default=False) else "full"))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A run of full length renews the lines of its tests in docs/reliability.md."""
    results = read().get("full", {})
    ran = {name_of(item) for item in session.items} & set(results)
    if not session.config.getoption("fast", default=False) and ran:
        write(results)


@dataclass(frozen=True)
class Length:
    """How long a fault lasts: as long as is promised, or just as long as it takes to be one."""

    fast: bool

    def of(self, *, full: Choice, fast: Choice) -> Choice:
        return fast if self.fast else full


@pytest.fixture(scope="session")
def length(pytestconfig: pytest.Config) -> Length:
    return Length(bool(pytestconfig.getoption("fast", default=False)))


@pytest.fixture
def say(request: pytest.FixtureRequest) -> Say:
    """Print a figure and keep it for docs/reliability.md."""
    return sayer(request)


@pytest.fixture(scope="session", autouse=True)
def many_connections() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 8192), most))


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    """Two workers with a model and little patience for slow clients, and nothing else."""
    write_policy(tmp_path / "serving", 1, make_bundle(tmp_path / "serving"), "1")
    with running_api(tmp_path, CLIENT_TIMEOUT=str(CLIENT_TIMEOUT)) as running:
        yield running


@pytest.fixture(scope="session")
def mlflow_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    with registry(tmp_path_factory.mktemp("mlflow")) as server:
        yield server


@pytest.fixture(scope="session")
def database_server() -> Iterator[Postgres]:
    with postgres() as server:
        yield server


@pytest.fixture(scope="session")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three bundles that answer differently."""
    serving = tmp_path_factory.mktemp("bundles")
    return [serving / "bundles" / make_bundle(serving, tilt=float(tilt)) for tilt in range(3)]


@pytest.fixture(scope="module")
def publisher(mlflow_server: Registry, bundles: list[Path]) -> Publisher:
    """A model of this module with versions 1 to 3; `production` is version 1."""
    made = Publisher(mlflow_server.uri)
    for bundle in bundles:
        made.publish(bundle)
    made.point("1")
    return made


@pytest.fixture(scope="module")
def start_chain(
    mlflow_server: Registry,
    database_server: Postgres,
    publisher: Publisher,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[ChainFactory]:
    """Start chains that end with the module. Each has a database of its own; ``settings`` are the api's."""
    with ExitStack() as running:

        def start(
            *, registry: str = "", model: str = "", database: str = "", ready: bool = True, **settings: str
        ) -> Chain:
            return running.enter_context(
                chain(
                    tmp_path_factory.mktemp("chain"),
                    registry=registry or mlflow_server.uri,
                    model=model or publisher.model,
                    database=database or running.enter_context(database_server.database()),
                    ready=ready,
                    **settings,
                )
            )

        yield start


@pytest.fixture(scope="module")
def shared_chain(start_chain: ChainFactory) -> Chain:
    """One chain for all tests of a module that leave it as they found it."""
    return start_chain()
