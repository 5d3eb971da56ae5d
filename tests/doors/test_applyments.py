"""Onboarding through the WeChat Pay door: pictures, applications, and a merchant that sells."""

import hashlib
import json
import secrets
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from changliao.commands.people import Person
from tests.doors.test_wechatpay_splits import code, secret
from tests.served import Rest, Served, Shop, merchant

UPLOAD = "/v3/merchant/media/upload"
APPLY = "/v3/applyment4sub/applyment/"
PLATFORM = "/v3/ecommerce/applyments"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4


@pytest.fixture(scope="module")
def provider(sandbox: tuple[Served, Rest]) -> Iterator[Shop]:
    with merchant(sandbox[0], "Provider of stores") as made:
        yield made


def upload(
    shop: Shop, content: bytes = PNG, name: str = "a.png", digest: str = "", **changes: Any
) -> httpx.Response:
    """As the libraries do: only `meta` is signed."""
    meta = {"filename": name, "sha256": digest or hashlib.sha256(content).hexdigest()}
    text = changes.get("meta", json.dumps(meta).encode())
    edge = b"edge-of-parts"
    body = (
        b"--" + edge + b'\r\nContent-Disposition: form-data; name="meta";\r\n\r\n' + text
        + b"\r\n--" + edge + b'\r\nContent-Disposition: form-data; name="file"; filename="a.png"'
        + b"\r\nContent-Type: image/png\r\n\r\n" + content + b"\r\n--" + edge + b"--\r\n"
    )  # fmt: skip
    request = shop.signed("POST", changes.get("path", UPLOAD), changes.get("signed", text))
    kind = "multipart/form-data" + changes.get("boundary", "; boundary=edge-of-parts")
    headers = {"Authorization": request.headers["Authorization"], "Content-Type": kind}
    path = changes.get("path", UPLOAD)
    return shop.http.post(path, content=changes.get("body", body), headers=headers)


def application(shop: Shop, picture: str, **changes: Any) -> dict[str, Any]:
    """Fresh ciphertexts each time, as SDKs make them."""
    return {
        "business_code": f"A{secrets.token_hex(8)}",
        "contact_info": {
            "contact_name": secret(shop, "张三"), "mobile_phone": secret(shop, "13900000000"),
            "contact_id_number": secret(shop, "320311770706001"),
            "contact_email": secret(shop, "a@example.com"),
        },
        "subject_info": {
            "subject_type": "SUBJECT_TYPE_ENTERPRISE",
            "business_license_info": {"license_copy": picture, "license_number": "91440300",
                                      "merchant_name": "张三餐饮有限公司", "legal_person": "张三"},
            "identity_info": {
                "id_doc_type": "IDENTIFICATION_TYPE_IDCARD",
                "id_card_info": {"id_card_copy": picture, "id_card_national": picture,
                                 "id_card_name": secret(shop, "张三"),
                                 "id_card_number": secret(shop, "320311770706001")},
            },
        },
        "business_info": {"merchant_shortname": "张三餐饮店", "service_phone": "0758123456",
                          "sales_info": {"sales_scenes_type": ["SALES_SCENES_STORE"]}},
        "settlement_info": {"settlement_id": "719", "qualification_type": "餐饮"},
        "bank_account_info": {"bank_account_type": "BANK_ACCOUNT_TYPE_CORPORATE",
                              "account_name": secret(shop, "张三餐饮"), "account_bank": "工商银行",
                              "account_number": secret(shop, "6222000012345678")},
    } | changes  # fmt: skip


def post(shop: Shop, path: str, fields: dict[str, Any], serial: str = "") -> httpx.Response:
    body = json.dumps(fields, ensure_ascii=False).encode()
    serial = serial or shop.fields["wechatpay_public_key_id"]
    return shop.http.send(shop.signed("POST", path, body, serial=serial))


