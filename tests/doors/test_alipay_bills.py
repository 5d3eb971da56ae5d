"""Bills of the Alipay door: the address, the archive as merchants read it, and every no."""

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from changliao.core.bills import Day, day_of
from changliao.core.clock import from_rfc3339
from changliao.core.orders import Order
from changliao.core.refunds import Refund
from changliao.doors.alipay.archives import archive
from changliao.doors.alipay.bills import Wanted, file_of
from changliao.doors.alipay.refunds import kept_number
from tests import yesterday
from tests.openapi import OpenApp, open_app
from tests.served import Rest, Served
from tests.world import World

Sandbox = tuple[Served, Rest]
QUERY = "alipay.data.dataservice.bill.downloadurl.query"
LINE = "-" * 40


@pytest.fixture(scope="module")
def store(sandbox: Sandbox) -> Iterator[OpenApp]:
    """A merchant of long ago who sold yesterday: ¥10.00 of which ¥3.00 went back, and ¥2.50."""
    with open_app(sandbox[0], "Bills") as made:
        yield made


@pytest.fixture(scope="module")
def sold(sandbox: Sandbox, store: OpenApp) -> tuple[Order, Order, Refund]:
    with yesterday.past(sandbox[0], yesterday.merchant_number(sandbox[0], store.pid)) as world:
        first = yesterday.sell(world, store.app_id, 1_000, "鞋,😀", door="alipay")
        second = yesterday.sell(world, store.app_id, 250)
        kept = kept_number(first.reference, "F1")
        return first, second, yesterday.send_back(world, first, 300, reference=kept)


def files(answer: httpx.Response) -> dict[str, list[str]]:
    """The lines of each file by its name, as a reader on a Chinese machine finds them."""
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as opened:
        assert all(not entry.flag_bits for entry in opened.infolist())
        return {
            name.encode("cp437").decode("gbk"): opened.read(name).decode("gbk").split("\r\n")
            for name in opened.namelist()
        }


def fetched(address: str) -> httpx.Response:
    return httpx.get(address, trust_env=False, verify=False, timeout=30)


def bill(store: OpenApp, **changes: Any) -> dict[str, list[str]]:
    asked = {"bill_type": "trade", "bill_date": yesterday.date()} | changes
    return files(fetched(store.done(QUERY, asked)["bill_download_url"]))


def test_a_trade_bill_is_an_archive_of_rows_and_a_summary(
    store: OpenApp, sold: tuple[Order, Order, Refund]
) -> None:
    first, second, _ = sold
    stamp = yesterday.date().replace("-", "")
    found = bill(store)
    name = f"{store.pid}0156_{stamp}"
    assert list(found) == [f"{name}_业务明细.csv", f"{name}_业务明细(汇总).csv"]
    lines = found[f"{name}_业务明细.csv"]
    assert lines[:2] == ["#支付宝业务明细查询", f"#账号：[{store.pid}0156]"]
    assert lines[3] == f"#-{LINE}业务明细列表{LINE}"
    assert lines[-5] == f"#-{LINE}业务明细列表结束{LINE[4:]}"
    assert lines[-4] == "#交易合计：2笔，商家实收共12.50元，商家优惠共0.00元"
    assert lines[-3] == "#退款合计：1笔，商家实收退款共-3.00元，商家优惠退款共0.00元"
    assert re.fullmatch(r"#导出时间：\[\d{4}年\d\d月\d\d日 \d\d:\d\d:\d\d\]", lines[-2])
    rows = [line.split(",") for line in lines[5:-5]]
    assert {len(row) for row in (lines[4].split(","), *rows)} == {25}
    assert sorted((row[1], row[2], row[11], row[21], row[22]) for row in rows) == sorted(
        [
            (f"{first.reference}\t", "交易\t", "10.00", "\t", "-0.06"),
            (f"{second.reference}\t", "交易\t", "2.50", "\t", "-0.02"),
            (f"{first.reference}\t", "退款\t", "-3.00", "F1\t", "0.01"),
        ]
    )
    assert {row[3] for row in rows} == {"鞋，?", "越野跑鞋"}
    summary = found[f"{name}_业务明细(汇总).csv"]
    assert summary[5:8] == [
        "\t,\t,1,0,2.50,2.50,0.00,0.00,0.00,-0.02,0.00,2.48",
        "S1\t,\t,1,1,7.00,7.00,0.00,0.00,0.00,-0.05,0.00,6.95",
        "合计,,2,1,9.50,9.50,0.00,0.00,0.00,-0.07,0.00,9.43",
    ]


def test_a_ledger_runs_to_the_balance(store: OpenApp, sold: tuple[Order, Order, Refund]) -> None:
    ((name, lines),) = bill(store, bill_type="signcustomer").items()
    assert name.endswith("_账务明细.csv")
    rows = [line.split(",") for line in lines[5:-5]]
    assert {len(row) for row in (lines[4].split(","), *rows)} == {12}
    assert rows[0][6:9] == ["", "-3.00", "9.43"]
    assert rows[-1][6:9] == ["10.00", "", "10.00"]
    assert lines[-4] == "#支出合计：3笔，共-3.08元"
    assert lines[-3] == "#收入合计：3笔，共12.51元"


