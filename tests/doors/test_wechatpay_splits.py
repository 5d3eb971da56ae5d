"""Profit sharing through the WeChat Pay door, over a real socket."""

import base64
import hashlib
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from changliao.commands.people import Person
from changliao.core.ids import ReturnId, ShareId
from changliao.core.orders import Hold
from changliao.core.splits import Part, PartyKind, Receiver, Return, Share, ShareOrder
from changliao.operations import splits
from changliao.store.views import parties
from tests import yesterday
from tests.served import Rest, Served, Shop, merchant
from tests.workers.receiver import receiving

SHARING = "/v3/profitsharing"
SHA1 = hashes.SHA1()
PADDING = OAEP(MGF1(SHA1), SHA1, None)


@pytest.fixture(scope="module")
def other(sandbox: tuple[Served, Rest]) -> Iterator[Shop]:
    """A merchant that receives."""
    with merchant(sandbox[0], "Supplier") as made:
        yield made


def secret(shop: Shop, text: str) -> str:
    return base64.b64encode(shop.platform_key.encrypt(text.encode(), PADDING)).decode()


def post(shop: Shop, path: str, serial: str = "", **fields: Any) -> httpx.Response:
    changes = {"serial": serial} if serial else {}
    body = json.dumps(fields, ensure_ascii=False).encode()
    return shop.http.send(shop.signed("POST", SHARING + path, body, **changes))


def add(shop: Shop, other: Shop, name: str = "Supplier", serial: str = "") -> httpx.Response:
    serial = serial or shop.fields["wechatpay_public_key_id"]
    fields: dict[str, Any] = {"appid": shop.appid, "type": "MERCHANT_ID", "account": other.mchid}
    fields |= {"name": secret(shop, name), "relation_type": "SUPPLIER"}
    return post(shop, "/receivers/add", serial, **fields)


def held(shop: Shop, payer: Person) -> str:
    number, placed = shop.place(settle_info={"profit_sharing": True})
    payer.pay(placed["code_url"])
    order = shop.get(f"/v3/pay/transactions/out-trade-no/{number}?mchid={shop.mchid}").json()
    return str(order["transaction_id"])


def share(shop: Shop, other: Shop, transaction: str, amount: int, **more: Any) -> httpx.Response:
    receiver = {"type": "MERCHANT_ID", "account": other.mchid, "amount": amount}
    fields: dict[str, Any] = {
        "appid": shop.appid,
        "transaction_id": transaction,
        "out_order_no": f"S{transaction}",
        "receivers": [receiver | {"description": "货款"}],
        "unfreeze_unsplit": False,
    }
    return post(shop, "/orders", **(fields | more))


def unsplit(shop: Shop, transaction: str) -> int:
    answer = shop.get(f"{SHARING}/transactions/{transaction}/amounts")
    assert answer.status_code == 200, answer.text
    return int(answer.json()["unsplit_amount"])


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


def test_a_share_from_order_to_return_and_release(shop: Shop, other: Shop, payer: Person) -> None:
    added = add(shop, other)
    assert added.status_code == 200, added.text
    sealed = base64.b64decode(added.json()["name"])
    assert shop.private_key.decrypt(sealed, PADDING) == b"Supplier"
    assert shop.verifies(added)
    transaction = held(shop, payer)
    assert unsplit(shop, transaction) == 300

    shared = share(shop, other, transaction, 200)
    assert shared.status_code == 200, shared.text
    fields = shared.json()
    assert (fields["state"], fields["receivers"][0]["result"]) == ("FINISHED", "SUCCESS")
    again = share(shop, other, transaction, 200)
    assert again.json() == fields
    assert code(share(shop, other, transaction, 201)) == (400, "INVALID_REQUEST")
    query = f"{SHARING}/orders/S{transaction}?transaction_id={transaction}"
    assert shop.get(query).json() == fields

    back = {"order_id": fields["order_id"], "out_return_no": f"B{transaction}"}
    back |= {"return_mchid": other.mchid, "description": "退回"}
    returned = post(shop, "/return-orders", **back, amount=50)
    assert returned.json()["result"] == "SUCCESS", returned.text
    assert code(post(shop, "/return-orders", **back, amount=51)) == (400, "INVALID_REQUEST")
    asked = f"{SHARING}/return-orders/B{transaction}?out_order_no=S{transaction}"
    assert shop.get(asked).json() == returned.json()
    assert unsplit(shop, transaction) == 150

    rest = {"transaction_id": transaction, "out_order_no": f"U{transaction}"}
    freed = post(shop, "/orders/unfreeze", **rest, description="解冻").json()
    assert [one["account"] for one in freed["receivers"]] == [shop.mchid]
    assert unsplit(shop, transaction) == 0
    late = share(shop, other, transaction, 1, out_order_no=f"L{transaction}")
    assert code(late) == (400, "INVALID_REQUEST")


