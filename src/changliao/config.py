"""Configuration: one frozen value, read once at start from a file and the environment.

Every setting is explained in docs/configuration.md. Unknown keys are refused with their name.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

FILE: Final = "changliao.toml"
SECRET_FILE: Final = "secret.key"
_PREFIX: Final = "CHANGLIAO_"
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
    for name, value in environment.items():
        setting = name.removeprefix(_PREFIX)
        if name != setting and setting not in _OPTIONS:
            values[setting.lower()] = value
    try:
        config = msgspec.convert(values, Config, strict=False)
    except msgspec.ValidationError as error:
        raise BadConfiguration(f"{path}: {error}") from error
    if "://" not in config.database:
        config = replace(config, database=str(folder / config.database))
    public_url = config.public_url.rstrip("/") or f"http://127.0.0.1:{config.port}"
    return replace(config, public_url=public_url)


def secret(folder: Path) -> bytes:
    """The master secret. Raises BadConfiguration when it is missing or has another length."""
    path = folder / SECRET_FILE
    try:
        return bytes.fromhex(path.read_text("ascii").strip())
    except FileNotFoundError as error:
        raise BadConfiguration(
            f"{path} is missing: run `changliao init --data {folder}` first, or restore the file"
        ) from error
    except ValueError as error:
        raise BadConfiguration(f"{path} does not hold 64 hexadecimal digits") from error


def _file_values(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise BadConfiguration(f"{path}: {error}") from error
