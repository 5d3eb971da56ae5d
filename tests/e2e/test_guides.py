"""Every page of docs/sdks is run as it stands: its commands, its code, and its output compared."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests import requirements
from tests.e2e import sdk_environments
from tests.served import Served, later, proxied, serve, until_noon_s

PAGES: Final = Path(__file__).parents[2] / "docs" / "sdks"
# In which environment a page's code runs, and as what.
SDKS: Final = {
    "alipay-sdk": "js",
    "alipay-sdk-java": "java",
    "alipay-sdk-java-v3": "java",
    "alipay-sdk-python": "python",
    "php": "php",
    "python-alipay-sdk": "python",
    "smartwalle-alipay": "go",
    "wechatpay-go": "go",
    "wechatpay-java": "java",
    "wechatpayv3": "python",
    "wechatpay-axios-plugin": "js",
    "wechatpay-node-v3": "js",
}
SUFFIXES: Final = {"python": "py", "php": "php", "js": "cjs"}


def blocks(page: str, language: str) -> str:
    """All code of one language on a page, in its order."""
    found = re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return "\n".join(found)


def test_every_page_is_run() -> None:
    assert {path.stem for path in PAGES.glob("*.md")} == set(SDKS)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A network of its own: its clock is moved, so that every yesterday of a page is over there."""
    with serve(tmp_path_factory.mktemp("guides") / "data", "changliao.db") as (made, operator):
        later(operator, until_noon_s())
        yield made


@pytest.fixture(scope="module")
def exported(served: Served) -> Iterator[dict[str, str]]:
    with proxied(served) as printed:
        yield printed


@pytest.mark.parametrize("sdk", SDKS)
def test_the_page_does_what_it_says(
    sdk: str, served: Served, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    page = (PAGES / f"{sdk}.md").read_text("utf-8")
    (tmp_path / "changliao-data").symlink_to(served.data)
    commands = blocks(page, "sh")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**os.environ, **served.environment, "PATH": path}
    run(["sh", "-ec", commands], tmp_path, environment)
    command = program(sdk, blocks(page, SDKS[sdk]), tmp_path)
    bare = {"PATH": os.environ["PATH"], "NO_PROXY": "*", "PYTHONUTF8": "1"}
    if "```console\nchangliao sandbox proxy" in page:
        bare = {"PATH": os.environ["PATH"], **request.getfixturevalue("exported")}
    assert run(command, tmp_path, bare) == blocks(page, "text")


def program(sdk: str, code: str, folder: Path) -> list[str]:
    """What runs a page's code in this folder."""
    if SDKS[sdk] == "go":
        return sdk_environments.go_program(code, folder)
    if SDKS[sdk] == "java":
        return sdk_environments.java_program(sdk, code, folder)
    script = folder / f"guide.{SUFFIXES[SDKS[sdk]]}"
    script.write_text(code, "utf-8")
    if SDKS[sdk] == "python":
        return [str(python(sdk)), str(script)]
    if SDKS[sdk] == "php":
        return [requirements.php(), str(script)]
    (folder / "node_modules").symlink_to(sdk_environments.node(sdk) / "node_modules")
    return [requirements.node(), str(script)]


def python(sdk: str) -> Path:
    """The interpreter that finds this SDK."""
    if sdk in sdk_environments.ALIPAY_PYTHON_SDKS:
        return sdk_environments.alipay_python(sdk)
    return sdk_environments.python()


def run(command: list[str], folder: Path, environment: dict[str, str]) -> str:
    """What a command prints; it must succeed."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
