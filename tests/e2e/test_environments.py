"""What `changliao sandbox env` prints is pasted into a file and run: an order comes of it."""

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from changliao.commands.environments import SDKS, Sdk
from tests import requirements
from tests.e2e import sdk_environments
from tests.served import CHANGLIAO, Rest, Served

pytestmark = pytest.mark.xdist_group("sdks")
TESTED = [
    pytest.param(protocol, one, id=f"{protocol}-{one.name}")
    for protocol, sdks in SDKS.items()
    for one in sdks
    if one.tested
]


def program(sdk: Sdk, code: str, folder: Path) -> tuple[list[str], dict[str, str]]:
    """What runs it as it is, and in which environment."""
    name, language = sdk.name, sdk.language
    if language == "go":
        return sdk_environments.go_program(code, folder), {}
    if language == "java":
        return sdk_environments.java_program(name, code, folder), {}
    file = folder / ("shop.py" if language == "python" else "shop.cjs")
    file.write_text(code, "utf-8")
    if language == "javascript":
        modules = sdk_environments.node(name) / "node_modules"
        return [requirements.node(), str(file)], {"NODE_PATH": str(modules)}
    if name == "wechatpayv3":
        return [str(sdk_environments.python()), str(file)], {}
    return [str(sdk_environments.alipay_python(name)), str(file)], {}


@pytest.mark.parametrize(("protocol", "sdk"), TESTED)
def test_what_is_printed_runs_as_it_is(
    sandbox: tuple[Served, Rest],
    exported: dict[str, str],
    tmp_path: Path,
    protocol: str,
    sdk: Sdk,
) -> None:
    served, operator = sandbox
    printed = served.command("sandbox", "env", protocol, "--sdk", sdk.name, "--out", str(tmp_path))
    code = printed["sdks"][sdk.name]["code"]
    words, paths = program(sdk, code, tmp_path)
    needed = exported if "sandbox proxy` and export" in code else {}
    done = subprocess.run(
        words, env={**os.environ, **paths, **needed}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
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
