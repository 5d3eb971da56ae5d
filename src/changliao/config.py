"""Configuration: one frozen value, read once at start from a file and the environment.

Every setting is explained in docs/configuration.md. Unknown keys are refused with their name.
"""

import os
import tomllib
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

FILE: Final = "changliao.toml"
SECRET_FILE: Final = "secret.key"
_PREFIX: Final = "CHANGLIAO_"
_SECRET_DIGITS: Final = 64
_LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_POSTGRESQL: Final = ("postgresql://", "postgres://")
# What commands take from the environment, and no network is set up by.
_OPTIONS: Final = frozenset({"DATA", "URL", "OPERATOR_KEY", "OPERATOR_SECRET"})


class BadConfiguration(Exception):
    """The file or the environment says something this program does not understand."""


class Config(Struct, frozen=True, forbid_unknown_fields=True):
    """`database` is a path, from the data folder on, or a postgresql:// address.

    `public_url` is where callers reach this network; empty is this machine's port. The settings of
    Alipay go together: with a gateway Alipay can be opened as a channel.
    """

    database: str = "changliao.db"
    public_url: str = ""
    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65_535)] = 8964
    sandbox: bool = False
    private_callbacks: bool = False
    retry_scale: Annotated[float, Meta(gt=0, le=1)] = 1.0
    default_fee_bps: Annotated[int, Meta(ge=0, le=10_000)] = 60
    alipay_gateway: str = ""
    alipay_app_id: str = ""
    alipay_key_file: str = ""
    alipay_public_key_file: str = ""
    market_minimum_users: Annotated[int, Meta(ge=1, le=1_000_000)] = 20
    log_level: str = "INFO"


def load(folder: Path, environment: Mapping[str, str] = os.environ) -> Config:
    """The folder's file, overridden by CHANGLIAO_<SETTING>. Raises BadConfiguration."""
    path = folder / FILE
    values = _file_values(path) if path.exists() else {}
    config = _checked(values, lambda setting: f"{path}: ")
    for name, value in environment.items():
        setting = name.removeprefix(_PREFIX)
        if name != setting and setting not in _OPTIONS:
            values = {**values, setting.lower(): value}
            config = _checked(values, lambda setting: f"{_PREFIX}{setting.upper()}: ")
    if "://" not in config.database:
        config = replace(config, database=str(folder / config.database))
    public_url = config.public_url.rstrip("/") or f"http://127.0.0.1:{config.port}"
    return replace(config, public_url=public_url)


def _checked(values: Mapping[str, object], where: Callable[[str], str]) -> Config:
    """Raises BadConfiguration with the place where the setting that is wrong was set."""
    for name in values:
        if name not in Config.__struct_fields__:
            close = get_close_matches(name, Config.__struct_fields__, 1)
            mend = f"did you mean {close[0]!r}?" if close else "see docs/configuration.md"
            raise BadConfiguration(f"{where(name)}there is no setting {name!r}: {mend}")
    try:
        config = msgspec.convert(values, Config, strict=False)
    except msgspec.ValidationError as error:
        name = str(error).rpartition("`$.")[2].rstrip("`")
        raise BadConfiguration(f"{where(name)}{error}") from error
    if config.public_url and not config.public_url.startswith(("http://", "https://")):
        raise BadConfiguration(f"{where('public_url')}public_url begins with http:// or https://")
    if config.log_level.upper() not in _LEVELS:
        raise BadConfiguration(f"{where('log_level')}log_level is one of {', '.join(_LEVELS)}")
    if "://" in config.database and not config.database.startswith(_POSTGRESQL):
        raise BadConfiguration(f"{where('database')}database is a file or a postgresql:// address")
    return config


def is_open(folder: Path) -> bool:
    """Can others than its owner read the secret?"""
    return bool((folder / SECRET_FILE).stat().st_mode & 0o077)


def secret(folder: Path) -> bytes:
    """The master secret. Raises BadConfiguration when it is missing or has another length."""
    path = folder / SECRET_FILE
    try:
        return _master(path.read_text("ascii").strip())
    except FileNotFoundError as error:
        raise BadConfiguration(
            f"{path} is missing: run `changliao init --data {folder}` first, or restore the file"
        ) from error
    except OSError as error:
        raise BadConfiguration(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise BadConfiguration(f"{path} does not hold 64 hexadecimal digits") from error


def _master(text: str) -> bytes:
    if len(text) != _SECRET_DIGITS:
        raise ValueError
    return bytes.fromhex(text)


def _file_values(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise BadConfiguration(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadConfiguration(f"{path} is not UTF-8: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise BadConfiguration(f"{path}: {error}") from error
