"""A served bundle is damaged on disk while MLflow is away, a worker dies and the api reloads."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

from tests.support.results import Say
from tests.support.servers import wait_until
from tests.torture.conftest import ChainFactory
from tests.torture.rig.load import CLIENTS, Load
from tests.torture.rig.proxy import proxy
from tests.torture.rig.registry import Publisher, Registry
from tests.torture.test_registry import seconds_until
from tests.torture.test_workers import kill


def test_a_bundle_damaged_on_disk_is_mended_while_workers_die_and_reload(
    start_chain: ChainFactory, mlflow_server: Registry, publisher: Publisher, say: Say
) -> None:
    publisher.point("1")
    damages: dict[str, Callable[[Path], None]] = {"truncated": cut, "deleted": Path.unlink, "flipped": flip}
    with proxy(mlflow_server.port) as between:
        chain = start_chain(registry=between.uri)
        publisher.point("2")
        wait_until(lambda: chain.serves("2"), "version 2 serves", 60)
        bundles = chain.folder / "serving" / "bundles"
        (bundle,) = [path for path in bundles.iterdir() if path.name == publisher.models["2"].bundle]
        content = (bundle / "model.onnx").read_bytes()
        mended = []
        with Load(chain.api.url) as load:
            for damage in damages.values():
                between.mode = "refuse"
                damage(bundle / "model.onnx")
                kill(chain.api.workers()[0])
                chain.api.server.process.send_signal(signal.SIGHUP)
                load.wait_for(50)
                between.mode = "forward"
                mended.append(seconds_until(lambda: whole(bundle / "model.onnx", content), "the bundle is mended"))
                wait_until(lambda: chain.serves("2"), "every worker serves version 2", 90)
        figures = chain.judge(load.log, publisher.models)
        chain.close()
    say(
        f"a bundle {', '.join(damages)} without a registry, beside a killed worker and a reload: {figures};"
        f" mended {max(mended):.1f} s after the registry was back"
    )
    assert load.log.refused == [], "a worker took requests without a model"
    assert len(load.log.broken) <= len(damages) * CLIENTS
    assert {answer.version for answer in load.log.answers} <= {"1", "2"}


def cut(file: Path) -> None:
    os.truncate(file, 100)


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[-5] ^= 4
    file.write_bytes(content)


def whole(file: Path, content: bytes) -> bool:
    return file.exists() and file.read_bytes() == content
