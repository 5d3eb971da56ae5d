"""How commands begin, and what they say when they cannot: what is wrong, and what to do."""

import json
import os
import signal
import socket
import subprocess
from pathlib import Path

import apsw
import pytest
from click.testing import Result

from tests.served import CHANGLIAO, started, typed

COMMANDS = (("serve",), ("audit",), ("sandbox", "merchant", "Shop"))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    assert typed("init", "--sandbox", "--data", str(folder)).exit_code == 0
    return folder


def refused(folder: Path, *words: str, **environment: str) -> str:
    """What a command says when it does nothing."""
    done: Result = typed(*words, "--data", str(folder), **environment)
    assert done.exit_code in (1, 2), done.output
    assert done.stdout == ""
    return done.stderr


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_folder_that_is_none_is_said_to_want_init(tmp_path: Path, words: tuple[str, ...]) -> None:
    assert "run `changliao init" in refused(tmp_path / "none", *words)


def test_a_folder_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "cannot be made" in refused(tmp_path / "file" / "data", "init")


def test_the_folder_is_its_owners(data: Path) -> None:
    assert data.stat().st_mode & 0o777 == 0o700
    assert (data / "secret.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("left", [None, b""], ids=["gone", "empty"])
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_lost_database_is_never_replaced_by_an_empty_one(
    data: Path, words: tuple[str, ...], left: bytes | None
) -> None:
    """An audit of a new one would be clean."""
    database = data / "changliao.db"
    database.unlink()
    if left is not None:
        database.write_bytes(left)
    said = refused(data, *words)
    assert "there is no database" in said
    assert "restore it" in said
    assert database.exists() == (left is not None)
    assert typed("init", "--data", str(data)).exit_code == 0, "which makes another"


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_database_of_a_newer_version_is_left_alone(data: Path, words: tuple[str, ...]) -> None:
    with apsw.Connection(str(data / "changliao.db")) as connection:
        connection.execute("INSERT INTO migrations VALUES ('9999_later.sql', 0)")
    said = refused(data, *words)
    assert "newer version" in said
    assert "9999_later.sql" in said


def test_a_file_that_is_no_database_is_said_so(data: Path) -> None:
    (data / "changliao.db").write_bytes(b"not a database at all " * 100)
    assert "not a database" in refused(data, "audit")


def test_an_audit_that_cannot_read_on_names_that_as_the_fault(data: Path) -> None:
    with apsw.Connection(str(data / "changliao.db")) as connection:
        connection.execute("DROP TABLE legs")
    done = typed("audit", "--json", "--data", str(data))
    assert done.exit_code == 1
    assert json.loads(done.stdout) == {
        "clean": False, "fault": "storage", "detail": "no such table: legs",
    }  # fmt: skip


def test_another_secret_is_known_for_what_it_is(data: Path) -> None:
    assert typed("sandbox", "merchant", "Shop", "--data", str(data)).exit_code == 0
    (data / "secret.key").write_text("ab" * 32, "ascii")
    for words in (("serve", "--port", "0"), ("sandbox", "merchant", "Other")):
        assert "not the one this database was made with: restore it" in refused(data, *words)


@pytest.mark.parametrize(
    ("left", "said"),
    [(b"", "64 hexadecimal"), (b"zz\n", "64 hexadecimal"), (b"\xff\xfe", "64 hexadecimal")],
)
def test_a_broken_secret_is_said_so(data: Path, left: bytes, said: str) -> None:
    (data / "secret.key").write_bytes(left)
    assert said in refused(data, "serve")


def test_a_secret_that_others_can_read_is_told_of(data: Path) -> None:
    (data / "secret.key").chmod(0o644)
    done = typed("sandbox", "merchant", "Shop", "--json", "--data", str(data))
    assert done.exit_code == 0
    assert f"chmod 600 {data / 'secret.key'}" in done.stderr
    assert json.loads(done.stdout)["mchid"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b'port = "x"', "`$.port`"),
        (b"port = 99999", "`$.port`"),
        (b"port = = 1", "line 1"),
        (b"prot = 1", "did you mean 'port'?"),
        (b"\xff\xfe", "UTF-8"),
        (b'public_url = "pay.example"', "http:// or https://"),
        (b'log_level = "LOUD"', "one of DEBUG"),
        (b'database = "mysql://localhost/x"', "postgresql://"),
        (b"retry_scale = 0", "`$.retry_scale`"),
        (b"default_fee_bps = 10001", "`$.default_fee_bps`"),
    ],
)
def test_a_broken_configuration_is_said_with_its_file(data: Path, text: bytes, said: str) -> None:
    (data / "changliao.toml").write_bytes(text)
    for words in (("serve",), ("audit",), ("init",)):
        told = refused(data, *words)
        assert "changliao.toml" in told
        assert said in told


def test_a_configuration_that_is_a_folder_is_said_so(data: Path) -> None:
    (data / "changliao.toml").unlink()
    (data / "changliao.toml").mkdir()
    assert "cannot be read" in refused(data, "audit")


@pytest.mark.parametrize(
    ("name", "value"),
    [("CHANGLIAO_PORT", "x"), ("CHANGLIAO_PROT", "1"), ("CHANGLIAO_SANDBOX", "maybe")],
)
def test_what_the_environment_says_wrong_is_not_laid_on_the_file(
    data: Path, name: str, value: str
) -> None:
    said = refused(data, "audit", **{name: value})
    assert name in said
    assert "changliao.toml" not in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--host", "nowhere.invalid"), "nowhere.invalid"),
        (("--host", "203.0.113.7"), "203.0.113.7"),
        (("--port", "99999"), "0<=x<=65535"),
        (("--port", "-1"), "0<=x<=65535"),
    ],
)
def test_where_nothing_can_listen_is_said_before_the_start(
    data: Path, words: tuple[str, ...], said: str
) -> None:
    assert said in refused(data, "serve", *words)


def test_a_busy_port_is_said_with_what_to_do(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = refused(data, "serve", "--port", str(port))
    assert f"127.0.0.1:{port}" in told
    assert "choose another with --port" in told


def test_serving_says_so_to_programs_too(data: Path) -> None:
    words = [CHANGLIAO, "serve", "--json", "--port", "0", "--data", str(data)]
    with started(words, env=os.environ, stderr=subprocess.DEVNULL) as process:
        assert process.stdout
        told = json.loads(process.stdout.readline())
        with socket.create_connection(("127.0.0.1", int(told["url"].rpartition(":")[2]))):
            second = refused(data, "serve", "--port", "0")
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    assert "already being served" in second


def test_workers_alone_are_for_postgresql(data: Path) -> None:
    assert "on SQLite `changliao serve` does this work" in refused(data, "work")
