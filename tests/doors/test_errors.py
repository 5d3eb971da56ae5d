"""Every door has words for every reason, and nothing else knows a status."""

import re
from pathlib import Path

import pytest

import changliao
from changliao.core.outcome import Reason, Refused
from changliao.doors.alipay import errors as alipay
from changliao.doors.rest import errors as rest
from changliao.doors.wechatpay import errors as wechatpay

SOURCE = Path(changliao.__file__ or "").parent


def test_every_reason_has_words_at_every_door() -> None:
    assert set(alipay.REASONS) == set(Reason)
    assert set(wechatpay.REASONS) == set(Reason)
    assert set(rest.STATUSES) == set(Reason)


@pytest.mark.parametrize("reason", Reason)
def test_a_refusal_never_looks_like_a_success_or_a_fault(reason: Reason) -> None:
    words = wechatpay.REASONS[reason]
    assert 400 <= words.status < 500 or reason is Reason.UNAVAILABLE
    assert re.fullmatch("[A-Z_]+", words.code)
    said = alipay.REASONS[reason]
    assert said.code in alipay.MESSAGES
    assert said.code != "10000"
    assert re.fullmatch(r"(ACQ\.)?[A-Z_]+|(isv|isp|aop)\.[a-z-]+", said.sub_code)
    assert 400 <= rest.STATUSES[reason] < 500 or reason is Reason.UNAVAILABLE
    assert reason.value.encode() in rest.refusal(Refused(reason)).body("req_1")


def test_only_what_may_be_sent_again_says_so() -> None:
    """SDKs repeat on 429 and 5xx: those must mean that nothing was done."""
    again = {reason for reason, words in wechatpay.REASONS.items() if words.status in (429, 503)}
    assert again == {Reason.BUSY, Reason.UNAVAILABLE}
    unknown = {reason for reason, words in alipay.REASONS.items() if words.code == "20000"}
    assert unknown == {Reason.UNAVAILABLE}


def test_every_reason_is_given_somewhere() -> None:
    texts = "".join(
        path.read_text("utf-8")
        for folder in ("core", "operations", "doors")
        for path in (SOURCE / folder).rglob("*.py")
        if path.name not in ("outcome.py", "errors.py")
    )
    assert [reason.name for reason in Reason if f"Reason.{reason.name}" not in texts] == []
