"""`changliao sandbox requests`: what callers asked at the API doors, and why it failed."""

import asyncio
from pathlib import Path
from typing import Final

import click
import msgspec

from changliao.commands.context import merchant_or_everybody, run, visit_sandbox
from changliao.commands.options import data_option, json_option
from changliao.core import ids
from changliao.core.ids import MerchantId
from changliao.operations.network import Network
from changliao.operations.sandbox import RequestRecord, read_record
from changliao.store.sandbox import Logged
from changliao.store.views import sandbox
from changliao.web.causes import told
from changliao.web.differences import first_difference
from changliao.web.language import translations

_LOOK_EVERY_S: Final = 0.3
_MOST_AT_ONCE: Final = 200
_CLIENT_ERROR: Final = 400


@click.command()
@data_option
@click.option("--merchant", help="Only this merchant's, by number.")
@click.option("--failed", is_flag=True, help="Only those that were refused.")
@click.option("--most", type=click.IntRange(1, 2000), default=20, show_default=True)
@click.option("--follow", "-f", is_flag=True, help="Go on with new ones until interrupted.")
@json_option
def requests(
    folder: Path, merchant: str | None, *, failed: bool, most: int, follow: bool, as_json: bool
) -> None:
    """The newest requests at the API doors, with secrets masked.

    A signature that failed is explained: the text we verified, both digests where the public key
    tells the caller's, and what was probably signed instead. --json prints a line for each.
    """

    async def work() -> None:
        async with visit_sandbox(folder) as network:
            merchant_id = await merchant_or_everybody(network, merchant)
            found = await network.read(sandbox.latest_requests, merchant_id, most)
            _print(found, failed=failed, as_json=as_json)
            if follow:
                last = found[-1].id if found else 0
                await _follow(network, merchant_id, last, failed=failed, as_json=as_json)

    run(work())


async def _follow(
    network: Network, merchant_id: MerchantId, last: int, *, failed: bool, as_json: bool
) -> None:
    while True:
        await asyncio.sleep(_LOOK_EVERY_S)
        found = await network.read(sandbox.requests_after, last, merchant_id, _MOST_AT_ONCE)
        _print(found, failed=failed, as_json=as_json)
        last = found[-1].id if found else last


def _print(found: list[Logged], *, failed: bool, as_json: bool) -> None:
    for logged in found:
        record = read_record(logged)
        if failed and record.status < _CLIENT_ERROR and not record.code:
            continue
        if as_json:
            fields = {"id": ids.show("rqs", logged.id), **msgspec.to_builtins(record)}
            if fields.pop("causes", None):
                fields["guess"] = _why(record)
            differs = first_difference(record.string_to_sign, record.signed_text)
            if differs is not None:
                fields["difference"] = msgspec.to_builtins(differs)
            click.echo(msgspec.json.encode(fields))
        else:
            click.echo(_line(record))


def _line(record: RequestRecord) -> str:
    head = f"{record.at} {record.door} {record.merchant or '-'} {record.method} {record.target}"
    text = f"{head} {record.status} {record.code or 'ok'} {record.duration_ms} ms"
    if record.causes:
        text += f"\n    why        {_why(record)}"
    if record.string_to_sign:
        told = record.string_to_sign.replace("\n", "\n               ")
        text += f"\n    we signed  {told}\n    our SHA-256    {record.our_digest}"
    if record.their_digest:
        text += f"\n    their SHA-256  {record.their_digest}"
    differs = first_difference(record.string_to_sign, record.signed_text)
    if differs is not None:
        text += f"\n    differs        in line {differs.line}, after {differs.same!r}:"
        text += f"\n      we sign      {differs.ours}\n      they signed  {differs.theirs}"
    return text


def _why(record: RequestRecord) -> str:
    return told(translations("en").gettext, record.causes)