def test_what_may_not_be_shared_is_refused(shop: Shop, other: Shop, payer: Person) -> None:
    assert add(shop, other).status_code == 200
    transaction = held(shop, payer)
    assert code(share(shop, other, transaction, 301)) == (403, "RULE_LIMIT")
    assert code(share(shop, other, transaction, 5000)) == (403, "NOT_ENOUGH")
    assert code(share(shop, other, transaction, 1, receivers=[])) == (400, "PARAM_ERROR")
    gone = {"appid": shop.appid, "type": "MERCHANT_ID", "account": other.mchid}
    assert post(shop, "/receivers/delete", **gone).status_code == 200
    assert code(share(shop, other, transaction, 1)) == (400, "INVALID_REQUEST")
    number, placed = shop.place()
    payer.pay(placed["code_url"])
    order = shop.get(f"/v3/pay/transactions/out-trade-no/{number}?mchid={shop.mchid}").json()
    assert code(share(shop, other, order["transaction_id"], 1)) == (400, "INVALID_REQUEST")
    assert code(share(shop, other, "4200000", 1)) == (404, "ORDER_NOT_EXIST")
    unknown = shop.get(f"{SHARING}/orders/none?transaction_id={transaction}")
    assert code(unknown) == (404, "RESOURCE_NOT_EXISTS")
    assert shop.get(f"{SHARING}/transactions/1/amounts").status_code == 404
    wrong = shop.post(
        "/v3/pay/transactions/native", **shop.order(settle_info={"profit_sharing": 1})
    )
    assert code(wrong) == (400, "PARAM_ERROR")


def test_a_name_must_be_encrypted_for_us_and_be_theirs(shop: Shop, other: Shop) -> None:
    serial = shop.fields["wechatpay_certificate_serial"]
    assert add(shop, other, serial=serial.lower()).status_code == 200
    assert code(add(shop, other, name="Somebody")) == (400, "INVALID_REQUEST")
    assert code(add(shop, other, serial="ABC")) == (400, "PARAM_ERROR")
    fields: dict[str, Any] = {"appid": shop.appid, "type": "MERCHANT_ID", "account": other.mchid}
    fields |= {"relation_type": "SUPPLIER"}
    assert code(post(shop, "/receivers/add", **fields)) == (400, "PARAM_ERROR")
    assert code(post(shop, "/receivers/add", **fields, name="c2VjcmV0")) == (400, "PARAM_ERROR")
    named = {**fields, "name": secret(shop, "Supplier"), "relation_type": "CUSTOM"}
    assert code(post(shop, "/receivers/add", serial, **named)) == (400, "PARAM_ERROR")
    plain = post(shop, "/receivers/add", serial, **fields, name="Supplier")
    assert code(plain) == (400, "PARAM_ERROR")


def test_a_merchant_of_the_sandboxs_later_time_is_told_names_in_secret(
    sandbox: tuple[Served, Rest], other: Shop
) -> None:
    """Its key begins in a time to come: a name was then answered as it is."""
    clock = "/api/v1/sandbox/clock"
    ahead = sandbox[1].get(clock).json()["ahead_s"]
    assert sandbox[1].post(clock, ahead_s=ahead + 60).status_code == 200
    with merchant(sandbox[0], "Of tomorrow") as shop:
        shown = add(shop, other).json()["name"]
        assert shop.private_key.decrypt(base64.b64decode(shown), PADDING).decode() == "Supplier"


def test_a_receiver_is_told_of_what_came_and_went(
    sandbox: tuple[Served, Rest], shop: Shop, other: Shop, payer: Person
) -> None:
    operator = sandbox[1]
    with receiving() as receiver:
        box = receiver.mailbox()
        terms = f"/api/v1/merchants/{other.mchid}/sharing"
        assert operator.post(terms, notify_url=box.url).status_code == 200
        assert add(shop, other).status_code == 200
        transaction = held(shop, payer)
        fields = share(shop, other, transaction, 200).json()
        back = {"order_id": fields["order_id"], "out_return_no": f"N{transaction}"}
        back |= {"return_mchid": other.mchid, "description": "退回"}
        assert post(shop, "/return-orders", **back, amount=50).status_code == 200
        letters = box.wait(2)
        assert operator.post(terms, notify_url="").status_code == 200
    kinds = {one.fields["event_type"]: opened(other, one.fields["resource"]) for one in letters}
    received = kinds["PROFITSHARING.SUCCESS"]
    assert received["mchid"] == shop.mchid
    assert received["transaction_id"] == transaction
    assert (received["order_id"], received["out_order_no"]) == (
        fields["order_id"],
        fields["out_order_no"],
    )
    part = {"type": "MERCHANT_ID", "account": other.mchid, "amount": 200, "description": "货款"}
    assert received["receiver"] == part
    returned = kinds["PROFITSHARING.RETURN"]
    part = {"type": "MERCHANT_ID", "account": shop.mchid, "amount": 50, "description": "退回"}
    assert returned["receiver"] == part


