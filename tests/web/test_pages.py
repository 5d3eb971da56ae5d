"""Every word is translated, money reads right, and forms from elsewhere are refused."""

import asyncio
import re
from collections.abc import Iterator
from importlib import resources

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from changliao.core.outcome import Reason
from changliao.web import causes, display, language, words
from changliao.web.causes import Cause
from changliao.web.pages import Pages, static_files, static_url
from changliao.web.security import SECRET_FIELDS, Browser

SITE = "http://pay.test"
INLINE = re.compile(r"<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=", re.IGNORECASE)


class Visitor:
    """A browser without scripts: it keeps cookies and sends the headers it is told to."""

    def __init__(self, runner: asyncio.Runner, client: httpx.AsyncClient) -> None:
        self._runner = runner
        self._client = client
        self.cookies = client.cookies

    def get(self, path: str) -> httpx.Response:
        """Open a page."""
        return self._runner.run(self._client.get(path))

    def post(self, path: str, data: dict[str, str], headers: dict[str, str]) -> httpx.Response:
        """Send a form."""
        return self._runner.run(self._client.post(path, data=data, headers=headers))


@pytest.fixture
def client() -> Iterator[Visitor]:
    """A page that shows its form token and a form that answers only when it is ours."""
    pages = Pages(Browser(b"key", https=False), sandbox=True)

    async def token(request: Request) -> Response:
        response = PlainTextResponse(pages.browser.token(request))
        pages.browser.keep_identity(request, response)
        return response

    async def accept(request: Request) -> Response:
        await pages.browser.form(request)
        return PlainTextResponse("accepted")

    routes = [Route("/token", token), Route("/act", accept, methods=["POST"]), *pages.routes()]
    app = Starlette(routes=routes, exception_handlers=pages.exception_handlers())
    with asyncio.Runner() as runner:
        transport = httpx.ASGITransport(app=pages.secured(app))
        yield Visitor(runner, httpx.AsyncClient(transport=transport, base_url=SITE))


def test_our_own_form_is_accepted(client: Visitor) -> None:
    token = client.get("/token").text
    answer = client.post("/act", data={"csrf": token}, headers={"sec-fetch-site": "same-origin"})
    assert answer.text == "accepted"


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "http://other.test"},
        {"origin": "null"},
        {},
    ],
)
def test_a_form_from_elsewhere_is_refused(client: Visitor, headers: dict[str, str]) -> None:
    token = client.get("/token").text
    assert client.post("/act", data={"csrf": token}, headers=headers).status_code == 403


@pytest.mark.parametrize("token", ["", "0" * 64, "密"])
def test_a_form_without_its_token_is_refused(client: Visitor, token: str) -> None:
    client.get("/token")
    answer = client.post("/act", data={"csrf": token}, headers={"origin": SITE})
    assert answer.status_code == 403


def test_a_token_of_another_browser_is_refused(client: Visitor) -> None:
    token = client.get("/token").text
    client.cookies.clear()
    client.get("/token")
    answer = client.post("/act", data={"csrf": token}, headers={"origin": SITE})
    assert answer.status_code == 403


def test_every_answer_has_the_strict_headers(client: Visitor) -> None:
    for path in ("/token", "/nothing-here", static_url("app.css")):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


def test_an_error_page_is_in_the_readers_language_and_not_stored(client: Visitor) -> None:
    for asked, shown in (("zh", "zh-Hans"), ("en", "en")):
        answer = client.get(f"/nothing-here?lang={asked}")
        assert answer.status_code == 404
        assert answer.headers["content-language"] == shown
        assert answer.headers["cache-control"] == "no-store"
        assert f'lang="{shown}"' in answer.text


def test_static_files_are_kept_for_a_year(client: Visitor) -> None:
    answer = client.get(static_url("app.css"))
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]


