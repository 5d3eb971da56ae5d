"""The books as programs of others read them: the real Beancount, the real Ledger."""

import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from tests import requirements
from tests.e2e import sdk_environments
from tests.operations.test_accounting import three_days
from tests.served import command, typed
from tests.world import World


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network with three days of payments."""
    data = tmp_path_factory.mktemp("books") / "data"
    command("init", "--sandbox", data=data)
    with closing(World(str(data / "changliao.db"))) as world:
        three_days(world)
    return data


def reader(form: str) -> list[str]:
    """The program that checks a file of this format, for its path to follow."""
    if form == "ledger":
        return [requirements.ledger(), "balance", "-f"]
    return [str(sdk_environments.beancount())]


def checked(form: str, file: Path, text: str) -> "subprocess.CompletedProcess[str]":
    file.write_text(text, "utf-8")
    return subprocess.run([*reader(form), str(file)], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("form", ["beancount", "ledger"])
@pytest.mark.parametrize(
    "options",
    [(), ("--each",), ("--from", "2026-11-25"), ("--from", "2026-11-25", "--to", "2026-11-26")],
)
def test_programs_of_others_agree_with_every_balance(
    folder: Path, tmp_path: Path, form: str, options: tuple[str, ...]
) -> None:
    told = typed("books", "--data", str(folder), "--format", form, *options)
    assert told.exit_code == 0, told.output
    found = checked(form, tmp_path / "books", told.output)
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.parametrize("form", ["beancount", "ledger"])
def test_they_refuse_books_in_which_a_transfer_was_changed(
    folder: Path, tmp_path: Path, form: str
) -> None:
    text = typed("books", "--data", str(folder), "--format", form).output
    for account in ("Liabilities:Wallets  10.0", "Liabilities:Merchants:Payable  -10.0"):
        assert f"{account}0 CNY" in text
        text = text.replace(f"{account}0 CNY", f"{account}1 CNY", 1)
    found = checked(form, tmp_path / "books", text)
    assert found.returncode != 0
    assert "0.01" in found.stdout + found.stderr


def test_a_file_is_written_whole_or_not_at_all(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "books.beancount"
    assert typed("books", "--data", str(folder), "--out", str(file)).output == ""
    assert "Income:Fees" in file.read_text("utf-8")
    refused = typed("books", "--data", str(folder), "--from", "2026-11-25", "--to", "2026-11-24")
    assert refused.exit_code == 2
    assert "the last day is before the first" in refused.output
