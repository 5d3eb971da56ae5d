"""What the guides say to type works as it stands there."""

import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from changliao.commands.root import main
from tests.served import free_port

GUIDES = Path(__file__).parents[2] / "docs" / "guides"
OURS = ("developer-sandbox.md", "move-from-alipay.md", "test-wechatpay-on-your-laptop.md")


def test_the_tests_in_the_guide_pass(tmp_path: Path) -> None:
    text = (GUIDES / "test-wechatpay-on-your-laptop.md").read_text("utf-8")
    [block] = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (tmp_path / "test_shop.py").write_text(block, "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


def test_the_commands_for_another_language_leave_a_network_that_answers(tmp_path: Path) -> None:
    text = (GUIDES / "test-wechatpay-on-your-laptop.md").read_text("utf-8")
    [block] = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    port = str(free_port())
    asked = f"{sys.executable} -c 'import sys, urllib.request as r; r.urlopen(sys.argv[1])'"
    script = f"trap 'kill $!' EXIT\n{block}{asked} $(grep -o 'http://[^ ]*' serve.log)/healthz\n"
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-ec", script],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60,
        env={**os.environ, "PATH": path, "CHANGLIAO_PORT": port, "NO_PROXY": "*"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "keys" / "apiclient_key.pem").exists()


def test_an_app_moves_with_its_numbers_and_its_key(tmp_path: Path) -> None:
    text = (GUIDES / "move-from-alipay.md").read_text("utf-8")
    [block] = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    key = rsa.generate_private_key(65_537, 2_048).public_key()
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "app_public_key.pem").write_bytes(pem)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-ec", f"changliao init --sandbox\n{block}"], cwd=tmp_path, capture_output=True,
        text=True, check=False, timeout=60, env={**os.environ, "PATH": path},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = dict(line.split(maxsplit=1) for line in done.stdout.splitlines() if "  " in line)
    assert re.findall(r"--app-id (\d+)", block) == [told["app_id"]]
    assert re.findall(r"--pid (\d+)", block) == [told["pid"]]
    assert "app_private_key" not in told, "the merchant keeps its own"
    named = set(re.findall(r"`([a-z_]+\.(?:pem|crt))`", text))
    assert named == {one.name for one in (tmp_path / "your-shop").iterdir()}


def commands() -> list[str]:
    """Every command line of ours in the guides' shell blocks."""
    lines = []
    for guide in (GUIDES / name for name in OURS):
        text = guide.read_text("utf-8").replace("\\\n", " ")
        for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL):
            lines += re.findall(r"changliao ([a-z][^&#>\n]*)", block)
    return lines


@pytest.mark.parametrize("line", commands())
def test_every_command_in_the_guides_exists_with_its_options(line: str) -> None:
    command: click.Command = main
    words = line.split()
    while isinstance(command, click.Group):
        named = command.get_command(click.Context(command), words.pop(0))
        assert named is not None, line
        command = named
    known = {option for parameter in command.params for option in parameter.opts}
    used = {word for word in words if word.startswith("--")}
    assert used <= known, line
