"""Bills of the WeChat Pay door: what is asked for, what is handed out, and every no."""

import base64
import gzip
import hashlib
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from changliao.core.clock import DAY, Instant
from changliao.core.orders import Order
from changliao.core.refunds import Refund
from changliao.doors.wechatpay.bills import KEPT_DAYS, LINK_LIVES
from changliao.operations.downloads import Downloads, described
from changliao.operations.vault import Vault
from tests import yesterday
from tests.served import Rest, Served, Shop, merchant

Sandbox = tuple[Served, Rest]
TRADE, FLOW = "/v3/bill/tradebill", "/v3/bill/fundflowbill"
SEALED = "/v3/bill/sub-merchant-fundflowbill"
PLATFORM = "/v3/ecommerce/bill/fundflowbill"


@pytest.fixture(scope="module")
def seller(sandbox: Sandbox) -> Iterator[Shop]:
    """A merchant who sold yesterday: ¥10.00 of which ¥3.00 went back, and ¥2.50."""
    with merchant(sandbox[0], "Seller") as shop:
        yield shop


@pytest.fixture(scope="module")
def sold(sandbox: Sandbox, seller: Shop) -> tuple[Order, Order, Refund]:
    with yesterday.past(sandbox[0], seller.mchid) as world:
        first = yesterday.sell(world, seller.appid, 1_000)
        world.now = Instant(world.now + 60_000_000)
        second = yesterday.sell(world, seller.appid, 250, "袜子,三双\n白")
        world.now = Instant(world.now + 60_000_000)
        return first, second, yesterday.send_back(world, first, 300)


@pytest.fixture(scope="module")
def provider(sandbox: Sandbox, seller: Shop) -> Iterator[Shop]:
    """A service provider of the seller's."""
    with merchant(sandbox[0], "Provider of bills") as shop:
        sandbox[1].made("/api/v1/partnerships", provider=shop.mchid, merchant=seller.mchid)
        yield shop


def asked(shop: Shop, path: str, **query: str) -> httpx.Response:
    query = {"bill_date": yesterday.date()} | query
    pairs = "&".join(f"{name}={value}" for name, value in query.items() if value)
    return shop.get(f"{path}?{pairs}")


def offered(shop: Shop, path: str, **query: str) -> Any:
    answer = asked(shop, path, **query)
    assert answer.status_code == 200, answer.text
    assert shop.verifies(answer)
    return answer.json()


def fetched(shop: Shop, offer: Any) -> httpx.Response:
    base = shop.fields["base_url"]
    assert offer["download_url"].startswith(f"{base}/v3/billdownload/file?token=")
    answer = shop.get(offer["download_url"].removeprefix(base))
    assert answer.status_code == 200, answer.text
    assert "Wechatpay-Signature" not in answer.headers
    return answer


def bill(shop: Shop, path: str, **query: str) -> str:
    """The text of a bill without its mark, its digest checked."""
    offer = offered(shop, path, **query)
    content = fetched(shop, offer).content
    assert offer["hash_type"] == "SHA1"
    assert hashlib.sha1(content, usedforsecurity=False).hexdigest() == offer["hash_value"]
    assert content.startswith(b"\xef\xbb\xbf")
    return content[3:].decode()


