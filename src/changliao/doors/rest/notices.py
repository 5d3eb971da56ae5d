"""Notices over REST: where a merchant hears of stores, escrow, disputes and budgets."""

from typing import Any, Final, Literal

from msgspec import Struct

from changliao.core import ids
from changliao.core.budgets import BudgetState
from changliao.core.events import Event, EventKind
from changliao.core.notices import Noticed
from changliao.core.outcome import Reason
from changliao.doors.rest import merchants
from changliao.doors.rest.call import Call, Door, perform
from changliao.doors.rest.disputes import show_dispute
from changliao.doors.rest.endpoint import Endpoint, Who
from changliao.doors.rest.fields import BudgetIdText, Count, MerchantIdText, Name, Nothing
from changliao.doors.rest.holdings import show_holding
from changliao.doors.rest.platforms import show_store
from changliao.doors.rest.split_forms import Address
from changliao.operations.network import Network
from changliao.operations.notices import SET
from changliao.store.views import budgets, disputes, notices, platforms, splits

StateName = Literal["open", "paused", "closed"]


class NoticesForm(Struct, frozen=True, forbid_unknown_fields=True):
    """Where notices go; empty: nowhere."""

    notify_url: Address


class NoticesShown(Struct, frozen=True):
    """Where a merchant's notices go; empty: nowhere."""

    merchant_id: MerchantIdText
    notify_url: str


class BudgetNotice(Struct, frozen=True):
    """A budget: `left` is set aside and not promised."""

    id: BudgetIdText
    merchant_id: MerchantIdText
    name: Name
    state: StateName
    funded: Count
    left: Count


async def show(door: Door, call: Call[Nothing, Nothing]) -> NoticesShown:
    """Show where a merchant hears of stores, escrow, disputes and budgets."""
    merchant = await merchants.find(door, call)
    return _shown(await door.network.read(notices.noticed, merchant.id))


async def change(door: Door, call: Call[NoticesForm, Nothing]) -> Any:
    """Say where a merchant hears of stores, escrow, disputes and budgets.

    The same address again is no change; an empty one ends the letters.
    """
    merchant = await merchants.find(door, call)
    return await perform(door, call, SET, Noticed(merchant.id, call.form.notify_url), _shown)


async def subject_of(network: Network, event: Event) -> tuple[str, Struct] | None:
    """Where a notice goes and what it is about, as it stands now; None when that is gone."""
    url = (await network.read(notices.noticed, event.merchant_id)).notify_url
    told = await _subject(network, event)
    return (url, told) if told is not None else None


async def _subject(network: Network, event: Event) -> Struct | None:
    mine, subject = event.merchant_id, event.subject_id
    match event.kind:
        case EventKind.STORE_APPLIED | EventKind.STORE_DECIDED:
            applied = event.kind is EventKind.STORE_APPLIED
            sides = (mine, subject) if applied else (subject, mine)
            stores = await network.read(platforms.stores, *sides)
            return show_store(stores[0]) if stores else None
        case EventKind.ESCROW_RELEASED:
            holding = await network.read(splits.holding, mine, subject)
            return show_holding(holding) if holding else None
        case EventKind.DISPUTE_OPENED | EventKind.DISPUTE_ENDED:
            dispute = await network.read(disputes.dispute, mine, subject)
            return show_dispute(dispute) if dispute else None
        case _:
            return await _budget(network, event)


async def _budget(network: Network, event: Event) -> BudgetNotice | None:
    known = await network.read(budgets.budget, event.merchant_id, event.subject_id)
    if known is None:
        return None
    figures = await network.read(budgets.figures, known)
    return BudgetNotice(
        ids.show("bdg", known.id),
        ids.show("mch", known.owner_id),
        known.name,
        _STATES[known.state],
        known.funded,
        figures.left,
    )


def _shown(known: Noticed) -> NoticesShown:
    return NoticesShown(ids.show("mch", known.merchant_id), known.notify_url)


_STATES: Final[dict[BudgetState, StateName]] = {
    BudgetState.OPEN: "open",
    BudgetState.PAUSED: "paused",
    BudgetState.CLOSED: "closed",
}
ENDPOINTS: Final = (
    Endpoint(
        "GET", "/merchants/{number}/notices", show, Who.EITHER, Nothing, Nothing, NoticesShown,
        200, (Reason.MERCHANT_NOT_FOUND,),
    ),
    Endpoint(
        "POST", "/merchants/{number}/notices", change, Who.EITHER, NoticesForm, Nothing,
        NoticesShown, 200, (Reason.MERCHANT_NOT_FOUND,), repeats=True,
    ),
)  # fmt: skip
