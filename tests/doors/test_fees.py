"""What a merchant pays for each method, over REST."""

from typing import Any

import pytest

from tests.doors.test_rest_packets import Sandbox, refused
from tests.doors.test_rest_platforms import rest_of
from tests.served import Shop


def test_a_method_has_a_rate_of_its_own_until_it_has_not(sandbox: Sandbox, shop: Shop) -> None:
    operator, path = sandbox[1], f"/api/v1/merchants/{shop.mchid}/fees"
    key = rest_of(shop)

    def rates() -> dict[str, Any]:
        listed = key.get(path).json()["data"]
        return {one["method"]: (one["fee_bps"], one["own"]) for one in listed}

    usual = rates()["changliao"]
    assert not usual[1]
    made = operator.post(path, method="netbank", fee_bps=25)
    assert made.status_code == 200
    assert made.json().items() >= {"method": "netbank", "fee_bps": 25, "own": True}.items()
    assert rates() | {"netbank": usual} == dict.fromkeys(rates(), usual)
    assert rates()["netbank"] == (25, True)
    assert operator.post(path, method="netbank", fee_bps=None).json()["fee_bps"] == usual[0]
    assert rates()["netbank"] == usual
    assert refused(key.post(path, method="netbank", fee_bps=1)) == (403, "not_permitted")
    key.http.close()


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"method": "gold", "fee_bps": 1}, (422, "method_unknown")),
        ({"method": "changliao", "fee_bps": 1}, (422, "fee_invalid")),
        ({"method": "netbank", "fee_bps": 10_001}, (400, "malformed")),
        ({"method": "netbank", "fee_bps": -1}, (400, "malformed")),
        ({"method": "netbank"}, (400, "malformed")),
    ],
    ids=str,
)
def test_a_rate_that_makes_no_sense_is_refused(
    sandbox: Sandbox, shop: Shop, form: Any, expected: Any
) -> None:
    answer = sandbox[1].post(f"/api/v1/merchants/{shop.mchid}/fees", **form)
    assert refused(answer) == expected
