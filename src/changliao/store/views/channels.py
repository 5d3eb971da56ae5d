"""Reading channels, what was asked of them, and the sandbox bank's books."""

from collections.abc import Iterable, Iterator
from typing import Final

from changliao.core.bank import BankEntry, FaultRule
from changliao.core.channels import Channel, ChannelRequest, RequestKind
from changliao.core.clock import Instant
from changliao.store.bank import entry_from_row, rule_from_row
from changliao.store.channels import channel_from_row, request_from_row
from changliao.store.engine import Reader

_PAGE: Final = 20_000


def channels(reader: Reader) -> list[Channel]:
    """Every channel: they are few."""
    return [channel_from_row(row) for row in reader.select("channels_all", {})]


def request(reader: Reader, owner_id: int, request_id: int) -> ChannelRequest | None:
    """By owner and id."""
    keys = {"owner_id": owner_id, "request_id": request_id}
    rows = reader.select("channel_request_by_id", keys)
    return request_from_row(rows[0]) if rows else None


def due(reader: Reader, now: Instant, most: int) -> list[ChannelRequest]:
    """What became of these is not known, and it is time to look."""
    rows = reader.select("channel_requests_due", {"now": now, "most": most})
    return [request_from_row(row) for row in rows]


def waiting(reader: Reader, now: Instant, most: int) -> list[ChannelRequest]:
    """Returns of which nobody has asked yet."""
    rows = reader.select("channel_requests_waiting", {"now": now, "most": most})
    return [request_from_row(row) for row in rows]


def of_owner(
    reader: Reader, owner_id: int, kind: RequestKind, before: int, most: int
) -> list[ChannelRequest]:
    """A party's requests of one kind, newest first."""
    keys = {"owner_id": owner_id, "kind": int(kind), "before": before, "most": most}
    return [request_from_row(row) for row in reader.select("channel_requests_of", keys)]


def requests(
    reader: Reader, channel_id: int, state: int, before: int, most: int
) -> list[ChannelRequest]:
    """Everybody's requests, newest first; 0 is any channel, any state."""
    keys = {"channel_id": channel_id, "state": state, "before": before, "most": most}
    return [request_from_row(row) for row in reader.select("channel_requests_list", keys)]


def named(reader: Reader, channel_id: int, numbers: Iterable[int]) -> list[ChannelRequest]:
    """Requests of one channel by their numbers, whoever asked."""
    keys = [(channel_id, number) for number in numbers]
    return [request_from_row(row) for row in reader.find("channel_requests_by_number", keys)]


def booked(
    reader: Reader, channel_id: int, currency: int, begins: Instant, ends: Instant
) -> list[ChannelRequest]:
    """What a channel moved for us in this time, as we say."""
    keys = {"channel_id": channel_id, "currency": currency, "begins": begins, "ends": ends}
    return [request_from_row(row) for row in reader.select("channel_requests_booked", keys)]


def payouts_asked(
    reader: Reader, channel_id: int, currency: int, begins: Instant, ends: Instant
) -> list[ChannelRequest]:
    """What a channel was asked to pay out in this time, whatever became of it."""
    keys = {"channel_id": channel_id, "currency": currency, "begins": begins, "ends": ends}
    return [request_from_row(row) for row in reader.select("channel_payouts_asked", keys)]


def all_requests(reader: Reader) -> Iterator[ChannelRequest]:
    """Every request, for the audit."""
    owner_id = request_id = 0
    while rows := reader.select(
        "audit_channel_requests", {"owner_id": owner_id, "request_id": request_id, "most": _PAGE}
    ):
        yield from map(request_from_row, rows)
        owner_id, request_id = rows[-1][:2]


def all_top_ups(reader: Reader) -> dict[tuple[int, int], int]:
    """What was credited to wallets, by user and id, for the audit."""
    return {(row[0], row[1]): row[2] for row in reader.select("audit_top_ups", {})}


def bank_entry(reader: Reader, channel_id: int, number: int) -> BankEntry | None:
    """What the sandbox bank knows of an instruction."""
    keys = {"channel_id": channel_id, "entry": number}
    rows = reader.select("bank_entry_by_number", keys)
    return entry_from_row(rows[0]) if rows else None


def bank_faults(reader: Reader, channel_id: int) -> list[FaultRule]:
    """What the next instructions meet, by kind."""
    rows = reader.select("bank_faults_of", {"channel_id": channel_id})
    return [rule_from_row(row) for row in rows]


def bank_entries(
    reader: Reader, channel_id: int, currency: int, begins: Instant, ends: Instant
) -> list[BankEntry]:
    """What the sandbox bank booked in this time."""
    keys = {"channel_id": channel_id, "currency": currency, "begins": begins, "ends": ends}
    return [entry_from_row(row) for row in reader.select("bank_entries_booked", keys)]


def bank_balance(reader: Reader, channel_id: int, currency: int, before: Instant) -> int:
    """What its statements up to then say of our account."""
    keys = {"channel_id": channel_id, "currency": currency, "begins": before}
    return int(reader.select("bank_balance_before", keys)[0][0])
