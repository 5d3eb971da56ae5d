"""What a merchant asks of its accounts, and a platform of its sub-merchants'."""

from collections.abc import Iterator

import pytest

from changliao.commands.people import Person
from tests.doors.test_wechatpay import refused
from tests.doors.test_wechatpay_transfers import BILLS, bill, post
from tests.phones import new_phone
from tests.served import Rest, Served, Shop, merchant
from tests.wallets import somebody

OWN, OF_OTHERS = "/v3/merchant/fund/balance", "/v3/ecommerce/fund/balance"


@pytest.fixture(scope="module")
def store(sandbox: tuple[Served, Rest]) -> Iterator[Shop]:
    with merchant(sandbox[0], "Store with a balance", fee_bps=100) as made:
        yield made


@pytest.fixture(scope="module")
def platform(sandbox: tuple[Served, Rest], store: Shop) -> Iterator[Shop]:
    with merchant(sandbox[0], "Platform that looks") as made:
        sandbox[0].command("sandbox", "partner", made.mchid, store.mchid)
        yield made


def test_an_account_says_what_may_be_spent(store: Shop, platform: Shop, payer: Person) -> None:
    empty = {"available_amount": 0, "pending_amount": 0}
    assert store.get(f"{OWN}/BASIC").json() == empty
    payer.pay(store.place(amount={"total": 1_000})[1]["code_url"])
    answer = store.get(f"{OWN}/BASIC")
    assert store.verifies(answer)
    assert answer.json() == {"available_amount": 990, "pending_amount": 0}
    assert store.get(f"{OWN}/OPERATION").json() == store.get(f"{OWN}/FEES").json() == empty
    shown = platform.get(f"{OF_OTHERS}/{store.mchid}").json()
    named = {"sub_mchid": store.mchid, "account_type": "BASIC"}
    assert shown == {**named, "available_amount": 990, "pending_amount": 0}
    other = platform.get(f"{OF_OTHERS}/{store.mchid}?account_type=OPERATION").json()
    assert other == {**named, "account_type": "OPERATION", **empty}


def test_what_is_reserved_may_not_be_spent(sandbox: tuple[Served, Rest], store: Shop) -> None:
    payee = somebody(sandbox, store.appid, new_phone(), "收款人")
    before = store.get(f"{OWN}/BASIC").json()["available_amount"]
    asked = bill(store, payee.openid, transfer_amount=300)
    assert post(store, BILLS, asked).status_code == 200
    shown = store.get(f"{OWN}/BASIC").json()
    assert shown == {"available_amount": before - 300, "pending_amount": 300}
    post(store, f"{BILLS}/out-bill-no/{asked['out_bill_no']}/cancel", {})
    assert store.get(f"{OWN}/BASIC").json()["available_amount"] == before
    payee.close()


def test_nobody_looks_into_anothers_account(store: Shop, platform: Shop) -> None:
    refused(store.get(f"{OF_OTHERS}/{platform.mchid}"), 403, "NO_AUTH")
    refused(store.get(f"{OF_OTHERS}/0000000000"), 403, "NO_AUTH")
    for path in (f"{OWN}/basic", f"{OF_OTHERS}/{store.mchid}?account_type=ALL"):
        said = refused(platform.get(path), 400, "PARAM_ERROR")
        assert said["detail"]["field"] == "account_type"
