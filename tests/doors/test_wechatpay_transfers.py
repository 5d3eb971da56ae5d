"""Transfers to users through the WeChat Pay door, over a real socket, to the payee's page."""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from changliao.commands.people import Person
from tests.doors.test_wechatpay_splits import PADDING, code, secret
from tests.served import Rest, Served, Shop, merchant
from tests.wallets import Wallet, somebody
from tests.workers.receiver import Receiver, receiving

BILLS = "/v3/fund-app/mch-transfer/transfer-bills"
BATCHES = "/v3/transfer/batches"
RECEIPTS = "/v3/fund-app/mch-transfer/elecsign"
BATCH_RECEIPTS = "/v3/transfer/bill-receipt"
DETAIL_RECEIPTS = "/v3/transfer-detail/electronic-receipts"
EARNED = 500_000


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture(scope="module")
def rich(sandbox: tuple[Served, Rest], payer: Person) -> Iterator[Shop]:
    """A merchant that has earned something."""
    with merchant(sandbox[0], "Generous") as shop:
        _, placed = shop.place(amount={"total": EARNED, "currency": "CNY"})
        payer.pay(placed["code_url"])
        yield shop


numbers = iter(range(10_000))


def bill(shop: Shop, openid: str, **changes: Any) -> dict[str, Any]:
    fields = {
        "appid": shop.appid,
        "out_bill_no": f"B{next(numbers):06d}",
        "transfer_scene_id": "1000",
        "openid": openid,
        "transfer_amount": 1_000,
        "transfer_remark": "活动奖励",
        "transfer_scene_report_infos": [{"info_type": "活动名称", "info_content": "新会员有礼"}],
    } | changes
    return {name: value for name, value in fields.items() if value is not None}


def post(shop: Shop, path: str, fields: dict[str, Any]) -> httpx.Response:
    body = json.dumps(fields, ensure_ascii=False).encode()
    serial = shop.fields["wechatpay_public_key_id"]
    return shop.http.send(shop.signed("POST", path, body, serial=serial))


def earned(shop: Shop) -> int:
    """What the merchant may spend."""
    own = Rest(shop.fields["base_url"], shop.fields["rest_key"], shop.fields["rest_secret"])
    found = own.get("/api/v1/ledger/accounts").json()["data"]
    own.http.close()
    return sum(one["available"] for one in found if one["purpose"] == "payable")


@pytest.fixture(scope="module")
def payee(sandbox: tuple[Served, Rest], rich: Shop) -> Iterator[Wallet]:
    person = somebody(sandbox, rich.appid, "13900000077", "收款人")
    yield person
    person.close()


@pytest.fixture(scope="module")
def openid(payee: Wallet) -> str:
    return payee.openid


def opened(shop: Shop, letter: Any) -> Any:
    resource = letter.fields["resource"]
    key = shop.fields["api_v3_key"].encode()
    sealed, extra = base64.b64decode(resource["ciphertext"]), resource["associated_data"].encode()
    return json.loads(AESGCM(key).decrypt(resource["nonce"].encode(), sealed, extra))


