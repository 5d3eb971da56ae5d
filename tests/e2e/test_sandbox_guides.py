"""What the guides say to type works as it stands there."""

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from changliao.commands.root import main

GUIDES = Path(__file__).parents[2] / "docs" / "guides"
OURS = ("developer-sandbox.md", "test-wechatpay-on-your-laptop.md")


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


def commands() -> list[str]:
    """Every command line of ours in the guides' shell blocks."""
    lines = []
    for guide in (GUIDES / name for name in OURS):
        for block in re.findall(r"```sh\n(.*?)```", guide.read_text("utf-8"), re.DOTALL):
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
