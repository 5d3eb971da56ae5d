"""The table of docs/compatibility.md: written whole, checked, and stale when something changed."""

from pathlib import Path

import pytest

from tests.e2e.compatibility import NOT_OFFERED, WORKED, Table

CALLS = {"pay": "`POST /pay`", "query": "`GET /query`"}


def table(title: str = "One", **seen: str) -> Table:
    made = Table(title, ["sdk a", "sdk b"], CALLS)
    for call, result in seen.items():
        made.note("sdk a", call, result)
    return made


def document(path: Path, monkeypatch: pytest.MonkeyPatch, *tables: Table) -> Path:
    """A document that these tables wrote."""
    with monkeypatch.context() as environment:
        environment.setenv("WRITE_DOCS", "1")
        for one in tables:
            one.check(path / "page.md")
    return path / "page.md"


def test_what_was_written_is_found_true(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WRITE_DOCS", raising=False)
    page = document(tmp_path, monkeypatch, table("Two", pay=WORKED), table(query=NOT_OFFERED))
    text = page.read_text("utf-8")
    assert text.index("## One") < text.index("## Two")
    assert "| pay | `POST /pay` | ✓ |   |" in text
    table("Two", pay=WORKED).check(page)
    table(query=NOT_OFFERED).check(page)


def test_a_part_of_the_run_checks_its_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WRITE_DOCS", raising=False)
    page = document(tmp_path, monkeypatch, table(pay=WORKED, query=WORKED))
    table(pay=WORKED).check(page)


def test_another_result_makes_the_page_stale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WRITE_DOCS", raising=False)
    page = document(tmp_path, monkeypatch, table(pay=WORKED))
    with pytest.raises(AssertionError, match="make docs"):
        table(pay=NOT_OFFERED).check(page)
    with pytest.raises(AssertionError, match="make docs"):
        Table("One", ["sdk a"], CALLS).check(page)


def test_an_sdk_that_was_not_run_keeps_its_column(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WRITE_DOCS", raising=False)
    both = table(pay=WORKED, query=WORKED)
    both.note("sdk b", "pay", WORKED)
    page = document(tmp_path, monkeypatch, both)
    document(tmp_path, monkeypatch, table(query=NOT_OFFERED))
    assert "| pay | `POST /pay` |   | ✓ |" in page.read_text("utf-8")


def test_nobody_notes_what_nobody_declared() -> None:
    with pytest.raises(AssertionError, match="no row"):
        table().note("sdk a", "refund", WORKED)
    with pytest.raises(AssertionError, match="no column"):
        table().note("sdk c", "pay", WORKED)