def test_a_transfer_waits_for_its_payee_who_takes_it_and_the_merchant_is_told(
    rich: Shop, payee: Wallet, openid: str, receiver: Receiver
) -> None:
    box = receiver.mailbox()
    asked = bill(rich, openid, user_name=secret(rich, "收款人"), notify_url=box.url)
    made = post(rich, BILLS, asked)
    assert made.status_code == 200, made.text
    assert rich.verifies(made)
    assert made.json()["state"] == "WAIT_USER_CONFIRM"
    again = post(rich, BILLS, asked | {"user_name": secret(rich, "收款人")})
    assert again.json() == made.json()
    assert code(post(rich, BILLS, asked | {"transfer_amount": 999})) == (400, "INVALID_REQUEST")

    page = f"/w/receive?package={made.json()['package_info']}"
    before = payee.balance()
    assert "活动奖励" in payee.see(page)
    payee.submit(page)
    payee.submit(page)
    assert payee.balance() - before == 1_000
    assert "已收款" in payee.see(page)

    shown = rich.get(f"{BILLS}/out-bill-no/{asked['out_bill_no']}").json()
    assert (shown["state"], shown["mch_id"], shown["openid"]) == ("SUCCESS", rich.mchid, openid)
    name = rich.private_key.decrypt(base64.b64decode(shown.pop("user_name")), PADDING)
    assert name.decode() == "收款人"
    by_number = rich.get(f"{BILLS}/transfer-bill-no/{shown['transfer_bill_no']}").json()
    by_number.pop("user_name")
    assert by_number == shown

    letter = box.wait(1)[0]
    assert letter.fields["event_type"] == "MCHTRANSFER.BILL.FINISHED"
    told = opened(rich, letter)
    assert (told["mchid"], told["state"], told["transfer_amount"]) == (rich.mchid, "SUCCESS", 1_000)
    cancelled = post(rich, f"{BILLS}/out-bill-no/{asked['out_bill_no']}/cancel", {})
    assert code(cancelled) == (400, "INVALID_REQUEST")


def test_what_was_paid_has_a_receipt_that_is_as_its_digest_says(
    sandbox: tuple[Served, Rest], rich: Shop, payee: Wallet, openid: str
) -> None:
    asked = bill(rich, openid, user_name=secret(rich, "收款人"), transfer_amount=123_456)
    made = post(rich, BILLS, asked).json()
    number = {name: made[name] for name in ("out_bill_no", "transfer_bill_no")}
    apply, find = f"{RECEIPTS}/out-bill-no", f"{RECEIPTS}/out-bill-no/{number['out_bill_no']}"
    assert code(post(rich, apply, {"out_bill_no": number["out_bill_no"]}))[1] == "INVALID_REQUEST"
    assert code(rich.get(find)) == (400, "INVALID_REQUEST")
    payee.submit(f"/w/receive?package={made['package_info']}")

    for place, name in (("out-bill-no", "out_bill_no"), ("transfer-bill-no", "transfer_bill_no")):
        applied = post(rich, f"{RECEIPTS}/{place}", {name: number[name]})
        assert applied.json()["state"] == "FINISHED", applied.text
        found = rich.get(f"{RECEIPTS}/{place}/{number[name]}").json()
        target = "/v3/" + found["download_url"].partition("/v3/")[2]
        fetched = rich.get(target)
        assert fetched.headers["content-type"] == "application/pdf"
        assert hashlib.sha256(fetched.content).hexdigest() == found["hash_value"]
        assert found["hash_type"] == "SHA256"
        shown = written_in(fetched.content)
        for text in ("转账电子回单", *number.values(), "¥1,234.56 CNY", "活动奖励"):
            assert text in shown
        assert f"收款人 {openid}"[:37] in shown

    with merchant(sandbox[0], "Nosy") as other:
        assert code(other.get(target)) == (403, "NO_AUTH")
        assert other.get(find).status_code == 404
    assert code(rich.get(target[:-4] + "AAAA")) == (400, "INVALID_REQUEST")
    assert rich.get(f"{RECEIPTS}/out-bill-no/NONE").status_code == 404


