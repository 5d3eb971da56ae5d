"""Limits through the doors: set by operators, seen by people, refused in each protocol's words."""

from collections.abc import Iterator
from typing import Any

import pytest

from changliao.commands.people import Person
from tests.doors.test_counter import CODEPAY, a_charge
from tests.doors.test_rest_packets import Sandbox, refused
from tests.doors.test_rest_platforms import rest_of
from tests.openapi import open_app
from tests.phones import new_phone
from tests.served import Rest, Shop
from tests.waiting import clear_of_midnight

OPENS = "T00:00:00+08:00"


@pytest.fixture
def verified(sandbox: Sandbox) -> Iterator[tuple[Person, str]]:
    """Somebody of the second level, which may spend 20.00 a day and 15.00 in a payment."""
    clear_of_midnight()
    served, operator = sandbox
    levels = "/api/v1/identity-levels"
    made = operator.post(levels, level=2, per_payment=1_500, per_day=2_000)
    assert made.status_code == 200, made.text
    phone = new_phone()
    person = Person(served.base_url, phone, "实名人", "135790")
    person.sign_up()
    person.top_up("100.00")
    user = operator.get(f"/api/v1/users?phone={phone}").json()["data"][0]["id"]
    set_ = operator.post(f"/api/v1/users/{user}/identity", level=2)
    assert (set_.status_code, set_.json()["level"]) == (200, 2)
    yield person, user
    person.close()
    # The network is shared: the others go on without limits.
    operator.post(levels, level=2)


def left(operator: Rest, user: str) -> Any:
    shown = operator.get(f"/api/v1/users/{user}/limits").json()
    return shown["level"], {one["currency"]: one for one in shown["limits"]}["CNY"]


def send(operator: Rest, user: str, amount: int) -> Any:
    other = operator.made("/api/v1/users", phone=new_phone(), name="朋友")["id"]
    path = f"/api/v1/users/{user}/transfers"
    return operator.post(path, payee_id=other, amount=amount)


def test_an_operator_sets_limits_and_sees_what_is_left(
    sandbox: Sandbox, verified: tuple[Person, str]
) -> None:
    operator, (_, user) = sandbox[1], verified
    assert send(operator, user, 1_200).status_code == 201
    level, cny = left(operator, user)
    assert (level, cny["spent_today"], cny["most"]) == (2, 1_200, 800)
    assert cny["day_begins"].endswith(OPENS)
    no = send(operator, user, 801)
    assert refused(no) == (409, "limit_per_day")
    assert no.json()["detail"].endswith(f"works again from {cny['day_begins']}")
    assert refused(send(operator, user, 1_501)) == (422, "limit_per_payment")
    operator.post(f"/api/v1/users/{user}/identity", level=3)
    assert send(operator, user, 1_501).status_code == 201
    assert "most" not in left(operator, user)[1]
    names = [one["name_en"] for one in operator.get("/api/v1/identity-levels").json()["data"]]
    assert names == ["Basic", "Verified", "Checked in person"]


@pytest.mark.parametrize(
    ("path", "fields", "expected"),
    [
        ("identity-levels", {"level": 0}, (400, "malformed")),
        ("identity-levels", {"level": 77}, (422, "level_unknown")),
        ("identity-levels", {"level": 1, "currency": "XXX"}, (422, "currency_unknown")),
        ("identity-levels", {"level": 1, "per_day": -1}, (400, "malformed")),
        ("identity-levels", {"level": 1, "per_day": 9, "per_year": 8}, (422, "limit_invalid")),
        ("users/usr_0000000000001/identity", {"level": 2}, (404, "user_not_found")),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused(
    sandbox: Sandbox, path: str, fields: Any, expected: Any
) -> None:
    assert refused(sandbox[1].post(f"/api/v1/{path}", **fields)) == expected


def test_only_operators_set_levels(shop: Shop, verified: tuple[Person, str]) -> None:
    own = rest_of(shop)
    for path in (f"users/{verified[1]}/identity", "identity-levels"):
        assert refused(own.post(f"/api/v1/{path}", level=3)) == (403, "not_permitted")
    own.http.close()


def test_both_protocols_say_it_in_their_own_words(
    sandbox: Sandbox, shop: Shop, verified: tuple[Person, str]
) -> None:
    person, _ = verified
    assert shop.post(CODEPAY, **a_charge(shop, person.pay_code(), 1_200)).status_code == 200
    no = shop.post(CODEPAY, **a_charge(shop, person.pay_code(), 900))
    assert (no.status_code, no.json()["code"]) == (403, "RULE_LIMIT")
    assert f"{OPENS} 起恢复" in no.json()["message"]
    with open_app(sandbox[0], "Till") as till:
        asked = till.order(auth_code=person.pay_code(), total_amount="9.00")
        said = till.call("alipay.trade.pay", asked).fields
        assert said["sub_code"] == "ACQ.BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR"
        assert f"{OPENS} 起恢复" in said["sub_msg"]
        asked = till.order(auth_code=person.pay_code(), total_amount="15.01")
        assert till.refused("alipay.trade.pay", asked) == "ACQ.BEYOND_PER_RECEIPT_RESTRICTION"
