"""The packages a lock file names for a machine, and which of them are installed."""

import json
import re
import subprocess
from pathlib import Path

_PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^]]*\])?==([^\s;\\]+)(?:[ \t]*;[ \t]*([^\\\n]+))?", re.MULTILINE)
_INSTALLED = re.compile(r"^(.+)-([^-]+)\.dist-info$")
# pip brings the standard's own reading of markers such as `sys_platform == 'win32'`.
_EVALUATE = """
import json, sys
from pip._vendor.packaging.markers import Marker
json.dump([not text or Marker(text).evaluate() for text in json.load(sys.stdin)], sys.stdout)
"""

Packages = frozenset[tuple[str, str]]
"""Name, normalised, and version of each."""


def name_of(text: str) -> str:
    return re.sub(r"[-_.]+", "-", text).lower()


def locked(lock: Path, python: Path) -> Packages:
    """The packages that the lock names for the machine and the version of `python`, which has pip."""
    pins = _PIN.findall(lock.read_text(encoding="utf-8"))
    markers = json.dumps([marker.strip() for _, _, marker in pins])
    asked = subprocess.run([python, "-c", _EVALUATE], input=markers, capture_output=True, text=True, check=True)
    applies = json.loads(asked.stdout)
    return frozenset((name_of(name), version) for (name, version, _), here in zip(pins, applies, strict=True) if here)


def installed(venv: Path) -> Packages:
    """The packages that are complete: pip writes RECORD when every other file of a package is in its place."""
    records = venv.glob("lib/python*/site-packages/*.dist-info/RECORD")
    found = filter(None, (_INSTALLED.match(record.parent.name) for record in records))
    return frozenset((name_of(one[1]), one[2]) for one in found)
