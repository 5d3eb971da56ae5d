"""Every page of docs/sdks is run as it stands: its commands, its code, and its output compared."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests import requirements
from tests.e2e import sdk_environments
from tests.served import Rest, Served

PAGES: Final = Path(__file__).parents[2] / "docs" / "sdks"
WITHIN_S: Final = 60
# In which environment a page's code runs, and as what.
SDKS: Final = {
    "alipay-sdk": "js",
    "alipay-sdk-python": "python",
    "python-alipay-sdk": "python",
    "wechatpayv3": "python",
    "wechatpay-axios-plugin": "js",
    "wechatpay-node-v3": "js",
}


def blocks(page: str, language: str) -> str:
    """All code of one language on a page, in its order."""
    found = re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return "\n".join(found)


def test_every_page_is_run() -> None:
    assert {path.stem for path in PAGES.glob("*.md")} == set(SDKS)


@pytest.mark.parametrize("sdk", SDKS)
def test_the_page_does_what_it_says(sdk: str, sandbox: tuple[Served, Rest], tmp_path: Path) -> None:
    page, served = (PAGES / f"{sdk}.md").read_text("utf-8"), sandbox[0]
    (tmp_path / "changliao-data").symlink_to(served.data)
    commands = blocks(page, "sh")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**os.environ, **served.environment, "PATH": path}
    run(["sh", "-ec", commands], tmp_path, environment)
    language = SDKS[sdk]
    script = tmp_path / f"guide.{'py' if language == 'python' else 'cjs'}"
    script.write_text(blocks(page, language), "utf-8")
    if language == "python":
        command = [str(python(sdk))]
    else:
        (tmp_path / "node_modules").symlink_to(sdk_environments.node(sdk) / "node_modules")
        command = [requirements.node()]
    bare = {"PATH": os.environ["PATH"], "NO_PROXY": "*", "PYTHONUTF8": "1"}
    assert run([*command, str(script)], tmp_path, bare) == blocks(page, "text")


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
        timeout=WITHIN_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
