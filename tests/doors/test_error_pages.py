"""Error pages say what is true where they are, and under which number the log has them."""

import re
from contextlib import closing

import httpx
import pytest

from tests.phones import new_phone
from tests.served import Rest, Served
from tests.wallets import hidden_in, somebody

SAME = {"Sec-Fetch-Site": "same-origin"}


def asked(served: Served, path: str, **headers: str) -> httpx.Response:
    return httpx.get(f"{served.base_url}{path}", headers=headers, trust_env=False, verify=False)


@pytest.mark.parametrize(
    ("path", "status", "home"),
    [
        ("/console/nothing", 404, "/console/"),
        ("/portal/nothing/here", 404, "/portal/"),
        ("/w/nothing", 404, "/w/"),
        ("/nothing", 404, "/w/"),
        ("/console/orders?q=%00", 400, "/console/"),
        ("/w/%00", 400, "/w/"),
    ],
)
def test_a_page_that_is_not_there_speaks_of_where_one_is(
    sandbox: tuple[Served, Rest], path: str, status: int, home: str
) -> None:
    served, _ = sandbox
    answer = asked(served, path)
    assert answer.status_code == status
    main = answer.text.split("<main")[1]
    assert f'href="{home}"' in main
    assert ("没有扣款" in main) == (home == "/w/")
    number = answer.headers["changliao-request-id"]
    assert re.fullmatch(r"req_[0-9a-f]{16}", number)
    assert number in main
    logged = next(line for line in served.last_words().splitlines() if number in line)
    assert f"answered {status}" in logged
    assert "nothing/here" not in logged, "an address may be a secret"
    english = asked(served, f"{path}{'&' if '?' in path else '?'}lang=en")
    assert english.status_code == status
    assert not re.search("[\u4e00-\u9fff]", english.text.split("<main")[1])


def test_a_program_still_gets_no_page(sandbox: tuple[Served, Rest]) -> None:
    answer = asked(sandbox[0], "/api/v1/orders?cursor=%00")
    assert (answer.status_code, answer.text) == (400, "")


@pytest.mark.parametrize(
    ("path", "login"),
    [
        ("/console/orders?state=paid&from=2026-01-01", "/console/login"),
        ("/w/bills?q=%E8%8C%B6", "/w/login"),
    ],
)
def test_filters_are_still_there_after_logging_in(
    sandbox: tuple[Served, Rest], path: str, login: str
) -> None:
    answer = asked(sandbox[0], path)
    assert answer.status_code == 303
    target = httpx.URL(answer.headers["location"])
    assert target.path == login
    assert target.params["next"] == path
    page = asked(sandbox[0], answer.headers["location"]).text
    assert hidden_in(page)["next"] == path


def test_who_is_locked_out_hears_until_when(sandbox: tuple[Served, Rest]) -> None:
    served, _ = sandbox
    phone = new_phone()
    somebody(sandbox, "", phone, "locked").close()
    client = httpx.Client(base_url=served.base_url, headers=SAME, trust_env=False, verify=False)
    with closing(client):
        fields = hidden_in(client.get("/w/login").text) | {"phone": phone}
        answers = [
            client.post("/w/login", data=fields | {"password": "wrong-one"}) for _ in range(6)
        ]
    assert [one.status_code for one in answers] == [422] * 4 + [429, 429]
    assert 0 < int(answers[-1].headers["retry-after"]) <= 600
    assert "Retry-After" not in answers[0].headers
