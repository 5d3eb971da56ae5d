"""The table of routes: what is found by a path's beginning is what trying each would find."""

import pytest

from changliao.doors.rest.endpoint import API
from changliao.doors.rest.routes import TABLE
from changliao.web.asgi import Found, Routes, route

OURS = Routes(
    route(method, path, f"{method} {path}")
    for method, path in (
        ("POST", "/orders"),
        ("GET", "/orders"),
        ("GET", "/orders/{id}"),
        ("POST", "/orders/{id}/close"),
        ("GET", "/orders/newest"),
        ("POST", "/pay/{scene:native|app}"),
        ("POST", "/apply/?"),
        ("GET", "/files/{day}/{name}"),
    )
)


@pytest.mark.parametrize(
    ("method", "path", "wanted", "parts"),
    [
        ("POST", "/orders", "POST /orders", {}),
        ("GET", "/orders/7", "GET /orders/{id}", {"id": "7"}),
        ("GET", "/orders/newest", "GET /orders/newest", {}),
        ("POST", "/orders/7/close", "POST /orders/{id}/close", {"id": "7"}),
        ("POST", "/pay/native", "POST /pay/{scene:native|app}", {"scene": "native"}),
        ("POST", "/apply", "POST /apply/?", {}),
        ("POST", "/apply/", "POST /apply/?", {}),
        ("GET", "/files/1/a", "GET /files/{day}/{name}", {"day": "1", "name": "a"}),
    ],
)
def test_a_path_is_found(method: str, path: str, wanted: str, parts: dict[str, str]) -> None:
    found = OURS.find(method, path)
    assert isinstance(found, Found)
    assert (found.handler, found.parts) == (wanted, parts)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("DELETE", "/orders", 405),
        ("GET", "/orders/7/close", 405),
        ("POST", "/pay/card", 404),
        ("GET", "/orders/", 404),
        ("GET", "/order", 404),
        ("GET", "/apply//", 404),
        ("GET", "", 404),
        ("GET", "/", 404),
        ("GET", "//", 404),
        ("GET", "orders", 404),
    ],
)
def test_a_path_is_not_found(method: str, path: str, status: int) -> None:
    assert OURS.find(method, path) == status


def test_every_operation_is_found_by_a_path_of_its_own() -> None:
    table = Routes(route(one.method, API + one.path, one) for one in TABLE)
    for one in TABLE:
        path = (API + one.path).replace("{", "a-").replace("}", "")
        found = table.find(one.method, path)
        assert isinstance(found, Found)
        assert found.handler is one
