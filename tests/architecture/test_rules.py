"""The rules of the house that no linter knows."""

import ast
import os
import re
import tomllib
from pathlib import Path

import msgspec
import pytest

from changliao.config import Config
from changliao.store import statements

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "changliao"
MODULES = sorted(SOURCE.rglob("*.py"))
MODULE_LINES, FUNCTION_LINES, PARAMETERS = 400, 60, 7
# More parameters than that, and why.
MANY_PARAMETERS = {"run": "whatever a scenario says can be said otherwise for one run of the lab"}
# Functions that may import, and why.
LATE_IMPORTS = {
    "_alipay_channel": "few networks call another's gateway; the HTTP client takes its time",
    "_deliverer": "the first answer does not wait for the HTTP client",
    "_encoded": "the first answer draws no QR code",
    "_outputs": "most runs of the lab write no table: pyarrow takes a tenth of a second",
    "_status": "a program that reads JSON watches no progress",
    "get_command": "a command does without what the others need",
    "open_engine": "an embedded network does not start PostgreSQL's driver",
    "_reader": "most processes are never shown a picture",
    "_loops": "only who follows each person waits for Numba, half a second",
    "_library": "most processes are never shown a passkey",
    "_runs": "a page and a call need NumPy, which takes its time",
}
RINGS = (
    *("core", "store", "operations", "market", "doors", "workers", "web", "commands"),
    *("examples", "sim"),
)
# Functions that nothing here calls, and who does.
CALLED_FROM_OUTSIDE = {
    **dict.fromkeys(
        ("habit_shares", "wallet_removed", "tipping_share", "coexistence", "bass", "bass_peak",
         "two_sided_prices", "stationary", "logit_demand", "switching"),
        "a strategist's notebook: the closed forms and estimators of docs/market/model.md",
    ),
}  # fmt: skip
# What a statement's name ends with when it is a table's.
OF_A_TABLE = re.compile(r"_(find|insert|update|delete|some)$")
NAMES_NOT_HERE = {"utils", "helpers", "common", "manager", "base", "misc"}
DOCUMENTS = [
    *ROOT.glob("*.md"),
    *(ROOT / "docs").rglob("*.md"),
    ROOT / "Makefile",
    ROOT / "pyproject.toml",
    ROOT / ".ci" / "run",
]


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def functions(tree: ast.Module) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [node for node in ast.walk(tree) if isinstance(node, kinds)]


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_a_module_is_small_and_says_what_it_decides(path: Path) -> None:
    text = path.read_text("utf-8")
    tree = ast.parse(text)
    assert len(text.splitlines()) <= MODULE_LINES
    assert ast.get_docstring(tree)
    if path.name == "__init__.py":
        assert len(tree.body) == 1, "an __init__ holds one docstring and nothing else"
    assert path.stem not in NAMES_NOT_HERE


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_functions_are_short_and_import_nothing(path: Path) -> None:
    for function in functions(ast.parse(path.read_text("utf-8"))):
        where = f"{named(path)}:{function.lineno} {function.name}"
        assert (function.end_lineno or 0) - function.lineno < FUNCTION_LINES, where
        inside = [n for n in ast.walk(function) if isinstance(n, (ast.Import, ast.ImportFrom))]
        assert not inside or function.name in LATE_IMPORTS, f"{where} imports"
        parameters = len(function.args.args) + len(function.args.kwonlyargs)
        assert parameters <= PARAMETERS or function.name in MANY_PARAMETERS, where


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_nothing_is_looked_up_by_name_or_left_for_type_checkers(path: Path) -> None:
    text = path.read_text("utf-8")
    assert "TYPE_CHECKING" not in text
    assert "import_module" not in text
    for found in re.finditer(r"#\s*(noqa|type: ignore)(.*)", text):
        assert re.search(r":?\s*[\w\[\]-]+.*", found[2]), f"{named(path)}: {found[0]} has no rule"


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_a_fields_pattern_ends_with_the_text(path: Path) -> None:
    """`$` lets a line feed follow; the document of the REST API writes it for `\\Z`."""
    for field in re.findall(r"\bMeta\(.*pattern=.*", path.read_text("utf-8")):
        assert '$"' not in field, f"{named(path)}: {field}"


