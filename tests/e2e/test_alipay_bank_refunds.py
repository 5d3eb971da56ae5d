"""A refund to a bank, as PyPI python-alipay-sdk sees it: under way, declined, done."""

from typing import Any

import pytest

from changliao.commands.people import Person
from tests.e2e.alipay_sdk_shop import (
    PRECREATE,
    REFUND,
    REFUND_QUERY,
    Sdk,
    Shop,
    opened_shop,
    order,
)
from tests.openapi import number
from tests.phones import new_phone
from tests.served import Rest, Served, later
from tests.waiting import eventually

pytestmark = pytest.mark.xdist_group("alipay-sdks")
SDK = Sdk("python-alipay-sdk", "public-key")
ALSO = ["deposit_back_info", "gmt_refund_pay"]


def takes_net_bank(sandbox: tuple[Served, Rest], merchant_id: str) -> None:
    """Two operators say that the shop takes net bank on PCs."""
    served, operator = sandbox
    made = served.command("sandbox", "operator-key")
    second = Rest(served.base_url, made["operator_key"], made["operator_secret"])
    cells = [{"method": "netbank", "terminal": "pc", "state": "accepted"}]
    drafts = "/api/v1/acceptance/drafts"
    draft = operator.made(drafts, platform_id=merchant_id, cells=cells, reason="bank")
    assert second.post(f"{drafts}/{draft['id']}/approve").status_code == 200
    second.http.close()
    later(operator)


def paid_by_bank(operator: Rest, shop: Shop, merchant_id: str, box_url: str) -> str:
    """The number of a trade that a bank paid."""
    terms = order()
    shop.done(PRECREATE, terms, notify_url=box_url)
    of = f"merchant_id={merchant_id}"
    (placed,) = operator.get(f"/api/v1/orders?{of}&reference={terms['out_trade_no']}").json()[
        "data"
    ]
    payer = operator.made("/api/v1/users", phone=new_phone(), name="张三")["id"]
    tender = operator.made(
        f"/api/v1/users/{payer}/tenders", merchant_id=merchant_id,
        order_id=placed["id"], method="netbank", amount=placed["amount"],
    )  # fmt: skip
    path = f"/api/v1/users/{payer}/tenders/{tender['id']}?{of}"
    assert eventually(lambda: operator.get(path).json()["state"] == "paid")
    return str(terms["out_trade_no"])


def test_a_refund_is_done_when_the_bank_has_it(
    sandbox: tuple[Served, Rest], payer: Person, tmp_path_factory: pytest.TempPathFactory
) -> None:
    operator = sandbox[1]
    with opened_shop(SDK, sandbox, tmp_path_factory.mktemp("shop")) as shop:
        known_as = f"/api/v1/merchants/{shop.settings['merchant']}"
        merchant_id = operator.get(known_as).json()["id"]
        takes_net_bank(sandbox, merchant_id)
        box = shop.mailbox()
        trade = paid_by_bank(operator, shop, merchant_id, box.url)
        bank = "/api/v1/channels/sandbox_bank/faults"
        assert operator.post(bank, kind="refund", fault="refused").status_code == 200
        asked = {"out_trade_no": trade, "out_request_no": number("R"), "refund_amount": "3.00"}
        made = shop.done(REFUND, asked)
        assert (made["fund_change"], made["refund_fee"]) == ("Y", "3.00")
        assert "gmt_refund_pay" not in made
        naming = {name: asked[name] for name in ("out_trade_no", "out_request_no")}

        def known() -> dict[str, Any]:
            return shop.done(REFUND_QUERY, naming | {"query_options": ALSO})

        assert known()["refund_status"] == "REFUND_PROCESSING"
        declined = eventually(
            lambda: (it := known())["deposit_back_info"]["dback_status"] == "F" and it
        )
        assert declined["refund_status"] == "REFUND_PROCESSING"
        assert "gmt_refund_pay" not in declined
        assert shop.done(REFUND, asked)["fund_change"] == "N"

        of = f"merchant_id={merchant_id}"
        (refund,) = operator.get(f"/api/v1/refunds?{of}&state=abnormal").json()["data"]
        repair = f"/api/v1/refunds/{refund['id']}/repair?{of}"
        assert operator.post(repair, goal="card", account="ICBC 6222").status_code == 200
        done = eventually(lambda: (it := known())["refund_status"] == "REFUND_SUCCESS" and it)
        back = done["deposit_back_info"]
        assert (back["dback_status"], back["dback_amount"]) == ("S", "3.00")
        assert back["bank_ack_time"] == done["gmt_refund_pay"]
        assert shop.told(box, 2)["refund_fee"] == "3.00"

        terms = order()
        payer.pay(shop.done(PRECREATE, terms)["qr_code"])
        at_once = {**asked, "out_trade_no": terms["out_trade_no"]}
        assert "gmt_refund_pay" in shop.done(REFUND, at_once)
        naming["out_trade_no"] = str(terms["out_trade_no"])
        assert known()["refund_status"] == "REFUND_SUCCESS"
        assert known()["deposit_back_info"] == {"has_deposit_back": "false"}
