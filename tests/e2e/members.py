"""Members with browsers of their own, for the pages of the console and the portal.

The second factor is computed here from its document (RFC 6238), not with the product's own code.
"""

import hashlib
import hmac
import itertools
import re
import struct
import time
from base64 import b32decode
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, Page

from tests.e2e.site import Site, open_page
from tests.served import command

_NAMES = itertools.count(1)


class Member(NamedTuple):
    """What only the member knows."""

    id: str
    name: str
    password: str
    secret: str


def member(site: Site, role: str, merchant: str = "") -> Member:
    """Somebody new, by the command. The name has no Chinese, so that English pages have none."""
    words = ["member", "add", f"{role}-{next(_NAMES)}", "--role", role]
    if merchant:
        words += ["--merchant", merchant]
    made = command(*words, data=Path(site.data))
    return Member(made["member"], made["name"], made["password"], made["totp_secret"])


def code(secret: str, at: float) -> str:
    """Six digits of RFC 6238."""
    digest = hmac.digest(b32decode(secret), struct.pack(">Q", int(at) // 30), hashlib.sha1)
    place = digest[-1] & 15
    number = struct.unpack(">I", digest[place : place + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


def log_in(page: Page, base: str, who: Member, digits: str = "") -> None:
    """Fill in the form; a member logs in once in 30 seconds."""
    page.goto(f"{base}/console/login")
    page.fill("#name", who.name)
    page.fill("#password", who.password)
    page.fill("#code", digits or code(who.secret, time.time()))
    page.click("main button[type=submit]")


def desk(
    site: Site, chromium: Browser, role: str, complaints: list[str], width: int = 1280
) -> Page:
    """A browser in which a new member of this role is logged in."""
    page = open_page(chromium, complaints, width)
    merchant = site.shop_number if role in ("developer", "accountant") else ""
    log_in(page, site.base, member(site, role, merchant))
    page.wait_for_url(re.compile(r"/(console|portal)/$"))
    return page