def test_a_batch_and_each_of_its_details_have_receipts(
    sandbox: tuple[Served, Rest], rich: Shop, payee: Wallet, openid: str
) -> None:
    asked = batch(rich, *(detail(openid) for _ in range(20)), detail("nobody"))
    post(rich, BATCHES, asked)
    named = {"out_batch_no": asked["out_batch_no"]}
    whole = post(rich, BATCH_RECEIPTS, named)
    assert rich.verifies(whole)
    made = whole.json()
    assert (made["out_batch_no"], made["signature_status"]) == (named["out_batch_no"], "FINISHED")
    found = rich.get(f"{BATCH_RECEIPTS}/{named['out_batch_no']}").json()
    assert found["hash_value"] == made["hash_value"]
    listed = fetched(rich, found)
    assert listed.count("转账批次电子回单") > 1
    assert "¥100.00 CNY，20 笔" in listed
    paid = asked["transfer_detail_list"][:-1]
    for one in paid:
        assert any(line.startswith(one["out_detail_no"]) for line in listed)
    failed = asked["transfer_detail_list"][-1]["out_detail_no"]
    assert not any(line.startswith(failed) for line in listed)

    one = {"accept_type": "BATCH_TRANSFER", **named, "out_detail_no": paid[0]["out_detail_no"]}
    made = post(rich, DETAIL_RECEIPTS, one).json()
    found = rich.get(f"{DETAIL_RECEIPTS}?{urlencode(one)}").json()
    assert found["hash_value"] == made["hash_value"]
    assert (found["signature_status"], found["out_detail_no"]) == ("FINISHED", one["out_detail_no"])
    for text in ("转账电子回单", one["out_detail_no"], "¥5.00 CNY"):
        assert text in fetched(rich, found)

    with merchant(sandbox[0], "Nosy") as other:
        assert other.get(f"{BATCH_RECEIPTS}/{named['out_batch_no']}").status_code == 404
        assert post(other, DETAIL_RECEIPTS, one).status_code == 404
        for one in (whole.json(), found):
            assert code(other.get(target_of(one))) == (403, "NO_AUTH")
    token = target_of(found).partition("?")[2]
    assert code(rich.get(f"/v3/transferdownload/signfile?{token}")) == (400, "INVALID_REQUEST")


def test_what_was_not_paid_in_a_batch_has_no_receipt(rich: Shop, openid: str) -> None:
    asked = batch(rich, detail("nobody"))
    post(rich, BATCHES, asked)
    named = {"out_batch_no": asked["out_batch_no"]}
    assert code(post(rich, BATCH_RECEIPTS, named)) == (400, "INVALID_REQUEST")
    failed = asked["transfer_detail_list"][0]["out_detail_no"]
    one = {"accept_type": "BATCH_TRANSFER", **named, "out_detail_no": failed}
    assert code(post(rich, DETAIL_RECEIPTS, one)) == (400, "INVALID_REQUEST")
    assert post(rich, DETAIL_RECEIPTS, one | {"out_detail_no": "NONE"}).status_code == 404
    older = one | {"accept_type": "TRANSFER_TO_POCKET"}
    assert post(rich, DETAIL_RECEIPTS, older).status_code == 404
    assert code(post(rich, DETAIL_RECEIPTS, one | {"accept_type": "X"})) == (400, "PARAM_ERROR")
    assert code(rich.get(DETAIL_RECEIPTS)) == (400, "PARAM_ERROR")
    assert post(rich, BATCH_RECEIPTS, {"out_batch_no": "NONE"}).status_code == 404


def target_of(found: dict[str, Any]) -> str:
    return "/v3/" + str(found["download_url"]).partition("/v3/")[2]


def fetched(shop: Shop, found: dict[str, Any]) -> list[str]:
    """The texts of a receipt that is as its digest says."""
    answer = shop.get(target_of(found))
    assert answer.headers["content-type"] == "application/pdf", answer.text
    assert hashlib.sha256(answer.content).hexdigest() == found["hash_value"]
    return written_in(answer.content)


def written_in(content: bytes) -> list[str]:
    """The texts on the page, in a file whose table leads to each of its objects."""
    assert content.startswith(b"%PDF-1.")
    at = int(content.rpartition(b"startxref\n")[2].split()[0])
    table = content[at:].split(b"trailer")[0].splitlines()
    for index, line in enumerate(table[3:], 1):
        assert len(line) == 19, line
        assert content[int(line[:10]) :].startswith(b"%d 0 obj\n" % index)
    return [bytes.fromhex(one.decode()).decode("utf-16-be")
            for one in re.findall(rb"<([0-9A-F]*)> Tj", content)]  # fmt: skip


