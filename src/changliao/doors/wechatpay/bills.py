"""Bills of a day: asking for one gives its digest and a link for five minutes, then it is fetched.

Source: wechatpay-v3.md §8.9, §13.4 and §2.7. A bill is ready five minutes after its day is over in
Beijing and for three months. It is made from the ledger again for each download (decision 0019).
"""

import datetime
import gzip
import hashlib
import re
from typing import Any, Final
from urllib.parse import urlsplit

from changliao.core.bills import Day, day_of, day_on, is_over
from changliao.core.clock import MINUTE, Instant
from changliao.doors.wechatpay import crypto
from changliao.doors.wechatpay.acting import partner
from changliao.doors.wechatpay.bill_files import TRADE_COLUMNS
from changliao.doors.wechatpay.bill_rows import ACCOUNTS, Wanted, file_of
from changliao.doors.wechatpay.call import Answer, Call, Door, ok, required
from changliao.doors.wechatpay.errors import WechatError, param_error
from changliao.doors.wechatpay.sensitive import key_of
from changliao.operations.downloads import described

PATH: Final = "/v3/billdownload/file"
LINK_LIVES: Final = 5 * MINUTE
KEPT_DAYS: Final = 92
ALGORITHM: Final = "AEAD_AES_256_GCM"
_GZIP: Final = "GZIP"
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
# These hosts are built into SDKs; whoever reaches us under one came by https.
_LIVE_HOSTS: Final = frozenset({"api.mch.weixin.qq.com", "api2.mch.weixin.qq.com"})
_LOOPBACK: Final = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?")


async def trade_bill(door: Door, call: Call) -> Answer:
    """GET /v3/bill/tradebill?bill_date=[&bill_type=][&tar_type=][&sub_mchid=]."""
    kind = _choice(call, "bill_type", tuple(TRADE_COLUMNS), "ALL")
    return await _offer(door, call, f"trade {kind}", await _sub_merchant(door, call))


async def sharing_bill(door: Door, call: Call) -> Answer:
    """GET /v3/profitsharing/bills?bill_date=[&tar_type=][&sub_mchid=]."""
    return await _offer(door, call, "sharing", await _sub_merchant(door, call))


async def fund_flow(door: Door, call: Call) -> Answer:
    """GET /v3/bill/fundflowbill?bill_date=[&account_type=][&tar_type=]."""
    kind = _choice(call, "account_type", tuple(ACCOUNTS), "BASIC")
    return await _offer(door, call, f"flow {kind}", 0)


async def sub_merchant_fund_flow(door: Door, call: Call) -> Answer:
    """GET /v3/bill/sub-merchant-fundflowbill?sub_mchid=&bill_date=&account_type=&algorithm=."""
    required(call.query, "sub_mchid")
    kind = _choice(call, "account_type", tuple(ACCOUNTS))
    _choice(call, "algorithm", (ALGORITHM,))
    return await _offer_sealed(door, call, f"flow {kind}", await _sub_merchant(door, call))


async def platform_fund_flow(door: Door, call: Call) -> Answer:
    """GET /v3/ecommerce/bill/fundflowbill?bill_date=&account_type=&algorithm=[&tar_type=]."""
    kind = _choice(call, "account_type", ("ALL", *ACCOUNTS))
    _choice(call, "algorithm", (ALGORITHM,))
    return await _offer_sealed(door, call, f"platform {kind}", 0)


async def download(door: Door, call: Call) -> Answer:
    """GET /v3/billdownload/file?token=[&tartype=gzip]: the bytes, not signed."""
    network = door.network
    token = required(call.query, "token")
    ticket = network.downloads.read(token)
    wanted = described(ticket, Wanted) if ticket is not None else None
    if ticket is None or wanted is None or network.clock() >= ticket.ends_at:
        raise WechatError(400, "INVALID_REQUEST", "下载链接无效或已过期，请重新申请账单")
    if wanted.caller != call.merchant.id:
        raise WechatError(403, "NO_AUTH", "下载链接属于其他商户")
    content = await _content(door, wanted)
    zipped = wanted.zipped or call.query.get("tartype", "").upper() == _GZIP
    kind = "application/x-gzip" if zipped else "text/plain"
    if zipped:
        content = await network.in_thread(lambda: gzip.compress(content, mtime=0))
    if wanted.sealed:
        lock = network.downloads.lock(token)
        content, kind = crypto.seal_file(lock.key, lock.nonce, content), "application/octet-stream"
    return Answer(200, content, kind, signed=False)


