"""The sandbox inside a test run, as a merchant's developer uses it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from changliao.testing import Merchant, Sandbox
from tests.served import Shop

PLACE_AND_BACK = """
import time


def test_a_sale_and_its_refund(changliao_merchant):
    began = time.perf_counter()
    order = changliao_merchant.order(amount=268_00)
    assert changliao_merchant.pay(order)["state"] == "paid"
    changliao_merchant.refund(order, 100_00)
    paid, refunded = changliao_merchant.notifications(2)
    assert {paid.fields["type"], refunded.fields["type"]} == {"order.paid", "refund.finished"}
    assert changliao_merchant.find(order["reference"])["refunded"] == 100_00
    print(f"order, payment, refund and both notifications: {time.perf_counter() - began:.3f} s")
"""


@pytest.fixture(scope="module")
def running(changliao_sandbox: Sandbox) -> Sandbox:
    return changliao_sandbox


def test_a_strangers_test_uses_the_fixture_and_prints_what_it_took(tmp_path: Path) -> None:
    (tmp_path / "test_shop.py").write_text(PLACE_AND_BACK, "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-s", "--durations=3", "-p", "no:cacheprovider"],
        cwd=tmp_path, capture_output=True, text=True, check=False, env=os.environ,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "both notifications" in done.stdout
    print(done.stdout)


def test_a_wechat_order_is_paid_told_and_opened(changliao_merchant: Merchant) -> None:
    with Shop(changliao_merchant.settings) as shop:
        number, placed = shop.place(notify_url=changliao_merchant.notify_url)
        assert changliao_merchant.pay(placed["code_url"])["outcome"] == "done"
    [told] = changliao_merchant.notifications()
    opened = changliao_merchant.opened(told)
    assert (opened["out_trade_no"], opened["trade_state"]) == (number, "SUCCESS")


def test_merchants_are_apart(running: Sandbox) -> None:
    one, other = running.merchant("One"), running.merchant("Other")
    order = one.order()
    assert one.settings["mchid"] != other.settings["mchid"]
    assert one.settings["rest_secret"] != other.settings["rest_secret"]
    with pytest.raises(LookupError):
        other.pay(order["reference"])
    assert one.pay(order["reference"], "wrong-pin")["outcome"] == "credential_wrong"
    assert one.pay(order["reference"])["outcome"] == "done"
    with pytest.raises(TimeoutError):
        other.notifications(1, 0.05)
    with pytest.raises(AssertionError, match="refund_exceeds_payment"):
        one.refund(order, 101)
    one.close()
    other.close()


def test_known_numbers_and_keys_are_kept(running: Sandbox) -> None:
    made = running.merchant("Known", number="1900009191", api_key="k" * 32)
    assert (made.settings["mchid"], made.settings["api_v3_key"]) == ("1900009191", "k" * 32)
    made.close()


def test_nothing_is_left_behind() -> None:
    one = Sandbox().start()
    folder = Path(one._folder.name)
    assert folder.exists()
    one.close()
    assert not folder.exists()