def test_a_transfer_is_taken_back_before_its_payee_says_yes(
    rich: Shop, payee: Wallet, openid: str, receiver: Receiver
) -> None:
    box = receiver.mailbox()
    asked = bill(rich, openid, notify_url=box.url)
    package = post(rich, BILLS, asked).json()["package_info"]
    path = f"{BILLS}/out-bill-no/{asked['out_bill_no']}/cancel"
    for body in (b"", b"{}", b"null"):
        answer = rich.http.send(rich.signed("POST", path, body))
        assert answer.json()["state"] == "CANCELLED", answer.text
    before = payee.balance()
    page = f"/w/receive?package={package}"
    assert payee.submit(page) == 422
    assert payee.balance() == before
    assert "商家已撤销" in payee.see(page)
    assert opened(rich, box.wait(1)[0])["state"] == "CANCELLED"
    assert len(box.told) == 1


def test_only_the_payee_can_look_at_a_transfer_and_take_it(
    sandbox: tuple[Served, Rest], rich: Shop, openid: str
) -> None:
    other = somebody(sandbox, rich.appid, "13900000078", "别人")
    package = post(rich, BILLS, bill(rich, openid)).json()["package_info"]
    for text in (package, "x", package.replace("mch", "usr"), ""):
        page = f"/w/receive?package={text}"
        assert other.submit(page) == 404
        assert "活动奖励" not in other.see(page)
    other.close()


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"openid": "oCL_panobody"}, (403, "USER_ACCOUNT_ABNORMAL")),
        ({"transfer_amount": EARNED * 2, "user_name": "收款人"}, (403, "NOT_ENOUGH")),
        ({"transfer_amount": 200_000}, (400, "PARAM_ERROR")),
        ({"transfer_amount": 29, "user_name": "收款人"}, (400, "PARAM_ERROR")),
        ({"transfer_amount": 0}, (400, "PARAM_ERROR")),
        ({"user_name": "别人"}, (400, "INVALID_REQUEST")),
        ({"out_bill_no": "with-hyphen"}, (400, "PARAM_ERROR")),
        ({"appid": "wx0000000000000000"}, (400, "APPID_MCHID_NOT_MATCH")),
        ({"transfer_remark": None}, (400, "PARAM_ERROR")),
        ({"user_recv_style": {"type": "FIREWORKS"}}, (400, "PARAM_ERROR")),
    ],
    ids=str,
)
def test_what_may_not_be_transferred_is_refused_and_nothing_moves(
    rich: Shop, openid: str, changes: Any, answer: Any
) -> None:
    before = earned(rich)
    if "user_name" in changes:
        changes = changes | {"user_name": secret(rich, changes["user_name"])}
    asked = {"openid": openid} | changes
    asked = bill(rich, asked.pop("openid"), **asked)
    assert code(post(rich, BILLS, asked)) == answer
    assert earned(rich) == before
    assert rich.get(f"{BILLS}/out-bill-no/{asked['out_bill_no']}").status_code == 404


def test_a_red_packet_is_a_transfer_in_another_dress(rich: Shop, openid: str) -> None:
    made = post(rich, BILLS, bill(rich, openid, user_recv_style={"type": "RED_PACKET"}))
    assert made.json()["state"] == "WAIT_USER_CONFIRM", made.text


def batch(shop: Shop, *details: dict[str, Any], **changes: Any) -> dict[str, Any]:
    fields = {
        "appid": shop.appid,
        "out_batch_no": f"T{next(numbers):06d}",
        "batch_name": "工资",
        "batch_remark": "十一月",
        "total_amount": sum(one["transfer_amount"] for one in details),
        "total_num": len(details),
        "transfer_detail_list": list(details),
    }
    return fields | changes


def detail(openid: str, amount: int = 500, **changes: Any) -> dict[str, Any]:
    fields = {"out_detail_no": f"D{next(numbers):06d}", "transfer_amount": amount}
    return fields | {"transfer_remark": "工资", "openid": openid} | changes