def test_every_function_is_called() -> None:
    trees = [ast.parse(path.read_text("utf-8")) for path in MODULES]
    known = {
        getattr(node, "id", None) or getattr(node, "attr", None)
        for tree in trees
        for node in ast.walk(tree)
    }
    entries = set(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["scripts"])
    idle = {
        node.name
        for tree in trees
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.decorator_list
    } - known
    assert idle - entries == set(CALLED_FROM_OUTSIDE)


def test_every_statement_is_used() -> None:
    texts = {
        node.value
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    idle = {
        name
        for name in statements.load("sqlite") | statements.load("postgresql")
        if name not in texts and OF_A_TABLE.sub("", name) not in texts
    }
    assert idle == set()


def test_every_folder_is_a_ring() -> None:
    folders = {path.name for path in SOURCE.iterdir() if path.is_dir()} - {"__pycache__"}
    assert folders == set(RINGS)


def test_every_dependency_has_its_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    project = tomllib.loads(text)
    wanted = [*project["project"]["dependencies"]]
    wanted += [one for group in project["dependency-groups"].values() for one in group]
    for one in wanted:
        line = next(line for line in text.splitlines() if f'"{one}"' in line)
        assert re.search(r"#\s*\S+ \S+", line), f"{one} has no reason"


def test_the_lockfile_names_no_host_but_the_public_index() -> None:
    hosts = set(re.findall(r"https?://([^/\"]+)", (ROOT / "uv.lock").read_text("utf-8")))
    assert hosts <= {"pypi.org", "files.pythonhosted.org"}


def test_every_setting_is_documented() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    for name in msgspec.structs.fields(Config):
        assert f"`{name.name}`" in text, name.name
        assert f"CHANGLIAO_{name.name.upper()}" in text, name.name


def test_every_make_target_is_explained() -> None:
    text = (ROOT / "Makefile").read_text("utf-8")
    phony = re.search(r"^\.PHONY: (.+)$", text, re.MULTILINE)
    assert phony
    for target in phony[1].split():
        assert re.search(rf"^{target}:", text, re.MULTILINE), target


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_documents_name_no_machine(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not re.search(r"/(home|root|work|Users)/\w|/tmp/\w", text)


@pytest.mark.parametrize("path", [p for p in DOCUMENTS if p.suffix == ".md"], ids=named)
def test_links_between_documents_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", path.read_text("utf-8")):
        assert (path.parent / target).exists(), f"{named(path)}: {target}"


@pytest.mark.parametrize("path", [p for p in DOCUMENTS if p.suffix == ".md"], ids=named)
def test_tests_that_documents_name_exist(path: Path) -> None:
    for file, test in re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", path.read_text("utf-8")):
        assert f"def {test}(" in (ROOT / file).read_text("utf-8"), f"{file}::{test}"


@pytest.mark.parametrize("path", [p for p in DOCUMENTS if p.suffix == ".md"], ids=named)
def test_files_that_documents_name_exist(path: Path) -> None:
    for target in re.findall(
        r"`((?:src|tests|docs|bench)/[\w/.-]+\.\w+)`", path.read_text("utf-8")
    ):
        assert "NNNN" in target or (ROOT / target).exists(), f"{named(path)}: {target}"


@pytest.fixture(scope="module")
def shared() -> str:
    return "made once"


def test_tests_that_share_run_in_one_process(request: pytest.FixtureRequest, shared: str) -> None:
    """A release of pytest once made xdist forget groups, and everything was made twice."""
    if os.environ.get("PYTEST_XDIST_WORKER") and request.config.getoption("loadgroup"):
        assert request.node.nodeid.endswith("@architecture test_rules"), shared
