"""What the environment may say, and how starting fails."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from changliao.commands.root import main
from changliao.config import BadConfiguration, load


def test_what_commands_take_from_the_environment_is_no_setting(tmp_path: Path) -> None:
    """An operator who exported key and address for `changliao platform` still serves and audits."""
    said = {
        "CHANGLIAO_DATA": "x",
        "CHANGLIAO_URL": "http://127.0.0.1:1",
        "CHANGLIAO_OPERATOR_KEY": "key",
        "CHANGLIAO_OPERATOR_SECRET": "secret",
        "CHANGLIAO_PORT": "1234",
    }
    assert load(tmp_path, said).port == 1234


def test_a_misspelt_setting_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="prot"):
        load(tmp_path, {"CHANGLIAO_PROT": "1234"})


def test_a_key_file_that_is_none_is_said_at_the_start(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert CliRunner().invoke(main, ["init", "--data", str(data)]).exit_code == 0
    settings = {"CHANGLIAO_ALIPAY_GATEWAY": "https://pay.example/gateway.do"}
    done = CliRunner().invoke(main, ["serve", "--data", str(data)], env=settings)
    assert done.exit_code == 2, done.output
    assert "alipay_key_file" in done.output


def test_a_taken_port_is_not_said_to_be_listened_on(tmp_path: Path) -> None:
    data = tmp_path / "data"
    words = [sys.executable, "-m", "changliao"]
    subprocess.run([*words, "init", "--data", str(data)], check=True, capture_output=True)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        serve = ["serve", "--data", str(data), "--port", str(taken.getsockname()[1])]
        done = subprocess.run([*words, *serve], check=False, capture_output=True, text=True)
    assert done.returncode != 0
    assert "address already in use" in done.stderr
    assert "listens" not in done.stdout
