"""`python -m scripts.images VERB [SERVICE…]`: what `make images`, `scan`, `sbom`, `smoke`, `push` and `tags` do."""

import argparse
import datetime
import sys
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from scripts.images import archive, budget, sbom, scan
from scripts.images.catalogue import Image, build, catalogue
from scripts.images.errors import ImagesError
from scripts.images.programs import found, run
from scripts.images.push import move_tags, push, recorded, tags_of
from scripts.images.smoke import smoke
from trainer.terminal import accept_any_text

Act = Callable[[argparse.Namespace, list[Image], Console], None]


def _scan(_: argparse.Namespace, images: list[Image], console: Console) -> None:
    scan.scan(images, console, datetime.datetime.now(datetime.UTC).date())


def _say_written(paths: list[Path], console: Console) -> None:
    for path in paths:
        console.print(f"wrote {path}", soft_wrap=True)


def _smoke(options: argparse.Namespace, images: list[Image], console: Console) -> None:
    references = {one.name: recorded(one).pulled() if options.pushed else one.name for one in images}
    smoke(references, console, offline=options.offline, without=options.without, also=options.also)


def _kind(_: argparse.Namespace, images: list[Image], __: Console) -> None:
    for program in ("kind", "kubectl"):
        found(program)  # before anything is started
    run("deploy/kubernetes/try.sh", *(image.name for image in images))


def _push(options: argparse.Namespace, images: list[Image], console: Console) -> None:
    if not options.registry:
        raise ImagesError("to which registry? make push REGISTRY=localhost:5000")
    for image in images:
        pushed = push(image, options.registry)
        console.print(f"{pushed.reference} ({', '.join(pushed.platforms)})", soft_wrap=True)


def _tags(options: argparse.Namespace, images: list[Image], console: Console) -> None:
    tags = tags_of(options.ref, recorded(images[0]).version)
    for one in move_tags(images, tags):
        console.print(f"{one.reference}: {', '.join(tags) or 'nothing beside its commit'}", soft_wrap=True)


VERBS: dict[str, tuple[str, Act]] = {
    "build": ("build the images into the engine", lambda _, images, __: build(images)),
    "budget": ("hold them against their size budgets", lambda _, images, console: budget.check(images, console)),
    "scan": ("fail on a known vulnerability an update would remove (needs grype)", _scan),
    "sbom": ("list what is in them (needs syft)", lambda _, images, console: _say_written(sbom.write(images), console)),
    "save": ("write them to files", lambda _, images, console: _say_written(archive.save(images), console)),
    "load": ("take them from files into the engine", lambda _, images, __: archive.load(images)),
    "smoke": ("start the whole stack from them, ask it, stop it", _smoke),
    "kind": ("start them in a Kubernetes cluster of their own, ask them, roll, kill a pod", _kind),
    "push": ("push them and record their digests in var/images/pushed", _push),
    "tags": ("move the tags people use to what was pushed", _tags),
}


def arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.images", description=__doc__)
    parser.add_argument("verb", choices=VERBS, help="; ".join(f"{verb}: {text}" for verb, (text, _) in VERBS.items()))
    parser.add_argument("services", nargs="*", help="some of docker-bake.hcl's images; all of them when left out")
    parser.add_argument("--registry", default="", help="push: host and prefix, such as localhost:5000 or ghcr.io/owner")
    parser.add_argument("--ref", default="", help="tags: the git ref that is published, such as refs/heads/main")
    parser.add_argument("--pushed", action="store_true", help="smoke: start what was pushed, pulled by digest")
    parser.add_argument("--offline", action="store_true", help="smoke: no network of the stack has a way out")
    parser.add_argument("--without", action="append", default=[], help="smoke: leave this service out")
    parser.add_argument("--also", action="append", default=[], type=Path, help="smoke: one more Compose file")
    return parser.parse_args(argv)


def main(argv: list[str]) -> int:
    options = arguments(argv)
    console, (_, act) = Console(), VERBS[options.verb]
    try:
        act(options, catalogue(options.services), console)
    except ImagesError as error:
        console.print(f"[red]✗[/] {error}", highlight=False, soft_wrap=True)
        return 1
    return 0


if __name__ == "__main__":
    accept_any_text()
    sys.exit(main(sys.argv[1:]))
