"""Amounts, times and names as this protocol writes them.

Units: yuan with two decimals on the wire, fen inside; Beijing time without an offset.
Source: alipay-openapi.md §2.4 and §6.
"""

import re
from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import Final

from changliao.core import clock
from changliao.core.clock import BEIJING, DAY, HOUR, MINUTE, Instant
from changliao.core.ids import OrderId, made_at
from changliao.doors.alipay.errors import AlipayError, bad_content, business

LARGEST: Final = 10_000_000_000
LONGEST: Final = 15 * DAY
_AMOUNT: Final = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,2}))?", re.ASCII)
_EXPRESS: Final = re.compile(r"([1-9][0-9]{0,5})([mhd])", re.ASCII)
_UNITS: Final = {"m": MINUTE, "h": HOUR, "d": DAY}
_TIME: Final = "%Y-%m-%d %H:%M:%S"
_MOMENT: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d)(?::(\d\d))?", re.ASCII)
# A busy door is told the same few seconds over and over.
_SECONDS_KEPT: Final = 4_096
_TRADE_DIGITS: Final = 28
_DATE_DIGITS: Final = 8
# Tills that tell networks apart by a code's beginning know the second one for it.
_PAY_CODE: Final = re.compile(r"(?:13|28)([0-9]{16})", re.ASCII)
_OWN_BEGINNING: Final = "13"


def fen(text: str, name: str) -> int:
    """An amount of at least 0.01. Raises AlipayError 40004."""
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise bad_content(f"{name} 必须是最多两位小数的金额")
    amount = int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))
    if amount <= 0:
        raise bad_content(f"{name} 必须大于0")
    if amount > LARGEST and name != "total_amount":
        raise bad_content(f"{name} 不能超过 100000000.00")
    if amount > LARGEST:
        raise business("ACQ.TOTAL_FEE_EXCEED", f"{name} 不能超过 100000000.00")
    return amount


def yuan(amount: int) -> str:
    """Two decimals."""
    return f"{amount // 100}.{amount % 100:02d}"


def moment(instant: Instant) -> str:
    """2026-11-24 10:34:56; nothing for what has not happened."""
    if instant == clock.NEVER:
        return ""
    return clock.to_datetime(instant, BEIJING).strftime(_TIME)


def moment_ms(instant: Instant) -> str:
    """2026-11-24 10:34:56.123."""
    milliseconds = instant // clock.MILLISECOND % 1000
    return f"{moment(instant)}.{milliseconds:03d}"


@lru_cache(_SECONDS_KEPT)
def read_moment(text: str) -> Instant:
    """Seconds may be left out. Raises ValueError."""
    match = _MOMENT.fullmatch(text)
    if match is None:
        raise ValueError(text)
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
    read = datetime(year, month, day, hour, minute, second, tzinfo=BEIJING)
    return clock.from_datetime(read)


def expires_at(time_expire: str, express: str, default: int, now: Instant) -> Instant:
    """When an order ends: an absolute time wins over a length. Raises AlipayError 40004."""
    if time_expire:
        return _absolute(time_expire, now)
    if not express:
        return Instant(now + default)
    if express == "1c":
        today = clock.to_datetime(now, BEIJING).date() + timedelta(days=1)
        return clock.from_datetime(datetime.combine(today, time(), BEIJING))
    length = _length(express)
    if length is None:
        raise bad_content("timeout_express 必须是 1m 到 15d")
    return Instant(now + length)


def express_length(express: str, name: str, default: int) -> int:
    """A length such as `90m`. Raises AlipayError 40004."""
    length = _length(express) if express else default
    if length is None:
        raise bad_content(f"{name} 必须是 1m 到 15d")
    return length


def trade_no(order_id: OrderId) -> str:
    """28 digits that begin with the day the order was made."""
    day = clock.to_datetime(made_at(order_id), BEIJING).strftime("%Y%m%d")
    return f"{day}{order_id:0{_TRADE_DIGITS - _DATE_DIGITS}d}"


def order_id_of(number: str) -> OrderId | None:
    """The order behind a trade number; None when it is not one of ours."""
    if len(number) != _TRADE_DIGITS or not number.isascii() or not number.isdigit():
        return None
    order_id = int(number[_DATE_DIGITS:])
    if order_id >= 1 << 63 or trade_no(OrderId(order_id)) != number:
        return None
    return OrderId(order_id)


def pay_code(text: str) -> int:
    """The number of a pay code as a till read it; 0 when it is none of ours."""
    match = _PAY_CODE.fullmatch(text)
    return int(_OWN_BEGINNING + match[1]) if match else 0


def masked(phone: str) -> str:
    """A payer's login name as merchants may see it."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) > 7 else f"{phone[:1]}****"


def _absolute(text: str, now: Instant) -> Instant:
    try:
        asked = read_moment(text)
    except (ValueError, OverflowError) as error:
        raise bad_content("time_expire 必须是 yyyy-MM-dd HH:mm:ss") from error
    if asked <= now:
        raise _too_late()
    return Instant(min(asked, now + LONGEST))


def _length(express: str) -> int | None:
    match = _EXPRESS.fullmatch(express)
    if match is None:
        return None
    length = int(match[1]) * _UNITS[match[2]]
    return length if length <= LONGEST else None


def _too_late() -> AlipayError:
    return business("ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR", "超时时间早于当前时间")
