"""Members with browsers of their own, for the pages of the console and the portal.

The second factor is computed here from its document (RFC 6238), not with the product's own code.
"""

import hashlib
import hmac
import itertools
import json
import os
import re
import struct
import subprocess
import time
from base64 import b32decode
from typing import NamedTuple

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.e2e.site import CHANGLIAO, Site, open_page

HAN = re.compile(r"[\u4e00-\u9fff]")
WIDTHS = (360, 768, 1280)
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
_NAMES = itertools.count(1)


class Member(NamedTuple):
    """What only the member knows."""

    id: str
    name: str
    password: str
    secret: str


def member(site: Site, role: str, merchant: str = "") -> Member:
    """Somebody new, by the command. The name has no Chinese, so that English pages have none."""
    words = [CHANGLIAO, "member", "add", f"{role}-{next(_NAMES)}", "--role", role]
    words += ["--data", site.data, "--json"]
    if merchant:
        words += ["--merchant", merchant]
    made = json.loads(subprocess.check_output(words))
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


def picture(page: Page, name: str) -> None:
    """Kept for whoever wants to look, in the folder that SCREENSHOTS names."""
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        place = re.sub(r"\W+", "-", page.url.split("/", 3)[3].split("lang=")[0]).strip("-")
        page.screenshot(path=f"{folder}/{place}-{name}.png", full_page=True)


def is_well_made(page: Page, address: str, names: tuple[str, ...] = ()) -> None:
    """Every width, theme and language: no sideways scroll, no finding of axe, English is whole.

    `names` are data that stay as they are in English.
    """
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        for language in ("zh", "en"):
            mark = "&" if "?" in address else "?"
            page.set_viewport_size({"width": 1280, "height": 840})
            page.goto(f"{address}{mark}lang={language}")
            assert page.locator("h1").count() == 1, address
            found = Axe().run(page)
            assert found.violations_count == 0, (address, theme, found.generate_report())
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 840})
                picture(page, f"{width}-{theme}-{language}")
                assert page.evaluate(OVERFLOW) <= 0, (address, width, language)
    text = page.locator("body").inner_text()
    for name in ("中文", *names):
        text = text.replace(name, "")
    assert not HAN.search(text), (address, HAN.findall(text), text)
    page.goto(f"{address}{'&' if '?' in address else '?'}lang=zh")
