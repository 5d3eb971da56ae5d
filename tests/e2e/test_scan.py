"""A code in a picture is read for browsers that cannot read it themselves."""

import io
from pathlib import Path

import httpx
import segno
from playwright.sync_api import Browser

from changliao.web.pictures import MOST_A_SECOND
from tests.e2e.looks import is_well_made
from tests.e2e.site import Site, log_in, open_page, person, place


def test_a_photo_of_a_code_opens_its_order(site: Site, chromium: Browser, tmp_path: Path) -> None:
    order, complaints = place(site), list[str]()
    hand = open_page(chromium, complaints, 390)
    log_in(hand, site.base, person(site).phone, "/w/scan")
    assert not hand.evaluate("() => 'BarcodeDetector' in window"), "this browser cannot read codes"
    nothing, photo = tmp_path / "notes.txt", tmp_path / "code.png"
    nothing.write_text("not a picture")
    hand.set_input_files("#photo", nothing)
    hand.wait_for_selector("[data-unread]:visible")
    link = f"weixin://wxpay/bizpayurl?pr={order.token}"
    segno.make_qr(link, error="m").save(str(photo), scale=12, border=60)
    hand.set_input_files("#photo", photo)
    hand.wait_for_url(f"**/c/{order.token}**")
    assert complaints == []
    is_well_made(hand, f"{site.base}/w/scan")
    hand.context.close()


def test_what_is_no_picture_is_refused_and_too_many_are_slowed(
    site: Site, chromium: Browser
) -> None:
    hand = open_page(chromium, [], 390)
    log_in(hand, site.base, person(site).phone, "/w/scan")
    token = hand.get_attribute("input[name=csrf]", "value") or ""
    kept = {one["name"]: one["value"] for one in hand.context.cookies()}
    hand.context.close()
    code = io.BytesIO()
    segno.make_qr("hello", error="m").save(code, kind="png", scale=4)
    headers = {"Sec-Fetch-Site": "same-origin", "X-CSRF-Token": token}
    address = f"{site.base}/w/scan/picture"
    with httpx.Client(
        cookies=kept, trust_env=False, verify=False, timeout=30, headers=headers
    ) as browser:
        assert browser.post(address, content=code.getvalue()).json() == {"code": "hello"}
        assert browser.post(address, content=b"<svg/>").status_code == 422
        assert browser.post(address, content=b"\0" * 70_000).status_code == 413
        for wrong in ({"X-CSRF-Token": "0" * 64}, {"Sec-Fetch-Site": "cross-site"}):
            assert browser.post(address, content=b"", headers=wrong).status_code == 403
        found = [browser.post(address, content=b"").status_code for _ in range(6 * MOST_A_SECOND)]
    assert set(found) == {422, 429}
    with httpx.Client(trust_env=False, verify=False, timeout=30, headers=headers) as stranger:
        assert stranger.post(address, content=code.getvalue()).status_code == 303
