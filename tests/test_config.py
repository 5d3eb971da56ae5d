"""What the environment may say."""

from pathlib import Path

import pytest

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
