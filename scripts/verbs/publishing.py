"""The verbs that build, test and publish images and releases."""

from scripts.verbs.variables import (
    EACH_WORD,
    Variable,
    anything,
    switch,
)
from scripts.verbs.verb import Verb


def _images(verb: str, *variables: Variable, example: str = "SERVICE=api") -> Verb:
    return Verb(("scripts.images", verb), (Variable("SERVICE", EACH_WORD, anything), *variables), example)


PUBLISHING: dict[str, Verb] = {
    "images": _images("build"),
    "budget": _images("budget"),
    "scan": _images("scan"),
    "sbom": _images("sbom"),
    "save": _images("save"),
    "load": _images("load"),
    "kind": Verb(("scripts.images", "kind")),
    "smoke": Verb(
        ("scripts.images", "smoke"),
        (Variable("OFFLINE", "--offline", switch), Variable("PUSHED", "--pushed", switch)),
        "OFFLINE=1",
    ),
    "push": _images(
        "push",
        Variable("REGISTRY", "--registry", anything, "the registry to push to"),
        example="REGISTRY=localhost:5000",
    ),
    "tags": Verb(
        ("scripts.images", "tags"),
        (Variable("REF", "--ref", anything, "the git ref that is published"),),
        "REF=refs/tags/v1.2.3",
    ),
    "release": Verb(
        ("scripts.maintain.release",),
        (
            Variable("VERSION", None, anything, "the version to release"),
            Variable("CHECK", "--check", switch),
        ),
        "VERSION=1.2.3",
    ),
}
