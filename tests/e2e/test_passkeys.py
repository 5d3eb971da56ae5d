"""Passkeys in a real browser, with its own virtual authenticator: as a person meets them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e import members
from tests.e2e.looks import is_well_made
from tests.e2e.site import (
    PASSWORD,
    PIN,
    Site,
    enter,
    log_in,
    open_page,
    person,
    place,
    served,
    signed,
)

NAME = "Pixel <b>9</b>"


class Device:
    """A page and the authenticator of its browser."""

    def __init__(self, chromium: Browser, complaints: list[str], width: int = 390) -> None:
        self.page = open_page(chromium, complaints, width)
        self._browser = self.page.context.new_cdp_session(self.page)
        self._browser.send("WebAuthn.enable")
        made = self._browser.send(
            "WebAuthn.addVirtualAuthenticator",
            {
                "options": {
                    "protocol": "ctap2",
                    "transport": "internal",
                    "hasResidentKey": True,
                    "hasUserVerification": True,
                    "isUserVerified": True,
                    "automaticPresenceSimulation": True,
                }
            },
        )
        self._id = made["authenticatorId"]

    def send(self, name: str, **parameters: Any) -> Any:
        """A command to the authenticator."""
        return self._browser.send(f"WebAuthn.{name}", {"authenticatorId": self._id} | parameters)

    def passkeys(self) -> list[dict[str, Any]]:
        """What the authenticator keeps."""
        return list(self.send("getCredentials")["credentials"])


@pytest.fixture
def complaints() -> list[str]:
    return []


@pytest.fixture
def device(chromium: Browser, complaints: list[str]) -> Iterator[Device]:
    made = Device(chromium, complaints)
    yield made
    made.page.context.close()
    # Refused answers are logged by the browser itself.
    assert [one for one in complaints if "status of 422" not in one] == []


@pytest.fixture
def local(site: Site) -> str:
    """The same network by a name: an address of numbers has no passkeys."""
    return named(site)


def named(site: Site) -> str:
    return site.base.replace("127.0.0.1", "localhost")


def add(page: Page, local: str, name: str = NAME, password: str = PASSWORD) -> None:
    """Fill in the form on the page of passkeys."""
    page.goto(f"{local}/w/passkeys")
    page.fill("#name", name)
    page.fill("#password", password)
    page.click("[data-passkey]")


def log_out(page: Page, local: str) -> None:
    page.goto(f"{local}/w/me")
    page.click("form[action='/w/logout'] button")
    page.wait_for_url("**/w/login")


def test_a_person_adds_a_passkey_logs_in_with_it_and_removes_it(
    site: Site, local: str, device: Device
) -> None:
    page, phone = device.page, person(site).phone
    log_in(page, local, phone, "/w/me")
    page.click("a[href='/w/passkeys']")
    add(page, local, password="not the password")
    page.wait_for_selector("text=密码不正确")
    assert device.passkeys() == []
    add(page, local)
    page.wait_for_url("**/w/passkeys?done=added")
    kept = device.passkeys()
    assert [(one["rpId"], one["isResidentCredential"]) for one in kept] == [("localhost", True)]
    assert page.inner_text(".devices .clip") == NAME
    assert "还没有用过" in page.inner_text(".devices")
    # The same device has one already: the browser says so and asks nobody.
    add(page, local)
    page.wait_for_selector("text=已经有你的通行密钥")
    is_well_made(page, f"{local}/w/passkeys", (NAME, "小满"))

    log_out(page, local)
    is_well_made(page, f"{local}/w/login")
    device.send("setUserVerified", isUserVerified=False)
    page.click("[data-passkey]")
    page.wait_for_selector("text=没有确认")
    device.send("setUserVerified", isUserVerified=True)
    page.click("[data-passkey]")
    page.wait_for_url("**/w/")
    page.goto(f"{local}/w/passkeys")
    assert "用过" in page.inner_text(".devices")
    assert "还没有用过" not in page.inner_text(".devices")

    page.click(".rename summary")
    page.fill(".rename input[name=name]", "at work")
    page.click(".rename button")
    page.wait_for_url("**/w/passkeys?done=renamed")
    assert page.inner_text(".devices .clip") == "at work"
    page.click("form[action='/w/passkeys/remove'] button")
    page.wait_for_url("**/w/passkeys?done=removed")
    assert "不能再用它登录" in page.inner_text("[role=status]")
    log_out(page, local)
    page.click("[data-passkey]")
    page.wait_for_selector("[role=alert]:has-text('没有这个通行密钥')")


def test_a_device_that_goes_back_in_time_is_not_let_in(
    site: Site, local: str, device: Device
) -> None:
    page, phone = device.page, person(site).phone
    log_in(page, local, phone)
    add(page, local)
    page.wait_for_url("**/w/passkeys?done=added")
    copied = device.passkeys()[0]
    log_out(page, local)
    page.click("[data-passkey]")
    page.wait_for_url("**/w/")
    log_out(page, local)
    device.send("removeCredential", credentialId=copied["credentialId"])
    device.send("addCredential", credential=copied)
    page.click("[data-passkey]")
    page.wait_for_selector("[role=alert]:has-text('可能被复制')")


def test_a_member_logs_in_with_password_and_passkey(site: Site, local: str, device: Device) -> None:
    page, who = device.page, members.member(site, "viewer")
    page.set_viewport_size({"width": 1280, "height": 840})
    members.log_in(page, local, who)
    page.wait_for_url("**/console/")
    page.goto(f"{local}/console/account")
    page.click("main a[href='/console/account/passkeys']")
    page.fill("#passkey-name", NAME)
    page.fill("#password", who.password)
    page.click("[data-passkey]")
    page.wait_for_url("**/console/account/passkeys?done=added")
    page.click("td summary")
    page.fill("td input[name=name]", "at work")
    page.click("td form[action$='rename'] button")
    page.wait_for_url("**/console/account/passkeys?done=renamed")
    assert page.inner_text("td .clip") == "at work"
    is_well_made(page, f"{local}/console/account/passkeys", (NAME,))

    page.click("form[action='/console/logout'] button")
    page.wait_for_url("**/console/login")
    is_well_made(page, f"{local}/console/login")
    page.fill("#name", who.name)
    page.fill("#password", "not the password")
    page.click("[data-passkey]")
    page.wait_for_selector("[role=alert]:has-text('不正确')")
    page.fill("#password", who.password)
    page.click("[data-passkey]")
    page.wait_for_url("**/console/")


def test_without_scripts_or_at_an_address_of_numbers_the_password_works(
    site: Site, local: str, chromium: Browser
) -> None:
    phone = person(site).phone
    plain = open_page(chromium, [], 390, java_script_enabled=False)
    log_in(plain, local, phone, "/w/passkeys")
    assert "请继续用密码登录" in plain.inner_text("main")
    assert not plain.locator("[data-passkey]").is_visible()
    plain.context.close()
    numbers = open_page(chromium, [], 390)
    log_in(numbers, site.base, phone, "/w/passkeys")
    assert "这个地址不能用通行密钥" in numbers.inner_text("main")
    numbers.goto(f"{site.base}/w/login")
    assert numbers.locator("[data-passkey]").count() == 0
    numbers.context.close()


def test_a_forgotten_pin_is_set_anew_after_a_day_or_with_a_passkey(
    tmp_path: Path, device: Device
) -> None:
    page = device.page
    with served(str(tmp_path / "data")) as site:
        local, phone = named(site), person(site).phone

        log_in(page, local, phone, "/w/pin")
        is_well_made(page, f"{local}/w/pin", ("小满",))
        page.fill("#ask-password", PASSWORD)
        page.click("form[action='/w/pin/ask'] button")
        page.wait_for_selector("text=取消重设")
        page.goto(f"{local}/w/pay-code")
        assert "期间不能付款" in page.inner_text("main")
        page.goto(f"{local}/w/")
        page.click("text=查看或取消")
        page.click("form[action='/w/pin/cancel'] button")
        page.wait_for_selector("text=重设已取消")
        add(page, local)
        page.wait_for_url("**/w/passkeys?done=added")
        page.goto(f"{local}/w/pin")
        page.fill("#ask-password", PASSWORD)
        page.click("form[action='/w/pin/ask'] button")
        page.wait_for_selector("text=取消重设")
        signed(site.base, site.operator, "/api/v1/sandbox/clock", {"ahead_s": 86_400})
        is_well_made(page, f"{local}/w/pin", ("小满",))
        set_pin(page, "864209")
        page.click("form[action='/w/pin/reset'] button[type=submit]")
        page.wait_for_url("**/w/me?changed=pin")

        is_well_made(page, f"{local}/w/pin", ("小满",))
        set_pin(page, "753108")
        page.click("[data-passkey]")
        page.wait_for_url("**/w/me?changed=pin")


def test_a_passkey_pays_instead_of_the_pin(
    site: Site, local: str, device: Device, chromium: Browser
) -> None:
    page, payer, payee = device.page, person(site, 150_000), person(site)
    log_in(page, local, payer.phone)
    add(page, local)
    page.wait_for_url("**/w/passkeys?done=added")
    page.click("text=用它确认付款")
    page.fill("#pin-1", "000000")
    page.click("form[action='/w/passkeys/permit'] button")
    page.wait_for_selector("text=密码不正确")
    page.click("text=用它确认付款")
    page.fill("#pin-1", PIN)
    page.click("form[action='/w/passkeys/permit'] button")
    page.wait_for_url("**/w/passkeys?done=permitted")
    is_well_made(page, f"{local}/w/passkeys", (NAME, "小满"))

    # Refused by the device, nothing moves; the PIN is at hand. Then it asks again by itself.
    device.send("setUserVerified", isUserVerified=False)
    _check(page, local, payee.phone)
    page.click("[data-open-pin]")
    page.wait_for_selector("text=没有确认")
    enter(page, PIN)
    page.wait_for_selector("text=转账成功")
    device.send("setUserVerified", isUserVerified=True)
    _check(page, local, payee.phone)
    page.click("[data-open-pin]")
    page.wait_for_selector("text=转账成功")

    for view, opener in (("phone", "[data-open-pin]"), ("pc&tab=account", "[data-passkey]")):
        token = place(site).token
        page.goto(f"{local}/c/{token}?view={view}")
        is_well_made(page, page.url, ("小满", "店", "越野跑鞋"))
        page.click(opener)
        page.wait_for_selector("text=支付成功")
    plain = open_page(chromium, [], 390, java_script_enabled=False)
    log_in(plain, local, payer.phone)
    plain.goto(f"{local}/c/{place(site).token}?view=phone")
    plain.fill("#pin", PIN)
    plain.click("form[action$='/pay'] button >> nth=0")
    plain.wait_for_selector("text=支付成功")
    plain.context.close()


def _check(page: Page, local: str, phone: str) -> None:
    page.goto(f"{local}/w/transfer")
    page.fill("#phone", phone)
    page.fill("#amount", "1.00")
    page.click("main form button[type=submit]")
    page.wait_for_selector("[data-open-pin]:not([hidden])")


def set_pin(page: Page, pin: str) -> None:
    """Fill in the form for another PIN."""
    for name, text in {"password": PASSWORD, "new": pin, "again": pin}.items():
        page.fill(f"#{name}", text)