def refused(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text
    assert "Wechatpay-Signature" not in answer.headers


def test_a_trade_bill_has_every_payment_and_refund_of_the_day(
    seller: Shop, sold: tuple[Order, Order, Refund]
) -> None:
    first, second, refund = sold
    lines = bill(seller, TRADE, bill_type="ALL").split("\r\n")
    assert len(lines) == 7
    assert lines[0].startswith("交易时间,公众账号ID,商户号,")
    assert lines[-1] == ""
    assert lines[-2] == "`3,`12.50,`3.00,`0.00,`0.07000,`12.50,`3.00"
    rows = [line[1:].split(",`") for line in lines[1:4]]
    assert [row[6] for row in rows] == [first.reference, second.reference, first.reference]
    assert [row[9] for row in rows] == ["REFUND", "SUCCESS", "SUCCESS"]
    assert [row[15] for row in rows] == [refund.reference, "0", "0"]
    assert [row[20] for row in rows] == ["越野跑鞋", "袜子\\ 三双\\n白", "越野跑鞋"]
    assert rows[0][2:5] == [seller.mchid, "0", "POS1"]
    assert rows[2][0].startswith(f"{yesterday.date()} 1")


def test_bills_of_one_kind_have_their_columns_and_rows(
    seller: Shop, sold: tuple[Order, Order, Refund]
) -> None:
    for kind, columns, rows in (("ALL", 27, 3), ("SUCCESS", 20, 2), ("REFUND", 29, 1)):
        lines = bill(seller, TRADE, bill_type=kind).split("\r\n")
        assert {len(line.split(",")) for line in lines[: rows + 1]} == {columns}
        assert lines[-2].split(",")[0] == f"`{rows}"


def test_a_fund_flow_bill_runs_to_the_balance(
    seller: Shop, sold: tuple[Order, Order, Refund]
) -> None:
    lines = bill(seller, FLOW).split("\r\n")
    rows = [line[1:].split(",`") for line in lines[1:-3]]
    assert [row[3:8] for row in rows][-2:] == [
        ["交易", "扣除交易手续费", "支出", "0.06", "9.94"],
        ["交易", "交易", "收入", "10.00", "10.00"],
    ]
    assert rows[0][3:8] == ["退款", "退款", "支出", "3.00", "9.43"]
    assert rows[0][9] == "退款总金额3.00元;含手续费0.01元"
    assert rows[0][10] == sold[2].reference
    assert lines[-2] == "`6,`3,`12.51,`3,`3.08"


def test_a_zipped_bill_is_a_gzip_file_of_the_same_bytes(
    seller: Shop, sold: tuple[Order, Order, Refund]
) -> None:
    plain, zipped = offered(seller, TRADE), offered(seller, TRADE, tar_type="GZIP")
    assert plain["hash_value"] == zipped["hash_value"]
    answer = fetched(seller, zipped)
    assert answer.headers["Content-Type"] == "application/x-gzip"
    assert "Content-Encoding" not in answer.headers
    assert gzip.decompress(answer.content) == fetched(seller, plain).content
    assert fetched(seller, plain).headers["Content-Type"] == "text/plain"
    later = {"download_url": plain["download_url"] + "&tartype=gzip"}
    assert fetched(seller, later).content == answer.content


def test_a_provider_gets_what_it_placed_and_the_flow_of_its_sub_merchants_sealed(
    sandbox: Sandbox, seller: Shop, provider: Shop, sold: tuple[Order, Order, Refund]
) -> None:
    refused(asked(provider, TRADE, sub_mchid=seller.mchid), 400, "NO_STATEMENT_EXIST")
    refused(asked(provider, TRADE), 400, "NO_STATEMENT_EXIST")
    query = {"account_type": "BASIC", "algorithm": "AEAD_AES_256_GCM"}
    for path, more, columns in (
        (SEALED, {"sub_mchid": seller.mchid}, 11),
        (SEALED, {"sub_mchid": seller.mchid, "tar_type": "GZIP"}, 11),
        (PLATFORM, {"account_type": "ALL"}, 12),
    ):
        offer = offered(provider, path, **(query | more))
        assert offer["download_bill_count"] == 1
        (one,) = offer["download_bill_list"]
        sealed = base64.b64decode(one["encrypt_key"])
        sha1 = hashes.SHA1()
        key = provider.private_key.decrypt(sealed, OAEP(MGF1(sha1), sha1, None))
        content = fetched(provider, one).content
        content = AESGCM(key).decrypt(one["nonce"].encode(), content, None)
        content = gzip.decompress(content) if "tar_type" in more else content
        digest = hashlib.sha1(content, usedforsecurity=False).hexdigest()
        assert digest == one["hash_value"]
        assert len(content.decode().split("\r\n")[0].split(",")) == columns


def test_a_link_belongs_to_who_asked_and_to_nobody_else(
    seller: Shop, provider: Shop, sold: tuple[Order, Order, Refund]
) -> None:
    base = seller.fields["base_url"]
    target = offered(seller, TRADE)["download_url"].removeprefix(base)
    refused(provider.get(target), 403, "NO_AUTH")
    refused(seller.get(target[:-1] + ("A" if target[-1] != "A" else "E")), 400, "INVALID_REQUEST")
    refused(seller.get("/v3/billdownload/file?token=x"), 400, "INVALID_REQUEST")
    refused(seller.get("/v3/billdownload/file?token=" + "A" * 600), 400, "INVALID_REQUEST")
    refused(seller.get("/v3/billdownload/file"), 400, "PARAM_ERROR")
    unsigned = httpx.get(base + target, trust_env=False, verify=False, timeout=30)
    refused(unsigned, 401, "SIGN_ERROR")
    assert seller.get(target).status_code == 200


def test_a_link_begins_with_the_address_that_was_used(
    seller: Shop, sold: tuple[Order, Order, Refund]
) -> None:
    target = f"{TRADE}?bill_date={yesterday.date()}"
    for host, base in (
        ("api.mch.weixin.qq.com", "https://api.mch.weixin.qq.com"),
        ("localhost:9999", "http://localhost:9999"),
        ("evil.example", seller.fields["base_url"]),
    ):
        request = seller.signed("GET", target)
        request.headers["Host"] = host
        answer = seller.http.send(request).json()
        assert answer["download_url"].startswith(f"{base}/v3/billdownload/file?token=")


@pytest.mark.parametrize(
    ("path", "query", "code"),
    [
        (TRADE, {"bill_date": 0}, "INVALID_REQUEST"),
        (TRADE, {"bill_date": -1}, "INVALID_REQUEST"),
        (TRADE, {"bill_date": KEPT_DAYS + 1}, "INVALID_REQUEST"),
        (TRADE, {"bill_date": KEPT_DAYS}, "NO_STATEMENT_EXIST"),
        (TRADE, {"bill_date": 2}, "NO_STATEMENT_EXIST"),
        (TRADE, {"bill_date": "2026-02-30"}, "PARAM_ERROR"),
        (TRADE, {"bill_date": "20261124"}, "PARAM_ERROR"),
        (TRADE, {"bill_date": "", "bill_type": "ALL"}, "PARAM_ERROR"),
        (TRADE, {"bill_type": "RECHARGE"}, "PARAM_ERROR"),
        (TRADE, {"tar_type": "ZIP"}, "PARAM_ERROR"),
        (FLOW, {"account_type": "ALL"}, "PARAM_ERROR"),
        (FLOW, {"account_type": "FEES"}, "NO_STATEMENT_EXIST"),
        (FLOW, {"account_type": "OPERATION"}, "NO_STATEMENT_EXIST"),
        (SEALED, {"account_type": "BASIC", "algorithm": "AEAD_AES_256_GCM"}, "PARAM_ERROR"),
        (PLATFORM, {"account_type": "ALL"}, "PARAM_ERROR"),
        (PLATFORM, {"account_type": "ALL", "algorithm": "SM4_GCM"}, "PARAM_ERROR"),
        (
            PLATFORM,
            {"account_type": "ALL", "algorithm": "AEAD_AES_256_GCM"},
            "NO_STATEMENT_EXIST",
        ),
    ],
)
def test_a_bill_that_cannot_be_is_refused_in_the_protocols_words(
    seller: Shop, sold: tuple[Order, Order, Refund], path: str, query: dict[str, Any], code: str
) -> None:
    """A number is a date so many days ago."""
    days = query.get("bill_date")
    dated = {"bill_date": yesterday.date(days)} if isinstance(days, int) else {}
    refused(asked(seller, path, **(query | dated)), 400, code)


def test_a_bill_of_somebody_elses_sub_merchant_is_refused(seller: Shop, shop: Shop) -> None:
    refused(asked(seller, TRADE, sub_mchid=shop.mchid), 403, "NO_AUTH")
    query = {"account_type": "BASIC", "algorithm": "AEAD_AES_256_GCM", "sub_mchid": "1900000000"}
    refused(asked(seller, SEALED, **query), 403, "NO_AUTH")


def test_a_token_is_read_whole_or_not_at_all() -> None:
    downloads, other = Downloads(Vault(bytes(32))), Downloads(Vault(bytes([1]) * 32))
    ends_at = Instant(20_000 * DAY + LINK_LIVES)
    token = downloads.make(["a", 1], ends_at)
    ticket = downloads.read(token)
    assert ticket is not None
    assert (ticket.ends_at, described(ticket, list[str | int])) == (ends_at, ["a", 1])
    assert described(ticket, dict[str, str]) is None
    assert other.read(token) is None
    assert downloads.lock(token) != other.lock(token)
    for place in range(len(token)):
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        read = downloads.read(changed)
        # The last character carries bits that belong to no byte.
        assert read is None or place == len(token) - 1
    for wrong in ("", "A", "AAAA", "💰", token + "A", token[:-2]):
        assert downloads.read(wrong) is None