def test_a_batch_pays_whom_it_can_and_says_whom_it_could_not(
    rich: Shop, payee: Wallet, openid: str, receiver: Receiver
) -> None:
    box = receiver.mailbox()
    good = detail(openid, user_name=secret(rich, "收款人"))
    wrong = detail(openid, user_name=secret(rich, "别人"))
    nobody = detail("oCL_panobody", 700)
    asked = batch(rich, good, wrong, nobody, notify_url=box.url)
    before = payee.balance()
    made = post(rich, BATCHES, asked)
    assert made.status_code == 200, made.text
    assert payee.balance() - before == 500
    assert post(rich, BATCHES, asked).json()["batch_id"] == made.json()["batch_id"]
    assert payee.balance() - before == 500

    path = f"{BATCHES}/batch-id/{made.json()['batch_id']}"
    shown = rich.get(f"{path}?need_query_detail=true&detail_status=ALL").json()
    sums = shown["transfer_batch"]
    assert (sums["batch_status"], sums["success_num"], sums["fail_amount"]) == ("FINISHED", 1, 1200)
    states = [one["detail_status"] for one in shown["transfer_detail_list"]]
    assert states == ["SUCCESS", "FAIL", "FAIL"]
    failed = rich.get(f"{path}?need_query_detail=true&detail_status=FAIL&limit=1").json()
    number = failed["transfer_detail_list"][0]["detail_id"]
    one = rich.get(f"{path}/details/detail-id/{number}").json()
    assert (one["out_detail_no"], one["fail_reason"]) == (
        wrong["out_detail_no"],
        "NAME_NOT_CORRECT",
    )
    by_reference = f"{BATCHES}/out-batch-no/{asked['out_batch_no']}"
    assert rich.get(by_reference).json()["transfer_batch"] == sums
    last = rich.get(f"{by_reference}/details/out-detail-no/{nobody['out_detail_no']}").json()
    assert last["fail_reason"] == "OPENID_INVALID"

    letter = box.wait(1)[0]
    assert letter.fields["event_type"] == "MCHTRANSFER.BATCH.FINISHED"
    told = opened(rich, letter)
    assert (told["success_amount"], told["fail_num"]) == (500, 2)


def test_a_batch_whose_sums_are_wrong_pays_nobody(rich: Shop, openid: str) -> None:
    before = earned(rich)
    for asked, answer in (
        (batch(rich, detail(openid), total_amount=501), (400, "PARAM_ERROR")),
        (batch(rich, detail(openid), total_num=2), (400, "PARAM_ERROR")),
        (batch(rich), (400, "PARAM_ERROR")),
        (batch(rich, detail(openid, EARNED * 2, user_name=secret(rich, "收款人"))),
         (403, "NOT_ENOUGH")),
    ):  # fmt: skip
        assert code(post(rich, BATCHES, asked)) == answer
    twice = detail(openid)
    assert code(post(rich, BATCHES, batch(rich, twice, twice))) == (400, "INVALID_REQUEST")
    assert earned(rich) == before


def test_another_merchants_transfers_are_not_found(rich: Shop, shop: Shop, openid: str) -> None:
    asked = bill(rich, openid)
    number = post(rich, BILLS, asked).json()["transfer_bill_no"]
    paid = batch(rich, detail(openid))
    batch_id = post(rich, BATCHES, paid).json()["batch_id"]
    for path in (
        f"{BILLS}/out-bill-no/{asked['out_bill_no']}",
        f"{BILLS}/transfer-bill-no/{number}",
        f"{BATCHES}/batch-id/{batch_id}",
        f"{BATCHES}/out-batch-no/{paid['out_batch_no']}",
    ):
        assert code(shop.get(path)) == (404, "NOT_FOUND")
    assert code(post(shop, f"{BILLS}/out-bill-no/{asked['out_bill_no']}/cancel", {})) == (
        404, "NOT_FOUND",
    )  # fmt: skip
    assert code(rich.get(f"{BATCHES}/batch-id/{batch_id}?need_query_detail=true&limit=x")) == (
        400, "PARAM_ERROR",
    )  # fmt: skip


@pytest.mark.parametrize("changes", [{"transfer_amount": 9}, {"transfer_scene_report_infos": []}])
def test_a_transfer_has_a_least_amount_and_says_what_it_is_for(
    rich: Shop, payee: Wallet, changes: dict[str, Any]
) -> None:
    answer = post(rich, BILLS, bill(rich, "oX", **changes))
    assert code(answer) == (400, "PARAM_ERROR")
    assert next(iter(changes)) in answer.json()["message"]
