"""`changliao platform`: two operators merge a platform from the command line."""

import json
from typing import Any

import pytest

from tests.served import Rest, Served, merchant, typed

Sandbox = tuple[Served, Rest]


@pytest.fixture
def second(sandbox: Sandbox) -> dict[str, str]:
    made: dict[str, str] = sandbox[0].command("sandbox", "operator-key")
    return made


def ask(served: Served, key: str, secret: str, *words: str) -> Any:
    """What the command prints, or its complaint."""
    done = typed(
        "platform", *words, CHANGLIAO_URL=served.base_url, CHANGLIAO_OPERATOR_KEY=key,
        CHANGLIAO_OPERATOR_SECRET=secret,
    )  # fmt: skip
    return json.loads(done.stdout) if done.exit_code == 0 else done.stderr


def test_two_operators_merge_a_platform(sandbox: Sandbox, second: dict[str, str]) -> None:
    served, operator = sandbox
    with merchant(served, "拍拍") as source, merchant(served, "QQ 网购") as target:
        sides = [
            operator.get(f"/api/v1/merchants/{one.mchid}").json()["id"] for one in (source, target)
        ]

    def first(*words: str) -> Any:
        return ask(served, operator.key, operator.secret, *words)

    for one in sides:
        assert first("open", one, "平台")["merchant_id"] == one
    assert first("merge", "plan", *sides)["conflicts"] == []
    merger = first("merge", "draft", *sides, "--reason", "合并")["id"]
    assert first("merge", "approve", merger).startswith("changliao: merger_self_approval")
    assert first("merge", "run", merger).splitlines()[-1].startswith("changliao: merger_state")
    assert first("merge", "preview", merger)["steps_left"] == 3
    approved = ask(
        served, second["operator_key"], second["operator_secret"], "merge", "approve", merger
    )
    assert approved["state"] == "approved"
    assert first("merge", "run", merger)["state"] == "done"
    assert first("merge", "run", merger)["state"] == "done"
    assert first("merge", "report", merger)["joined"] == []
    listed = {one["merchant_id"]: one.get("heir_id") for one in first("list")["data"]}
    assert (listed[sides[0]], listed[sides[1]]) == (sides[1], None)
    assert first("stores", sides[0])["data"] == []
    assert "nobody answers" in first("--url", "http://127.0.0.1:9", "list")
