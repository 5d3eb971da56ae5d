"""Requests made from the OpenAPI document itself, signed, against a served network.

Schemathesis writes what the document allows and what it does not. No answer may be a fault, have a
status or a form that the document does not know, or move a balance that nobody asked to move.
"""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from changliao.doors.rest import openapi
from changliao.doors.rest.routes import TABLE
from tests.served import Rest, Served, serve

DOCUMENT = json.loads(json.dumps(openapi.document("http://127.0.0.1:8964")))
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = 12


@pytest.mark.parametrize("one", TABLE, ids=lambda one: f"{one.method} {one.path}")
def test_no_request_gets_an_answer_the_document_does_not_know(
    network: tuple[Served, Rest], shop_client: Rest, one: Any
) -> None:
    operation = SCHEMA["/api/v1" + one.path][one.method]
    client = shop_client if one.who == "merchant" else network[1]

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        wanted = httpx.Request(**sendable(case, client))
        target = wanted.url.raw_path.decode()
        request = client.signed(one.method, target, wanted.content)
        if "Idempotency-Key" in (case.headers or {}):
            request.headers["Idempotency-Key"] = case.headers["Idempotency-Key"]
        answer = client.http.send(request)
        response = schemathesis.Response.from_httpx(answer, verify=False)
        case.validate_response(response, checks=CHECKS)

    ask()


def sendable(case: Any, client: Rest) -> dict[str, Any]:
    """Method, address and body as schemathesis would send them."""
    parts = case.as_transport_kwargs(base_url=str(client.http.base_url).rstrip("/"))
    found = {"method": parts["method"], "url": parts["url"], "params": parts.get("params")}
    if "json" in parts:
        found["json"] = parts["json"]
    elif parts.get("data") is not None:
        found["content"] = parts["data"]
    return found


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Rest]]:
    """One of its own: what is asked here moves clocks and plays faults on everybody."""
    with serve(tmp_path_factory.mktemp("schema") / "data", "changliao.db") as (served, operator):
        yield served, operator
        served.audit()


@pytest.fixture(scope="module")
def shop_client(network: tuple[Served, Rest]) -> Any:
    made = network[1].made("/api/v1/merchants", name="Schema")
    client = Rest(network[0].base_url, made["rest_key"], made["rest_secret"])
    yield client
    client.http.close()
