"""``python -m api.access.key_tool``: make, list and revoke API keys. A running api takes the file over by itself."""

import argparse
import contextlib
import fcntl
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import ValidationError

from api.access.keys import MOST_KEYS, SCOPES, Keys, make_key, read_keys, write_keys
from api.errors import KeysUnreadableError


def main(arguments: Sequence[str]) -> int:
    """Returns the exit code: 1 where there is nothing to do or the file can't be used, 2 for wrong usage."""
    asked = _parser().parse_args(arguments)
    if asked.file is None:
        sys.stderr.write("which file? name it by --file or API_KEYS_FILE\n")
        return 2
    try:
        with _held(asked.file):
            keys = read_keys(asked.file) if asked.file.exists() else Keys()
            code: int = asked.run(keys, asked)
            return code
    except ValidationError as error:
        for wrong in error.errors(include_url=False):
            sys.stderr.write(f"{'.'.join(map(str, wrong['loc']))}: {wrong['msg']}\n")
    except (KeysUnreadableError, OSError) as error:
        sys.stderr.write(f"{error}\n")
    return 1


def _add(keys: Keys, asked: argparse.Namespace) -> int:
    if len(keys.keys) >= MOST_KEYS:
        sys.stderr.write(f"there are {MOST_KEYS} keys already; revoke one\n")
        return 1
    secret, key = make_key(asked.name, frozenset(asked.scope or SCOPES), asked.rate)
    write_keys(asked.file, Keys(keys=(*keys.keys, key)))
    sys.stderr.write(f"{key.name} ({key.id}): this is the only time the key is shown\n")
    sys.stdout.write(f"{secret}\n")
    return 0


def _revoke(keys: Keys, asked: argparse.Namespace) -> int:
    going = [key for key in keys.keys if key.name == asked.name and asked.id in (None, key.id)]
    if not going:
        sys.stderr.write(f"there is no key of the name {asked.name!r}{f' and id {asked.id}' if asked.id else ''}\n")
        return 1
    write_keys(asked.file, Keys(keys=tuple(key for key in keys.keys if key not in going)))
    sys.stdout.write("".join(f"revoked {key.name} ({key.id})\n" for key in going))
    return 0


def _list(keys: Keys, asked: argparse.Namespace) -> int:
    if not keys.keys:
        sys.stderr.write(f"there are no API keys in {asked.file} yet; make one with: make api-key NAME=dashboard\n")
    for key in keys.keys:
        rate = "any rate" if key.rate is None else f"{key.rate:g} per second"
        sys.stdout.write(f"{key.name}\t{key.id}\t{','.join(sorted(key.scopes))}\t{rate}\t{key.made.isoformat()}\n")
    return 0


@contextlib.contextmanager
def _held(file: Path) -> Iterator[None]:
    """Two tools at once would each write back what the other has not."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.with_name(f".{file.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m api.access.key_tool", description=__doc__)
    parser.add_argument("--file", type=Path, default=os.environ.get("API_KEYS_FILE") or None, help="API_KEYS_FILE")
    verbs = parser.add_subparsers(required=True)
    add = verbs.add_parser("add", help="make a key and show it once; a name may have several")
    add.add_argument("name", help="who will ask with it: letters, digits, dot, dash and underscore")
    add.add_argument("--scope", action="append", choices=SCOPES, help="what it may ask for; all of it when left out")
    add.add_argument("--rate", type=float, help="requests per second of all keys of this name together")
    add.set_defaults(run=_add)
    revoke = verbs.add_parser("revoke", help="take back all keys of a name")
    revoke.add_argument("name")
    revoke.add_argument("--id", help="take back only the key with this id; list shows it")
    revoke.set_defaults(run=_revoke)
    verbs.add_parser("list", help="names, ids, scopes and rates").set_defaults(run=_list)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