def test_the_address_has_the_names_that_merchants_take_apart(
    store: OpenApp, sold: tuple[Order, Order, Refund]
) -> None:
    asked = {"bill_type": "signcustomer", "bill_date": yesterday.date()}
    answer = store.done(QUERY, asked)
    assert "bill_file_code" not in answer
    query = parse_qs(urlsplit(answer["bill_download_url"]).query)
    stamp = yesterday.date().replace("-", "")
    assert query["downloadFileName"] == [f"{store.pid}0156_{stamp}.csv.zip"]
    assert (query["bizType"], query["userId"]) == (["fnd"], [f"{store.pid}0156"])
    assert len(query["token"][0]) == 32
    kinds = f"?bill_type=trade&bill_date={yesterday.date()}"
    by_rest = store.rest("GET", f"/v3/alipay/data/dataservice/bill/downloadurl/query{kinds}")
    assert by_rest.status_code == 200, by_rest.text
    assert files(fetched(by_rest.json()["bill_download_url"]))


def test_an_address_that_was_changed_opens_nothing(
    store: OpenApp, sold: tuple[Order, Order, Refund]
) -> None:
    asked = {"bill_type": "trade", "bill_date": yesterday.date()}
    address = store.done(QUERY, asked)["bill_download_url"]
    assert fetched(address).status_code == fetched(address).status_code == 200
    other = store.done(QUERY, asked | {"bill_type": "signcustomer"})["bill_download_url"]
    first, second = (parse_qs(urlsplit(one).query) for one in (address, other))
    mixed = address.replace(first["fileId"][0], second["fileId"][0])
    for wrong in (address[:-1] + ("0" if address[-1] != "0" else "1"), mixed, address[:-40]):
        assert fetched(wrong).status_code == 403, wrong
    accented = address.replace(first["token"][0], "%C3%A9")
    assert fetched(accented).status_code == 403


def test_a_day_before_the_merchant_came_is_refused(sandbox: Sandbox) -> None:
    with open_app(sandbox[0], "Idle") as idle:
        early = {"bill_type": "trade", "bill_date": yesterday.date()}
        assert idle.refused(QUERY, early) == "BILL_DATE_BEFORE_REGISTRATION"


def test_a_day_without_rows_is_a_file_all_the_same(tmp_path: Path) -> None:
    world = World(str(tmp_path / "test.db"))
    day = Day(day_of(world.now) - 1)
    for kind, count in (("trade", 2), ("signcustomer", 1)):
        wanted = Wanted(world.merchant, "20880156", kind, day, day, "20261123")
        with world.engine.reader() as reader:
            made = file_of(reader, wanted, world.now)
        assert made.empty
        with zipfile.ZipFile(io.BytesIO(made.content)) as opened:
            assert len(opened.namelist()) == count
    world.close()


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"bill_date": None}, "BILL_NOT_EXIST"),
        ({"bill_date": yesterday.date(-400)[:7]}, "BILL_NOT_EXIST"),
        ({"bill_date": "2022-01-01"}, "BILL_DATE_BEFORE_REGISTRATION"),
        ({"bill_date": "2019-01"}, "BILL_NOT_EXIST"),
        ({"bill_date": "2026-02-30"}, "INVAILID_ARGUMENTS"),
        ({"bill_date": "20261124"}, "INVAILID_ARGUMENTS"),
        ({"bill_date": "0000-01"}, "INVAILID_ARGUMENTS"),
        ({"bill_type": "settlementMerge"}, "TYPE_NOT_SUPPORTED"),
        ({"smid": "2088000000000000"}, "TYPE_NOT_SUPPORTED"),
    ],
)
def test_a_bill_that_cannot_be_is_refused(store: OpenApp, asked: dict[str, Any], code: str) -> None:
    """None is the day that is not over."""
    fields = {"bill_type": "trade", "bill_date": yesterday.date()} | asked
    fields["bill_date"] = fields["bill_date"] or yesterday.date(0)
    assert store.refused(QUERY, fields) == code


def test_an_archive_is_a_zip_file_with_names_in_gbk() -> None:
    made = archive(
        [("账.csv", b"one" * 100), ("二.csv", b"")], from_rfc3339("2026-11-24T10:11:12Z")
    )
    with zipfile.ZipFile(io.BytesIO(made)) as opened:
        assert opened.testzip() is None
        first, second = opened.infolist()
        assert first.filename.encode("cp437") == "账.csv".encode("gbk")
        assert first.date_time == (2026, 11, 24, 18, 11, 12)
        assert (opened.read(first), opened.read(second)) == (b"one" * 100, b"")
    local = made[: made.index(b"PK\1\2")]
    assert local[14:26] != bytes(12), "sizes are in the local header"
    assert archive([], from_rfc3339("2026-11-24T10:11:12Z")).startswith(b"PK\5\6")
