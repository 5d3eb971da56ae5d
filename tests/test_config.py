"""What the environment may say."""

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
