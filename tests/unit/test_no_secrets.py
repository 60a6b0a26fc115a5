"""No tracked file holds a secret: private keys, tokens of known makers, our own API keys, passwords in addresses."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Each pattern is written so that it does not match its own line here.
PATTERNS = {
    "a private key": r"-{5}BEGIN (?:[A-Z]+ )*PRIVATE KEY-{5}",
    "an API key of this project": r"\biris_[A-Za-z0-9_-]{43}\b",
    "an AWS access key": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "a GitHub token": r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{60,})\b",
    "a Slack token or webhook": r"\bxox[abprs]-[A-Za-z0-9-]{10,}|hooks\.slack\.com/services/T[A-Z0-9]{8,}",
    "a Google API key": r"\bAIza[0-9A-Za-z_-]{35}\b",
    "a JSON web token": r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
    "a password in an address": r"\b[a-z][a-z0-9+]*://[^\s/:@{}$<>'\"]+:(?!password@|s3cret@|\*+@)[^\s/:@{}$<>'\"]{6,}@",
}
SECRET_FILES = re.compile(r"(^|/)(\.env|\.netrc|\.pgpass|id_(rsa|ed25519|ecdsa)|[^/]+\.(pem|key|p12|pfx))$")
MADE_UP = {
    "-----BEGIN RSA PRIVATE" + " KEY-----": "a private key",
    "iris_" + "a" * 43: "an API key of this project",
    "AKIA" + "A1" * 8: "an AWS access key",
    "ghp_" + "a1" * 18: "a GitHub token",
    "xoxb" + "-1234567890": "a Slack token or webhook",
    "AIza" + "a" * 35: "a Google API key",
    ".".join(["eyJ" + "a" * 12, "eyJ" + "b" * 12, "c" * 12]): "a JSON web token",
    "postgresql://me:" + "hunter2hunter2@db/audit": "a password in an address",
}


def found_in(text: str) -> list[str]:
    return [name for name, pattern in PATTERNS.items() if re.search(pattern, text)]


def tracked() -> list[Path]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def test_no_tracked_file_holds_a_secret() -> None:
    found = {}
    for file in tracked():
        if names := found_in(file.read_bytes().decode("utf-8", "replace")):
            found[str(file.relative_to(ROOT))] = names
    assert found == {}


def test_no_tracked_file_is_one_that_secrets_are_kept_in() -> None:
    assert [file for file in tracked() if SECRET_FILES.search(str(file.relative_to(ROOT)))] == []


@pytest.mark.parametrize(("secret", "name"), MADE_UP.items())
def test_each_kind_of_secret_is_recognised(secret: str, name: str) -> None:
    assert found_in(f'key = "{secret}"\n') == [name]