def test_scripts_stay_small() -> None:
    """All of them together. What one page loads: tests/e2e/test_cashier.py."""
    scripts = [body for name, body in static_files().items() if name.endswith(".js")]
    lines = [body.count(b"\n") for body in scripts]
    assert max(lines) < 130
    assert sum(lines) <= 700


def test_a_theme_changes_colours_only_and_is_the_same_however_it_was_chosen() -> None:
    said = re.compile(r"prefers-color-scheme:dark\)\{:root:not\(\[data-theme=light\]\)\{(.*)\}\}")
    chosen = re.compile(r":root\[data-theme=dark\]\{(.*)\}")
    for name, body in static_files().items():
        if name.endswith(".css"):
            text = body.decode()
            assert said.findall(text) == chosen.findall(text), name
            assert len(said.findall(text)) == text.count("prefers-color-scheme"), name
            for block in chosen.findall(text):
                assert re.fullmatch(r"(--[\w-]+:[^;{}]+;?)+", block), name


def test_no_template_holds_a_script_a_style_or_a_handler() -> None:
    for path, text in _templates():
        assert not INLINE.search(text), path


def test_every_reason_has_words_in_both_languages() -> None:
    assert set(words.REASONS) == set(Reason)
    english = language.translations("en")
    for text in words.REASONS.values():
        assert english.gettext(text) != text
    assert len(set(words.REASONS.values())) == len(Reason), "each has its own"


def test_every_cause_of_a_failed_signature_has_words_in_both_languages() -> None:
    assert set(causes.WORDS) == set(Cause)
    english = language.translations("en")
    holes = re.compile(r"%\((\w+)\)s")
    for text in causes.WORDS.values():
        said = english.gettext(text)
        assert said.isascii(), said
        assert sorted(holes.findall(said)) == sorted(holes.findall(text)), text
        for one in (said, text):
            assert holes.sub("", one).count("%") == 0, one


def test_causes_are_said_in_the_readers_language_and_callers_words_as_they_are() -> None:
    found = [(Cause.HEADER_UNREAD, {"message": "%s 正文"}), (Cause.BODY_LEFT_OUT, {})]
    assert causes.told(language.translations("zh").gettext, found) == (
        "读不懂 Authorization 请求头：%s 正文；正文没有签进去"
    )
    assert causes.told(language.translations("en").gettext, found) == (
        "the Authorization header cannot be read: %s 正文; the body was left out of the signed text"
    )


def test_a_word_for_one_is_told_from_the_word_for_many() -> None:
    english = language.translations("en")
    assert (english.gettext("订单"), english.pgettext("many", "订单")) == ("Order", "Orders")
    assert language.translations("zh").pgettext("many", "订单") == "订单"


def test_whatever_is_typed_unseen_is_never_kept_or_shown() -> None:
    found = {
        name
        for _, text in _templates()
        for tag in re.findall(r'<input[^>]*type="password"[^>]*>', text)
        for name in re.findall(r'name="(\w+)"', tag)
    }
    assert {"pin", "password"} <= found <= SECRET_FIELDS


def test_money_reads_as_people_write_it() -> None:
    assert str(display.amount(102450)) == "¥1,024.50"
    assert str(display.amount(-26800)) == "−¥268.00"
    assert str(display.amount(888, signed=True)) == "+¥8.88"
    assert str(display.amount(5)) == "¥0.05"
    assert str(display.amount(1200, "JPY")) == "JPY 1,200"


def test_a_short_text_is_never_a_micro_code() -> None:
    assert 'viewBox="0 0 29 29"' in display.qr("1", "code")


def _templates() -> Iterator[tuple[str, str]]:
    folder = resources.files("changliao.web") / "templates"
    for entry in folder.iterdir():
        for page in [entry] if entry.is_file() else entry.iterdir():
            yield page.name, page.read_text("utf-8")


def test_what_stands_between_backticks_is_code_and_nothing_is_markup() -> None:
    assert display.coded("`a<b` & <i>") == "<code>a&lt;b</code> &amp; &lt;i&gt;"
