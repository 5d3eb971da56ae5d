"""What docs/doors/rest.md says is true when tried: the worked example runs, the vector signs."""

import hmac
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

from changliao.core.outcome import Reason
from changliao.doors.rest.endpoint import API
from changliao.doors.rest.errors import STATUS_OF
from changliao.doors.rest.routes import TABLE
from tests.served import Rest, Served

TEXT = (Path(__file__).parents[2] / "docs" / "doors" / "rest.md").read_text("utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


def test_the_worked_example_places_an_order(sandbox: tuple[Served, Rest]) -> None:
    served, operator = sandbox
    made = operator.made("/api/v1/merchants", name="Example")
    example = next(block for block in BLOCKS if "def call(" in block)
    example = example.replace("127.0.0.1:8964", f"127.0.0.1:{served.port}")
    example = example.replace('"key_…"', repr(made["rest_key"]))
    example = example.replace('"…"', repr(made["rest_secret"]), 1)
    names: dict[str, Any] = {}
    exec(compile(example, "docs/doors/rest.md", "exec"), names)
    assert names["status"] == 201
    shown = re.search(r'```json\n(\{"id": "ord_.*?)```', TEXT, re.DOTALL)
    assert shown
    assert set(re.findall(r'"(\w+)":', shown[1])) == set(names["order"])


def test_the_vector_signs_as_it_says() -> None:
    text, signature = re.findall(r"^(?:text {7}|signature  )(\S.*)$", TEXT, re.MULTILINE)
    message = text.replace("\\n", "\n").encode()
    assert hmac.digest(bytes(32), message, "sha256").hex() == signature


def test_the_list_of_routes_is_whole() -> None:
    listed = re.findall(r"^\| `([A-Z]+ /\S+)` \|", TEXT, re.MULTILINE)
    assert sorted(listed) == sorted(f"{one.method} {API}{one.path}" for one in TABLE)


def test_every_reason_of_the_network_is_listed_with_its_status() -> None:
    table = TEXT.partition("The reasons of the network")[2].partition("\n\n`busy`")[0]
    rows = re.findall(r"^\| (\d{3}) \| (.*) \|$", table, re.MULTILINE)
    told = {int(status): sorted(re.findall(r"`(\w+)`", names)) for status, names in rows}
    kept: dict[int, list[str]] = defaultdict(list)
    for reason in Reason:
        kept[STATUS_OF[reason.value]].append(reason.value)
    assert told == {status: sorted(names) for status, names in kept.items()}