def base(door: Door, call: Call) -> str:
    """SDKs strip the address they were given from a link, so it must begin with what they use."""
    if call.host in _LIVE_HOSTS:
        return f"https://{call.host}"
    if _LOOPBACK.fullmatch(call.host):
        return f"{urlsplit(door.public_url).scheme}://{call.host}"
    return door.public_url


async def _offer(door: Door, call: Call, kind: str, merchant_id: int) -> Answer:
    """The digest of a bill and where it can be had."""
    wanted = _wanted(door, call, kind, merchant_id)
    return ok(_link(door, call, wanted, await _content(door, wanted)))


async def _offer_sealed(door: Door, call: Call, kind: str, merchant_id: int) -> Answer:
    """The same for a bill that is handed over encrypted, as a list of one."""
    wanted = _wanted(door, call, kind, merchant_id, sealed=True)
    key = await key_of(door, call.merchant)
    link = _link(door, call, wanted, await _content(door, wanted))
    lock = door.network.downloads.lock(link["download_url"].partition("token=")[2].split("&")[0])
    sealed = {
        "bill_sequence": 1,
        **link,
        "encrypt_key": crypto.encrypt_for(key.material, lock.key.encode()),
        "nonce": lock.nonce,
    }
    return ok({"download_bill_count": 1, "download_bill_list": [sealed]})


async def _content(door: Door, wanted: Wanted) -> bytes:
    content = await door.network.report(file_of, wanted, door.network.openids)
    if content is None:
        raise WechatError(400, "NO_STATEMENT_EXIST", "账单文件不存在：当日没有交易")
    return content


def _wanted(door: Door, call: Call, kind: str, merchant_id: int, *, sealed: bool = False) -> Wanted:
    zipped = _choice(call, "tar_type", ("", _GZIP), "") == _GZIP
    day = _day(required(call.query, "bill_date"), door.network.clock())
    return Wanted(call.merchant.id, merchant_id, kind, day, zipped, sealed)


def _link(door: Door, call: Call, wanted: Wanted, content: bytes) -> dict[str, Any]:
    token = door.network.downloads.make(wanted, Instant(door.network.clock() + LINK_LIVES))
    end = "&tartype=gzip" if wanted.zipped else ""
    return {
        "hash_type": "SHA1",
        "hash_value": hashlib.sha1(content, usedforsecurity=False).hexdigest(),
        "download_url": f"{base(door, call)}{PATH}?token={token}{end}",
    }


async def _sub_merchant(door: Door, call: Call) -> int:
    """The sub-merchant that a provider names; 0 when it names none."""
    number = call.query.get("sub_mchid", "")
    if not number or number == call.merchant.number:
        return 0
    return (await partner(door, call, call.merchant.number, number)).merchant.id


def _choice(call: Call, name: str, choices: tuple[str, ...], default: str | None = None) -> str:
    """One of a few words in the query. Raises WechatError 400."""
    value = call.query.get(name) or default
    if value is None:
        raise param_error(name, "is required", "query")
    if value not in choices:
        raise param_error(name, f"must be one of {', '.join(filter(None, choices))}", "query")
    return value


def read_day(text: str, name: str) -> Day:
    """A day in the query. Raises WechatError 400."""
    try:
        date = datetime.date.fromisoformat(text if _DATE.fullmatch(text) else "")
    except ValueError as error:
        raise param_error(name, "must be a date like 2026-11-24", "query") from error
    return day_on(date)


def _day(text: str, now: Instant) -> Day:
    """A past day of the last three months. Raises WechatError 400."""
    day, today = read_day(text, "bill_date"), day_of(now)
    if day >= today:
        raise WechatError(400, "INVALID_REQUEST", "账单日期必须早于今天（北京时间）")
    if day < today - KEPT_DAYS:
        raise WechatError(400, "INVALID_REQUEST", "只提供最近三个月的账单")
    if not is_over(day, now):
        raise WechatError(400, "STATEMENT_CREATING", "账单生成中，请稍后再试")
    return day
