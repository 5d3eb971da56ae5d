"""A wallet's statement: a table that adds up, of one's own wallet only."""

import csv
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from io import StringIO

import httpx
import pytest

from changliao.core.clock import BEIJING
from tests.phones import new_phone
from tests.served import Rest, Served
from tests.wallets import Wallet, somebody

MONTH = f"{datetime.now(UTC).astimezone(BEIJING):%Y-%m}"


@pytest.fixture(scope="module")
def person(sandbox: tuple[Served, Rest]) -> Iterator[Wallet]:
    made = somebody(sandbox, "", new_phone(), "=1+1 小满", balance=50_000)
    yield made
    made.close()


def rows(text: str) -> list[list[str]]:
    assert text.startswith("\ufeff")
    return list(csv.reader(StringIO(text[1:])))


def test_a_month_leads_from_its_opening_to_its_closing_balance(
    sandbox: tuple[Served, Rest], person: Wallet
) -> None:
    with closing(somebody(sandbox, "", new_phone(), "陈一诺", balance=700)) as other:
        send(sandbox[1], person, other, 1_234, "@午饭")
        send(sandbox[1], other, person, 34, "")
        theirs = rows(other.see(f"/w/statements/{MONTH}/CNY"))
    head, opening, *moved, end = rows(person.see(f"/w/statements/{MONTH}/CNY"))
    assert head[:3] == ["时间", "事项", "说明"]
    assert (opening[1], opening[4]) == ("期初余额", "0.00")
    assert [one[3] for one in moved] == ["500.00", "-12.34", "0.34"]
    assert [one[4] for one in moved] == ["500.00", "487.66", "488.00"]
    assert (end[1], end[4]) == ("期末余额", "488.00")
    assert person.balance() == 48_800
    assert "@午饭" in theirs[3][2]
    assert not any(cell.startswith(("=", "@", "+")) for row in theirs for cell in row)


def test_english_readers_have_english_columns(person: Wallet) -> None:
    person.see("/w/me?lang=en")
    assert rows(person.see(f"/w/statements/{MONTH}/CNY"))[1][1] == "Opening balance"
    assert "This month so far" in person.see("/w/statements")
    person.see("/w/me?lang=zh")
    assert "/w/statements/" in person.see("/w/statements")


@pytest.mark.parametrize(
    "path", ["2011-12/CNY", f"{MONTH}/ZZZ", "2026-13/CNY", "x/CNY", "2999-01/CNY"]
)
def test_months_that_are_not_there_are_not_found(
    sandbox: tuple[Served, Rest], person: Wallet, path: str
) -> None:
    assert "<h1" in person.see(f"/w/statements/{path}")
    assert "期初余额" not in person.see(f"/w/statements/{path}")
    stranger = httpx.get(f"{sandbox[0].base_url}/w/statements/{path}", trust_env=False)
    assert stranger.status_code == 303
    assert "/w/login" in stranger.headers["location"]


def send(operator: Rest, payer: Wallet, payee: Wallet, amount: int, note: str) -> None:
    path = f"/api/v1/users/{payer.id}/transfers"
    operator.made(path, payee_id=payee.id, amount=amount, note=note)
