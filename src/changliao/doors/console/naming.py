"""Who and what: parties by name, accounts in words, and the orders a member may see."""

from collections.abc import Iterable

from msgspec import Struct

from changliao.core import chart, ids
from changliao.core.chart import AccountId
from changliao.core.ids import UserId
from changliao.core.members import Right
from changliao.core.orders import Order
from changliao.core.parties import Merchant
from changliao.doors.console.visit import Visit
from changliao.operations.network import Network
from changliao.store.views import orders, parties, search
from changliao.store.views.orders import Placed


class Party(Struct, frozen=True):
    """A user, a merchant, the network or a channel. `id` is empty for the last two."""

    name: str
    id: str = ""
    number: str = ""


class AccountShown(Struct, frozen=True):
    """An account as people read it."""

    party: Party
    purpose: str
    currency: str
    owner: int
    book: int


async def party(network: Network, owner: int) -> Party:
    """By its number in the ledger."""
    if owner == chart.NETWORK:
        return Party("network")
    if owner < chart.FIRST_PARTY:
        return Party(f"channel {owner}")
    merchant = await network.look_up(parties.merchant, owner)
    if merchant is not None:
        return Party(merchant.name, ids.show("mch", owner), merchant.number)
    user = await network.read(parties.user, UserId(owner))
    return Party(user.name if user else "", ids.show("usr", owner))


def book(number: int) -> tuple[str, str]:
    """What the money in a book is, and its currency. Raises KeyError or ValueError for no book."""
    account_id = chart.account(chart.NETWORK, number)
    return chart.purpose(account_id).name, chart.currency(account_id).code


async def parties_of(network: Network, owners: Iterable[int]) -> dict[int, Party]:
    """Many at once: as `party`, which asks for each."""
    wanted = {one for one in owners if one >= chart.FIRST_PARTY}
    merchants, users = await network.read(parties.called, wanted)
    named: dict[int, Party] = {one.id: Party(one.name, ids.show("usr", one.id)) for one in users}
    for one in merchants:
        named[one.id] = Party(one.name, ids.show("mch", one.id), one.number)
    for owner in owners:
        if owner not in named:
            named[owner] = await party(network, owner)
    return named


async def account(network: Network, account_id: AccountId) -> AccountShown:
    """Whose it is, and what the money in it is."""
    return account_of(await party(network, account_id.owner), account_id)


def account_of(owner: Party, account_id: AccountId) -> AccountShown:
    """The same of an owner who is known."""
    return AccountShown(
        owner,
        chart.purpose(account_id).name,
        chart.currency(account_id).code,
        account_id.owner,
        account_id.book,
    )


async def merchant_named(visit: Visit) -> Merchant | None:
    """The merchant of the address."""
    merchant_id = ids.parse("mch", visit.request.path_params["id"])
    return await visit.network.read(parties.merchant, merchant_id) if merchant_id else None


async def own_merchant(visit: Visit) -> Merchant:
    """Whose member this is."""
    found = await visit.network.read(parties.merchant, visit.member.organisation)
    if found is None:
        raise LookupError(f"member {visit.member.id} has no merchant")
    return found


def scope(visit: Visit) -> int:
    """Whose things a member sees: 0 is everybody's, for operators."""
    return 0 if visit.member.organisation == chart.NETWORK else visit.member.organisation


def prefix(visit: Visit) -> str:
    """Under which address the member's pages are."""
    return "/portal" if scope(visit) else "/console"


def belongs(visit: Visit, order: Order) -> bool:
    """May this member see the order: as operator, as its seller or as its provider?"""
    return scope(visit) in (0, order.merchant_id, order.partner_id)


def sells(visit: Visit, order: Order) -> bool:
    """Is it this member's to give money of the order back: as operator, or as its seller?"""
    return scope(visit) in (0, order.merchant_id)


def refunding(visit: Visit) -> Right:
    """The right to refund and to repair refunds, of an operator or of a merchant's member."""
    return Right.PORTAL_REFUND if scope(visit) else Right.REFUND_ORDERS


async def order_named(visit: Visit) -> Placed | None:
    """The order of the address; another merchant's is not found."""
    order_id = ids.parse("ord", visit.request.path_params["id"])
    if order_id is None:
        return None
    if scope(visit):
        own = await visit.network.read(orders.order, scope(visit), order_id)
        if own is not None:
            return own
    found = await visit.network.read(search.order_by_id, order_id)
    return found if found is not None and belongs(visit, found.order) else None
