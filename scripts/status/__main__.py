"""`make status`: ask the api how it is doing and print it in 24 lines. Ends with 1 when something is wrong."""

import argparse
import os
import sys
from pathlib import Path

import httpx2

from scripts.operate.targets import NoTargetError, api_target
from scripts.status.text import lines_of
from trainer.terminal import accept_any_text

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_SECONDS = 5.0


def main() -> int:
    argparse.ArgumentParser(prog="make status", description=__doc__).parse_args()
    accept_any_text()
    key = os.environ.get("API_KEY", "")
    try:
        url = api_target(os.environ, ROOT)
        answer = httpx2.get(
            f"{url}/status.json", headers={"authorization": f"Bearer {key}"} if key else {}, timeout=TIMEOUT_SECONDS
        )
    except NoTargetError as error:
        return _failed(str(error))
    except httpx2.HTTPError as error:
        return _failed(f"nothing answers at {url}: start it with make local or make up ({error})")
    if answer.status_code in (httpx2.codes.UNAUTHORIZED, httpx2.codes.FORBIDDEN):
        return _failed("the api asks for a key with the scope predict: make status API_KEY=...")
    if answer.status_code != httpx2.codes.OK:
        return _failed(f"{url} is not an api of this release: it answered {answer.status_code}")
    now = answer.json()
    sys.stdout.write("\n".join(lines_of(now)) + "\n")
    return 0 if now["ok"] else 1


def _failed(message: str) -> int:
    sys.stderr.write(f"{message}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
