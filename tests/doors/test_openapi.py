"""The document of our REST API is valid, whole, and what the door does."""

import json
import subprocess
from typing import Any

import pytest
from openapi_spec_validator import validate

from changliao.core.events import EventKind
from changliao.core.orders import OrderState
from changliao.doors.rest import openapi, orders, webhooks
from changliao.doors.rest.errors import STATUS_OF
from changliao.doors.rest.routes import TABLE
from tests.served import CHANGLIAO, Rest, Served

DOCUMENT = openapi.document("http://127.0.0.1:8964")


def test_the_document_is_valid() -> None:
    validate(DOCUMENT)
    assert "\\Z" not in str(DOCUMENT), "a pattern ends as JavaScript writes it"


@pytest.mark.parametrize("one", TABLE, ids=lambda one: f"{one.method} {one.path}")
def test_every_route_has_every_status_it_may_answer(one: Any) -> None:
    described = DOCUMENT["paths"]["/api/v1" + one.path][one.method.lower()]
    assert described["summary"]
    expected = {str(one.status), *(str(STATUS_OF[reason]) for reason in openapi.reasons(one))}
    assert set(described["responses"]) == expected
    assert ("requestBody" in described) == (one.form.__name__ != "Nothing")
    names = [part["name"] for part in described["parameters"] if part["in"] == "path"]
    assert all(f"{{{name}}}" in one.path for name in names)


def test_names_are_unique_and_lists_of_states_are_whole() -> None:
    names = [one.name for one in TABLE]
    assert len(set(names)) == len(names)
    shown = DOCUMENT["components"]["schemas"]["Order"]["properties"]["state"]["enum"]
    assert (
        set(shown) == {state.name.lower() for state in OrderState} == set(orders._STATES.values())
    )


# What only the doors of other protocols begin, and tell.
ELSEWHERE = {
    EventKind.PAYOUT_BATCH_FINISHED,
}


def test_every_kind_of_event_is_a_webhook() -> None:
    told = set(EventKind) - ELSEWHERE
    kinds = {kind.name.lower().replace("_", ".", 1) for kind in told}
    assert {one.name for one in webhooks.WEBHOOKS} == kinds == set(DOCUMENT["webhooks"])


def test_the_network_serves_the_document_to_anybody(sandbox: tuple[Served, Rest]) -> None:
    served, operator = sandbox
    answer = operator.http.get("/api/v1/openapi.json")
    assert answer.status_code == 200
    assert answer.json() == json.loads(json.dumps(openapi.document(served.base_url)))


def test_the_command_prints_the_same_document() -> None:
    printed = subprocess.run([CHANGLIAO, "openapi"], check=True, stdout=subprocess.PIPE).stdout
    assert json.loads(printed) == json.loads(json.dumps(DOCUMENT))
