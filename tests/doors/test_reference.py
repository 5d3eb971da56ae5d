"""The API's reference page: everything of the document, in both languages, with strict headers."""

import re

import pytest

from changliao.doors.rest import openapi
from changliao.doors.rest.routes import TABLE
from tests.served import Rest, Served

DOCUMENT = openapi.document("http://127.0.0.1:8964")


@pytest.fixture(scope="module")
def page(sandbox: tuple[Served, Rest]) -> str:
    answer = sandbox[1].http.get("/docs/api?lang=en")
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    return answer.text


def test_every_operation_schema_and_webhook_is_on_the_page(page: str) -> None:
    shown = set(re.findall(r'id="([\w.-]+)"', page))
    assert {one.name.replace(".", "_") for one in TABLE} <= shown
    assert {f"schema-{name}" for name in DOCUMENT["components"]["schemas"]} <= shown
    assert {f"webhook-{name}" for name in DOCUMENT["webhooks"]} <= shown
    assert set(re.findall(r'href="#([\w.-]+)"', page)) <= shown


def test_nothing_comes_from_elsewhere_and_nothing_runs_inline(page: str) -> None:
    assert re.findall(r'(?:src|href)="(?:https?:)?//', page) == []
    assert re.findall(r"<script(?![^>]*src=)", page) == []
    assert "style=" not in page


def test_the_page_speaks_chinese_and_english(sandbox: tuple[Served, Rest], page: str) -> None:
    assert "API reference" in page
    assert "接口文档" in sandbox[1].http.get("/docs/api?lang=zh").text
