"""What marketplaces call: each SDK shares a payment, pays users out and combines orders."""

import hashlib
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from changliao.commands.people import Person
from changliao.core.ids import ShareId
from changliao.core.orders import Hold
from changliao.core.splits import Share, ShareOrder
from changliao.operations import splits
from tests import yesterday
from tests.doors.test_rest_platforms import Mall
from tests.e2e.compatibility import NOT_OFFERED
from tests.e2e.sdk_shop import BACK, PRICE, SDKS, TABLE, Shop, numbers, opened_shop
from tests.served import Rest, Served, merchant
from tests.served import Shop as Seller
from tests.wallets import Wallet, somebody

pytestmark = pytest.mark.xdist_group("sdks")
PAYEE = "收款人"
RECEIPTS = ("mch_transfer_elecsign", "mch_transfer_elecsign_query")
REPORTS = [{"info_type": "活动名称", "info_content": "新会员有礼"}]


@pytest.fixture(scope="module", params=SDKS, ids=str)
def shop(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    """A shop with each SDK."""
    with opened_shop(request, tmp_path_factory.mktemp("shop")) as running:
        yield running


def test_a_payment_is_shared_taken_back_and_the_rest_released(
    shop: Shop, sandbox: tuple[Served, Rest], payer: Person
) -> None:
    supplier = sandbox[0].command("sandbox", "merchant", "Supplier")["mchid"]
    receiver = {"account_type": "MERCHANT_ID", "account": supplier}
    added = {**receiver, "relation_type": "SUPPLIER", "name": "Supplier"}
    assert shop.done("profitsharing_add_receiver", **added)["account"] == supplier
    number, placed = shop.place(settle_info={"profit_sharing": True}, notify_url=shop.address("/s"))
    payer.pay(placed["body"]["code_url"])
    paid = {"transaction_id": shop.done("query", out_trade_no=number)["transaction_id"]}
    assert shop.done("profitsharing_amount_query", **paid)["unsplit_amount"] == 300

    named = {"out_order_no": f"S{number}", **paid}
    part = {"type": "MERCHANT_ID", "account": supplier, "amount": 200, "description": "货款"}
    shared = shop.done("profitsharing_order", **named, receivers=[part], unfreeze_unsplit=False)
    assert (shared["state"], shared["receivers"][0]["result"]) == ("FINISHED", "SUCCESS")
    assert shop.done("profitsharing_order_query", **named) == shared

    back = {"out_order_no": named["out_order_no"], "out_return_no": f"B{number}"}
    terms = {"return_mchid": supplier, "amount": 50, "description": "退货"}
    returned = shop.done("profitsharing_return", **back, **terms)
    assert (returned["result"], returned["amount"]) == ("SUCCESS", 50)
    assert shop.done("profitsharing_return_query", **back) == returned
    assert shop.done("profitsharing_amount_query", **paid)["unsplit_amount"] == 150

    rest = {"out_order_no": f"U{number}", "description": "解冻", **paid}
    assert shop.done("profitsharing_unfreeze", **rest)["state"] == "FINISHED"
    assert shop.done("profitsharing_amount_query", **paid)["unsplit_amount"] == 0
    assert shop.done("profitsharing_delete_receiver", **receiver)["account"] == supplier


@pytest.fixture(scope="module")
def payee(shop: Shop, sandbox: tuple[Served, Rest], payer: Person) -> Iterator[Wallet]:
    """Somebody whom the shop, which has earned something, may pay."""
    payer.top_up("1000")
    _, placed = shop.place(amount={"total": 100_000, "currency": "CNY"})
    payer.pay(placed["body"]["code_url"])
    phone = f"138{secrets.randbelow(10**8):08d}"
    person = somebody(sandbox, shop.settings["appid"], phone, PAYEE)
    yield person
    person.close()


def test_a_transfer_is_taken_by_its_payee_and_another_called_back(
    shop: Shop, payee: Wallet
) -> None:
    def bill(**more: Any) -> dict[str, Any]:
        return {
            "out_bill_no": f"B{next(numbers)}",
            "transfer_scene_id": "1000",
            "openid": payee.openid,
            "transfer_amount": PRICE,
            "transfer_remark": "活动奖励",
            "transfer_scene_report_infos": REPORTS,
            "notify_url": shop.address("/transferred"),
        } | more

    asked = bill(user_name=PAYEE)
    made = shop.do("mch_transfer_bills", **asked)
    if made.get("missing"):
        for call in ("mch_transfer_bills_query", "mch_transfer_bills_cancel", *RECEIPTS):
            assert shop.do(call)["missing"]
        TABLE.note(shop.sdk.title, "told MCHTRANSFER.BILL.FINISHED", NOT_OFFERED)
        return
    assert made["body"]["state"] == "WAIT_USER_CONFIRM", made
    payee.submit(f"/w/receive?package={made['body']['package_info']}")
    assert payee.balance() == PRICE
    told = shop.do("callback", **shop.letter("/transferred")._asdict())
    assert told.get("verified"), told
    fact = told["opened"]["resource"]
    assert (fact["out_bill_no"], fact["state"]) == (asked["out_bill_no"], "SUCCESS")
    shown = shop.done("mch_transfer_bills_query", out_bill_no=asked["out_bill_no"])
    assert shown["transfer_bill_no"] == made["body"]["transfer_bill_no"]
    by_number = {"transfer_bill_no": shown["transfer_bill_no"]}
    assert shop.done("mch_transfer_bills_query", **by_number)["state"] == "SUCCESS"
    for named in ({"out_bill_no": asked["out_bill_no"]}, by_number):
        applied, found = (shop.do(call, **named) for call in RECEIPTS)
        assert applied.get("missing") or applied["body"]["state"] == "FINISHED", applied
        check_receipt(shop, found)

    other = bill()
    shop.done("mch_transfer_bills", **other)
    gone = shop.done("mch_transfer_bills_cancel", out_bill_no=other["out_bill_no"])
    assert gone["state"] == "CANCELLED"


def test_an_account_says_what_it_holds(shop: Shop, payee: Wallet) -> None:
    held = shop.do("fund_balance", account_type="BASIC")
    assert held.get("missing") or held["body"]["available_amount"] > 0, (held, payee)


def test_a_batch_is_paid_and_each_of_its_parts_found(shop: Shop, payee: Wallet) -> None:
    before = payee.balance()
    batch, details = f"T{next(numbers)}", [f"D{next(numbers)}" for _ in range(2)]
    parts = [
        {
            "out_detail_no": one,
            "transfer_amount": BACK,
            "transfer_remark": "报销",
            "openid": payee.openid,
        }
        for one in details
    ]
    made = shop.done(
        "transfer_batch",
        out_batch_no=batch,
        batch_name="九月报销",
        batch_remark="九月报销",
        total_amount=2 * BACK,
        total_num=2,
        transfer_detail_list=parts,
        notify_url=shop.address("/batch"),
    )
    assert payee.balance() - before == 2 * BACK
    told = shop.do("callback", **shop.letter("/batch")._asdict())
    assert told.get("verified"), told
    assert told["opened"]["resource"]["success_amount"] == 2 * BACK
    named = {"out_batch_no": batch, "need_query_detail": True}
    shown = shop.done("transfer_query_out_batch_no", **named)
    assert {one["out_detail_no"] for one in shown["transfer_detail_list"]} == set(details)
    found = shop.done("transfer_query_batchid", batch_id=made["batch_id"])
    assert found["transfer_batch"]["batch_status"] == "FINISHED"
    by_number = {"out_detail_no": details[0], "out_batch_no": batch}
    one = shop.done("transfer_query_out_detail_no", **by_number)
    assert one["detail_status"] == "SUCCESS"
    by_id = {"batch_id": made["batch_id"], "detail_id": one["detail_id"]}
    assert shop.done("transfer_query_detail_id", **by_id)["out_detail_no"] == details[0]
    for call in ("batch_receipt", "batch_receipt_query"):
        check_receipt(shop, shop.do(call, out_batch_no=batch))
    for call in ("detail_receipt", "detail_receipt_query"):
        check_receipt(shop, shop.do(call, accept_type="BATCH_TRANSFER", **by_number))


def check_receipt(shop: Shop, answer: dict[str, Any]) -> None:
    """An SDK that has receipts finds one; where it also downloads it, it is as its digest says."""
    if answer.get("missing"):
        return
    found = answer["body"]
    assert found.get("hash_type") == "SHA256", answer
    if shop.sdk.package == "wechatpayv3":
        content = shop.done("download_bill", url=found["download_url"])
        assert hashlib.sha256(content.encode()).hexdigest() == found["hash_value"]


def test_combined_orders_are_paid_as_one_and_refunded_in_parts(
    shop: Shop, sandbox: tuple[Served, Rest], payer: Person
) -> None:
    partner = sandbox[0].command("sandbox", "merchant", "Partner")["mchid"]
    sandbox[0].command("sandbox", "partner", shop.settings["mchid"], partner)

    def placed(number: str) -> tuple[Any, list[dict[str, Any]]]:
        parts = [
            {
                "mchid": mchid,
                "attach": "a",
                "amount": {"total_amount": PRICE, "currency": "CNY"},
                "out_trade_no": f"P{next(numbers)}",
                "description": "鞋",
            }
            for mchid in (shop.settings["mchid"], partner)
        ]
        fields = {"combine_out_trade_no": number, "sub_orders": parts}
        return shop.done("combine_pay", **fields, notify_url=shop.address("/combined")), parts

    number = f"M{next(numbers)}"
    made, parts = placed(number)
    payer.pay(made["code_url"])
    told = shop.do("callback", **shop.letter("/combined")._asdict())
    assert told.get("verified"), told
    order = shop.done("combine_query", combine_out_trade_no=number)
    assert [one["trade_state"] for one in order["sub_orders"]] == ["SUCCESS", "SUCCESS"]
    assert told["opened"]["resource"] == order
    refund = shop.done(
        "refund",
        out_trade_no=parts[0]["out_trade_no"],
        out_refund_no=f"R{number}",
        amount={"refund": BACK, "total": PRICE, "currency": "CNY"},
    )
    assert refund["status"] == "SUCCESS"

    other = f"{number}B"
    _, parts = placed(other)
    named = [{name: one[name] for name in ("mchid", "out_trade_no")} for one in parts]
    closed = shop.do("combine_close", combine_out_trade_no=other, sub_orders=named)
    assert closed["status"] == 204
    shown = shop.done("combine_query", combine_out_trade_no=other)
    assert [one["trade_state"] for one in shown["sub_orders"]] == ["CLOSED", "CLOSED"]


def test_a_day_of_shares_has_its_bill(shop: Shop, sandbox: tuple[Served, Rest]) -> None:
    with yesterday.past(sandbox[0], shop.settings["mchid"]) as world:
        order = world.pay(world.place(PRICE, hold=Hold.SPLIT), world.user(PRICE))
        number = f"S{order.id}"
        share = Share(ShareId(world.ids.new()), world.merchant, order.id, number, b"x")
        assert world.do(splits.SHARE, ShareOrder(share, (), rest=True)).released
    offer = shop.done("profitsharing_bill", bill_date=yesterday.date(), tar_type="GZIP")
    bill = shop.do("download_bill", url=offer["download_url"])
    digest = hashlib.sha1(b"\xef\xbb\xbf" + bill["body"].encode(), usedforsecurity=False)
    assert digest.hexdigest() == offer["hash_value"]
    assert f",`{number},`" in bill["body"]


def test_a_sub_merchant_is_applied_for_and_may_be_sold_for(
    shop: Shop, sandbox: tuple[Served, Rest], tmp_path: Path
) -> None:
    picture = tmp_path / "license.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + secrets.token_bytes(1_000))
    uploaded = shop.do("image_upload", filepath=str(picture))
    if uploaded.get("missing"):
        for call in ("applyment_submit", "applyment_query", "profitsharing_config_query"):
            assert shop.do(call)["missing"]
        return
    assert uploaded["status"] == 200, uploaded
    media = uploaded["body"]["media_id"]
    number = f"A{next(numbers)}"
    made = shop.done(
        "applyment_submit",
        business_code=number,
        contact_info={"contact_name": "张三"},
        subject_info={
            "subject_type": "SUBJECT_TYPE_ENTERPRISE",
            "business_license_info": {"license_copy": media, "merchant_name": "张三餐饮"},
            "identity_info": {"id_card_info": {"id_card_copy": media, "id_card_name": "张三"}},
        },
        business_info={"merchant_shortname": "张三餐饮店"},
        settlement_info={"settlement_id": "719"},
        bank_account_info={"account_name": "张三餐饮", "account_number": "6222000012345678"},
    )
    shown = shop.done("applyment_query", business_code=number)
    assert shown["applyment_state"] == "APPLYMENT_STATE_FINISHED"
    assert shop.done("applyment_query", applyment_id=made["applyment_id"]) == shown
    config = shop.done("profitsharing_config_query", sub_mchid=shown["sub_mchid"])
    assert config == {"sub_mchid": shown["sub_mchid"], "max_ratio": 3000}


def test_a_complaint_is_read_answered_and_settled(
    shop: Shop, sandbox: tuple[Served, Rest], payer: Person
) -> None:
    today = datetime.now(UTC) + timedelta(hours=8)
    days = dict.fromkeys(("begin_date", "end_date"), f"{today:%Y-%m-%d}")
    mine = days | {"complainted_mchid": shop.settings["mchid"]}
    if shop.do("complaint_list_query", **mine).get("missing"):
        for call in ("detail_query", "history_query", "response", "complete"):
            assert shop.do(f"complaint_{call}")["missing"]
        return
    with merchant(sandbox[0], "Market") as market, Seller(shop.settings) as own:
        mall = Mall(sandbox, market, own)
        mall.apply("c2c")
        mall.decide(mall.owner, "approve")
        sold = mall.sell().json()
        payer.pay(sold["code_url"])
        order = mall.seller.get("/api/v1/orders").json()["data"][0]
        named = {"merchant_id": mall.store_id, "order_id": order["id"]}
        asked = named | {"payer_id": order["payer_id"], "reason": "少了一只"}
        complaint = {"complaint_id": mall.operator.made("/api/v1/disputes", **asked)["id"]}
        [listed] = shop.done("complaint_list_query", **mine)["data"]
        assert (listed["complaint_id"], listed["complaint_state"]) == (
            complaint["complaint_id"], "PENDING",
        )  # fmt: skip
        said = shop.do("complaint_response", **complaint, response_content="马上补发")
        assert said["status"] == 204, said
        shown = shop.done("complaint_detail_query", **complaint)
        assert (shown["complaint_state"], shown["complaint_detail"]) == ("PROCESSING", "少了一只")
        path = f"/api/v1/disputes/{complaint['complaint_id']}/withdraw"
        assert mall.operator.post(f"{path}?merchant_id={mall.store_id}").status_code == 200
        assert shop.do("complaint_complete", **complaint)["status"] == 204
        told = shop.done("complaint_history_query", **complaint)["data"]
        assert told[1]["operate_details"] == "马上补发"
        mall.close()


def test_a_platform_shares_and_refunds_for_its_sub_merchant(
    shop: Shop, sandbox: tuple[Served, Rest], payer: Person
) -> None:
    platform, calls = shop.settings["mchid"], ("share_query", "finish", "refund", "refund_query")
    if shop.do("ecommerce_share").get("missing"):
        for call in calls:
            assert shop.do(f"ecommerce_{call}")["missing"]
        return
    store = sandbox[0].command("sandbox", "merchant", "Sub of platform")["mchid"]
    sandbox[0].command("sandbox", "partner", platform, store)
    number, total = f"E{next(numbers)}", {"total": PRICE, "currency": "CNY"}
    held = {"out_trade_no": number, "settle_info": {"profit_sharing": True}, "amount": total}
    placed = shop.do("partner", call="pay", description="鞋", sub_mchid=store, **held)
    payer.pay(placed["body"]["code_url"])
    asked = {"call": "query", "sub_mchid": store, "out_trade_no": number}
    sold = {
        "sub_mchid": store,
        "transaction_id": shop.done("partner", **asked)["transaction_id"],
    }
    named = sold | {"out_order_no": f"S{number}"}
    part = {"type": "MERCHANT_ID", "receiver_account": platform, "amount": 100,
            "description": "佣金"}  # fmt: skip
    with Seller(shop.settings) as own:
        relation = {"appid": own.appid, "type": "MERCHANT_ID", "account": platform,
                    "relation_type": "PLATFORM"}  # fmt: skip
        added = own.post("/v3/ecommerce/profitsharing/receivers/add", **relation)
        assert added.status_code == 200, added.text
    shared = shop.done("ecommerce_share", **named, receivers=[part], finish=False)
    assert shared["out_order_no"] == named["out_order_no"]
    assert shop.done("ecommerce_share_query", **named)["status"] == "FINISHED"
    rest = sold | {"out_order_no": f"F{number}", "description": "完结"}
    assert shop.done("ecommerce_finish", **rest)["transaction_id"] == sold["transaction_id"]
    back = {"out_refund_no": f"R{number}", "amount": {"refund": BACK, **total}}
    made = shop.done("ecommerce_refund", **sold, **back)
    shown = {"out_refund_no": f"R{number}", "sub_mchid": store}
    assert shop.done("ecommerce_refund_query", **shown)["refund_id"] == made["refund_id"]
