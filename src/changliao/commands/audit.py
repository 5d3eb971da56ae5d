"""`changliao audit`: recompute every balance and the journal, and name the first fault."""

import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import click

from changliao.commands.context import open_database, read_config
from changliao.commands.options import data_option, json_option
from changliao.commands.options import show as show_fields
from changliao.operations import audit as auditing
from changliao.store.engine import Unavailable


@click.command()
@data_option
@json_option
def audit(folder: Path, *, as_json: bool) -> None:
    """Recompute every balance and the hash chain; exit 1 and name the first fault, if any.

    It reads one moment of the database and may run while payments go on.
    """
    engine = open_database(read_config(folder))
    try:
        with nullcontext() if as_json else _status(), engine.snapshot() as reader:
            report = auditing.check(reader)
    except Unavailable as error:
        unread = {"clean": False, "fault": "storage", "detail": str(error)}
        show_fields(unread, as_json=as_json)
        sys.exit(1)
    engine.close()
    fields = {
        "clean": report.fault is None,
        "transfers": report.transfers,
        "accounts": report.accounts,
        "orders": report.orders,
        "refunds": report.refunds,
        "journal": report.heads,
    }
    if report.fault is not None:
        fields |= {"fault": report.fault.check, "detail": report.fault.detail}
    show_fields(fields, as_json=as_json)
    sys.exit(0 if report.fault is None else 1)


def _status() -> AbstractContextManager[object]:
    from changliao.commands.terminal import console

    return console.status("Recomputing balances and the journal…")