def opened(shop: Shop, resource: Any) -> Any:
    """What a notification says to the merchant it is for."""
    assert resource["original_type"] == resource["associated_data"] == "profitsharing"
    key = AESGCM(shop.fields["api_v3_key"].encode())
    sealed = base64.b64decode(resource["ciphertext"])
    return json.loads(key.decrypt(resource["nonce"].encode(), sealed, b"profitsharing"))


def test_the_ratio_is_the_one_agreed(sandbox: tuple[Served, Rest], shop: Shop, other: Shop) -> None:
    sandbox[0].command("sandbox", "partner", shop.mchid, other.mchid)
    config = f"{SHARING}/merchant-configs/{other.mchid}"
    assert shop.get(config).json() == {"sub_mchid": other.mchid, "max_ratio": 3000}
    terms = f"/api/v1/merchants/{other.mchid}/sharing"
    assert sandbox[1].post(terms, ratio_bps=2_500).status_code == 200
    assert shop.get(config).json()["max_ratio"] == 2_500


@pytest.fixture(scope="module")
def provider(sandbox: tuple[Served, Rest], other: Shop) -> Iterator[Shop]:
    """Who may look at the other's bills."""
    with merchant(sandbox[0], "Provider of shares") as made:
        sandbox[0].command("sandbox", "partner", made.mchid, other.mchid)
        yield made


def test_the_bill_of_a_day_has_each_part_of_each_share(
    sandbox: tuple[Served, Rest], shop: Shop, other: Shop, provider: Shop
) -> None:
    with yesterday.past(sandbox[0], shop.mchid) as world:
        with world.engine.reader() as reader:
            receiver = parties.merchant_by_number(reader, other.mchid)
        assert receiver is not None
        kind, text = PartyKind.MERCHANT, "货款,一"
        order = world.pay(world.place(1_000, hold=Hold.SPLIT), world.user(1_000))
        world.do(splits.ADD_RECEIVER, Receiver(world.merchant, kind, receiver.id, "SUPPLIER"))
        made = ShareId(world.ids.new())
        part = Part(made, world.merchant, kind, receiver.id, 0, 200, other.mchid, text)
        number = f"S{order.id}"
        asked = Share(made, world.merchant, order.id, number, b"x", description="解冻")
        assert world.do(splits.SHARE, ShareOrder(asked, (part,), rest=True)).released
        back = Return(
            ReturnId(world.ids.new()), world.merchant, made, receiver.id, f"B{order.id}", 50, b"x"
        )
        assert world.do(splits.RETURN, back) == back
    offer = shop.get(f"{SHARING}/bills?bill_date={yesterday.date()}").json()
    assert offer["hash_type"] == "SHA1", offer
    content = shop.get(offer["download_url"].removeprefix(shop.fields["base_url"])).content
    digest = hashlib.sha1(content, usedforsecurity=False).hexdigest()
    assert digest == offer["hash_value"]
    lines = content.decode("utf-8-sig").split("\r\n")
    assert lines[0].startswith("分账时间,分账发起方,分账方,微信订单号,")
    rows = [line[1:].split(",`") for line in lines[1:-3]]
    found = {(row[6], row[8], row[9], row[10], row[12]) for row in rows}
    assert found >= {
        (number, other.mchid, "2.00", "分账", "货款\\ 一"),
        (number, shop.mchid, "7.94", "解冻", "解冻"),
        (f"B{order.id}", other.mchid, "0.50", "分账回退", ""),
    }
    assert {len(row) for row in rows} == {13}
    assert lines[-3] == "总条数,分账笔数,分账金额,解冻笔数,解冻金额,回退笔数,回退金额"
    none = provider.get(f"{SHARING}/bills?bill_date={yesterday.date()}&sub_mchid={other.mchid}")
    assert code(none) == (400, "NO_STATEMENT_EXIST")
    stranger = other.get(f"{SHARING}/bills?bill_date={yesterday.date()}&sub_mchid={shop.mchid}")
    assert stranger.status_code in (400, 403)
