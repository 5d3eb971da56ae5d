"""What docs/doors/rest.md says is true when tried: the worked example runs, the vector signs."""

import hmac
import re
from pathlib import Path
from typing import Any

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
