"""What `changliao sandbox env` prints is pasted into a file and run: an order comes of it."""

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from changliao.commands.environments import SDKS
from tests import requirements
from tests.e2e import sdk_environments
from tests.served import CHANGLIAO, Rest, Served

pytestmark = pytest.mark.xdist_group("sdks")
TESTED = [
    (protocol, one.name, one.language)
    for protocol, sdks in SDKS.items()
    for one in sdks
    if one.tested
]


def interpreter(name: str, language: str) -> tuple[list[str], Path | None]:
    """What runs it, and the folder from which its package is found."""
    if language == "javascript":
        return [requirements.node()], sdk_environments.node(name)
    if name == "wechatpayv3":
        return [str(sdk_environments.python())], None
    return [str(sdk_environments.alipay_python(name))], None


@pytest.mark.parametrize(("protocol", "name", "language"), TESTED)
def test_what_is_printed_runs_as_it_is(
    sandbox: tuple[Served, Rest], tmp_path: Path, protocol: str, name: str, language: str
) -> None:
    served, operator = sandbox
    words, folder = interpreter(name, language)
    printed = served.command("sandbox", "env", protocol, "--sdk", name, "--out", str(tmp_path))
    file = tmp_path / ("shop.py" if language == "python" else "shop.cjs")
    file.write_text(printed["sdks"][name]["code"], "utf-8")
    paths = {"NODE_PATH": str(folder / "node_modules")} if folder else {}
    proxy = subprocess.Popen(
        [CHANGLIAO, "sandbox", "proxy", "--port", "0", "--json", "--data", str(served.data)],
        stdout=subprocess.PIPE, env={**os.environ, **served.environment}, text=True,
    )  # fmt: skip
    assert proxy.stdout
    through: dict[str, str] = json.loads(proxy.stdout.readline())
    needed = through if "sandbox proxy` and export" in file.read_text("utf-8") else {}
    done = subprocess.run(
        [*words, str(file)], env={**os.environ, **paths, **needed}, capture_output=True,
        text=True, timeout=60, check=False,
    )  # fmt: skip
    proxy.terminate()
    proxy.communicate()
    assert done.returncode == 0, done.stderr
    code = done.stdout.strip().splitlines()[-1]
    assert operator.post("/api/v1/sandbox/acts", code=code).json()["state"] == "paid", code


@pytest.mark.parametrize("protocol", sorted(SDKS))
def test_every_sdk_is_filled_in_whole_and_keys_are_in_files(
    sandbox: tuple[Served, Rest], tmp_path: Path, protocol: str
) -> None:
    served, _ = sandbox
    printed: Any = served.command("sandbox", "env", protocol, "--out", str(tmp_path))
    assert set(printed["sdks"]) == {one.name for one in SDKS[protocol]}
    for one in printed["sdks"].values():
        assert "PRIVATE KEY" not in one["code"]
        assert "${" not in one["code"]
    assert all(path.stat().st_mode & 0o077 == 0 for path in tmp_path.glob("*.pem"))


def test_settings_that_exist_are_used(sandbox: tuple[Served, Rest], tmp_path: Path) -> None:
    served, _ = sandbox
    known = served.command("sandbox", "merchant", f"Known {time.time_ns()}")
    (tmp_path / "shop.json").write_text(json.dumps(known), "utf-8")
    words = ("sandbox", "env", "wechatpay", "--settings", str(tmp_path / "shop.json"))
    printed = served.command(*words, "--out", str(tmp_path))
    assert known["mchid"] in printed["sdks"]["wechatpay-go"]["code"]
    (tmp_path / "shop.json").write_text(json.dumps({"mchid": "1"}), "utf-8")
    refused = subprocess.run(
        [CHANGLIAO, *words, "--data", str(served.data)], capture_output=True, text=True,
        env={**os.environ, **served.environment}, check=False,
    )  # fmt: skip
    assert refused.returncode == 2
    assert "the settings have no" in refused.stderr