def test_an_applicant_is_a_merchant_that_its_provider_sells_for(
    sandbox: tuple[Served, Rest], provider: Shop, payer: Person
) -> None:
    uploaded = upload(provider)
    assert uploaded.status_code == 200, uploaded.text
    assert provider.verifies(uploaded)
    picture = uploaded.json()["media_id"]
    assert upload(provider, boundary="").json()["media_id"] == picture
    asked = application(provider, picture)
    made = post(provider, APPLY, asked)
    assert made.status_code == 200, made.text
    number = made.json()["applyment_id"]
    assert number < 2**53
    repeated = application(provider, picture, business_code=asked["business_code"])
    assert post(provider, APPLY, repeated).json() == made.json()
    changed = repeated | {"settlement_info": {"settlement_id": "716"}}
    assert code(post(provider, APPLY, changed)) == (400, "INVALID_REQUEST")

    shown = provider.get(f"{APPLY}business_code/{asked['business_code']}").json()
    assert shown["applyment_state"] == "APPLYMENT_STATE_FINISHED"
    assert provider.get(f"{APPLY}applyment_id/{number}").json() == shown
    known = sandbox[1].get(f"/api/v1/merchants/{shown['sub_mchid']}").json()
    assert known["name"] == "张三餐饮店"

    order = {
        "sp_mchid": provider.mchid, "sp_appid": provider.appid, "sub_mchid": shown["sub_mchid"],
        "description": "面", "out_trade_no": f"A{time.time_ns()}",
        "notify_url": "http://127.0.0.1:9/", "amount": {"total": 100},
    }  # fmt: skip
    placed = provider.post("/v3/pay/partner/transactions/native", **order)
    assert placed.status_code == 200, placed.text
    payer.pay(placed.json()["code_url"])
    whose = f"sp_mchid={provider.mchid}&sub_mchid={shown['sub_mchid']}"
    path = f"/v3/pay/partner/transactions/out-trade-no/{order['out_trade_no']}?{whose}"
    assert provider.get(path).json()["trade_state"] == "SUCCESS"


def test_a_platforms_store_is_taken_on_the_same_way(provider: Shop) -> None:
    picture = upload(provider).json()["media_id"]
    asked = {
        "out_request_no": f"E{secrets.token_hex(8)}", "organization_type": "4",
        "id_card_info": {"id_card_copy": picture, "id_card_name": secret(provider, "李四")},
        "account_info": {"account_number": secret(provider, "6222000087654321")},
        "contact_info": {"contact_name": secret(provider, "李四")},
        "sales_scene_info": {"store_name": "李四的店"}, "merchant_shortname": "李四的店",
    }  # fmt: skip
    made = post(provider, f"{PLATFORM}/", asked)
    assert made.status_code == 200, made.text
    number = made.json()["applyment_id"]
    shown = provider.get(f"{PLATFORM}/out-request-no/{asked['out_request_no']}").json()
    assert (shown["applyment_state"], shown["applyment_id"]) == ("FINISH", number)
    assert provider.get(f"{PLATFORM}/{number}").json() == shown
    assert provider.get(f"{APPLY}applyment_id/{number}").status_code == 404


def test_what_cannot_be_applied_for_takes_nobody_on(
    sandbox: tuple[Served, Rest], provider: Shop, shop: Shop
) -> None:
    picture = upload(provider).json()["media_id"]
    good = application(provider, picture)
    plain = good | {"contact_info": {"contact_name": "张三"}}
    assert code(post(provider, APPLY, plain)) == (400, "PARAM_ERROR")
    assert code(post(provider, APPLY, good, "0123")) == (400, "PARAM_ERROR")
    assert code(post(provider, APPLY, application(provider, "nothing"))) == (400, "PARAM_ERROR")
    assert code(post(shop, APPLY, application(shop, picture))) == (400, "PARAM_ERROR")
    nameless = good | {"business_info": {}}
    assert code(post(provider, APPLY, nameless)) == (400, "PARAM_ERROR")
    unknown = provider.get(f"{APPLY}business_code/{good['business_code']}")
    assert code(unknown) == (404, "RESOURCE_NOT_EXISTS")
    assert code(provider.get(f"{APPLY}applyment_id/x")) == (400, "PARAM_ERROR")
    made = post(provider, APPLY, good).json()["applyment_id"]
    assert shop.get(f"{APPLY}applyment_id/{made}").status_code == 404


def test_a_file_is_taken_only_as_it_was_described_and_signed(provider: Shop) -> None:
    assert code(upload(provider, digest="0" * 64)) == (400, "PARAM_ERROR")
    assert code(upload(provider, name="a.exe")) == (400, "PARAM_ERROR")
    assert code(upload(provider, b"")) == (400, "PARAM_ERROR")
    assert code(upload(provider, bytes(2 * 1024 * 1024 + 1))) == (400, "PARAM_ERROR")
    film = upload(provider, bytes(3 * 1024 * 1024), "a.mp4", path="/v3/merchant/media/video_upload")
    assert film.status_code == 200, film.text
    assert upload(provider, bytes(6 * 1024 * 1024)).status_code == 413
    assert code(upload(provider, signed=b"{}")) == (401, "SIGN_ERROR")
    assert code(upload(provider, body=b"--no parts at all")) == (400, "PARAM_ERROR")
    assert code(upload(provider, meta=b"not json")) == (400, "PARAM_ERROR")
