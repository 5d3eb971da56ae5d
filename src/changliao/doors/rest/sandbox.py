"""The developer sandbox over REST: its clock, faults, simulated payers. Elsewhere it is refused.

An operator acts for any merchant or, with none named, for all; a merchant only for itself.
"""

from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from changliao.core import ids
from changliao.core.clock import SECOND, Instant
from changliao.core.ids import MerchantId
from changliao.core.outcome import Reason, Refused
from changliao.core.sandbox import EVERYBODY, Act, AutomaticPayer, Faults, MoveClock
from changliao.doors.rest.call import Call, Door, commit, read_id
from changliao.doors.rest.endpoint import Endpoint, Who
from changliao.doors.rest.errors import Problem, refusal
from changliao.doors.rest.fields import (
    Limit,
    MerchantNumber,
    Moment,
    Nothing,
    OrderIdText,
    Reference,
    UserIdText,
    moment,
)
from changliao.operations import payers, sandbox
from changliao.operations.clock import ahead_us
from changliao.operations.payers import Payers
from changliao.operations.sandbox import MOVE_CLOCK, SET_RULE
from changliao.store.sandbox import Logged
from changliao.store.views import orders, parties
from changliao.store.views import sandbox as views
from changliao.store.views.orders import Placed
from changliao.web.causes import told
from changliao.web.differences import Difference, first_difference
from changliao.web.language import translations

AfterMs = Annotated[int, Meta(ge=0, le=3_600_000, description="Milliseconds to wait first")]
_COMING: Final = "coming"


class ClockForm(Struct, frozen=True, forbid_unknown_fields=True):
    """How many seconds the clock is ahead of real time from now on; never fewer than before."""

    ahead_s: Annotated[int, Meta(ge=0, le=1 << 40)]


class ClockShown(Struct, frozen=True):
    """What time it is in the sandbox."""

    now: Moment
    ahead_s: Annotated[int, Meta(ge=0)]


class FaultsForm(Struct, frozen=True, forbid_unknown_fields=True):
    """What notifications meet. What is left out is as it should be."""

    merchant: MerchantNumber | None = None
    delay_ms: Annotated[int, Meta(ge=0, le=600_000)] = 0
    drop: Annotated[int, Meta(ge=0, le=100, description="The first attempts to lose")] = 0
    duplicate: Annotated[int, Meta(ge=0, le=10, description="How many times more")] = 0
    reorder: bool = False


class FaultsShown(Struct, frozen=True):
    """What notifications meet."""

    delay_ms: int
    drop: int
    duplicate: int
    reorder: bool


class PayerForm(Struct, frozen=True, forbid_unknown_fields=True):
    """What happens to every new order by itself. `act` null: nothing any more."""

    act: Act | None
    merchant: MerchantNumber | None = None
    after_ms: AfterMs = 0


class PayerShown(Struct, frozen=True):
    """What happens to every new order by itself."""

    act: Act | None
    after_ms: int = 0


class ActForm(Struct, frozen=True, forbid_unknown_fields=True):
    """What a payer does with one order, named in one way.

    `code` is a code_url, prepay id or address; `reference` the merchant's own number.
    """

    act: Act = Act.PAY
    code: Annotated[str, Meta(max_length=2048)] | None = None
    reference: Reference | None = None
    order_id: OrderIdText | None = None
    merchant: MerchantNumber | None = None
    after_ms: AfterMs = 0


class ActShown(Struct, frozen=True):
    """What came of it: `outcome` is done, coming, or the reason why the network refused."""

    act: Act
    order_id: OrderIdText
    state: str
    outcome: str
    payer_id: UserIdText | UnsetType = UNSET


class MerchantQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Whose: operators name a merchant by its number, or mean everybody."""

    merchant: MerchantNumber | None = None


class RequestShown(Struct, frozen=True):
    """One request at an API door. `guess` says in words why a signature failed."""

    id: Annotated[str, Meta(pattern="^rqs_")]
    at: Moment
    door: str
    method: str
    target: str
    merchant: str
    status: int
    code: str
    duration_ms: float
    headers: dict[str, str]
    body: str
    answer: str
    guess: str
    string_to_sign: str
    our_digest: str
    their_digest: str
    signed_text: Annotated[str, Meta(description="What was signed instead, where it was found out")]
    difference: Difference | UnsetType = UNSET


class RequestsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """The newest, or with `after` those that came after one."""

    merchant: MerchantNumber | None = None
    after: Annotated[str, Meta(pattern="^rqs_")] | None = None
    limit: Limit = 50


class RequestsShown(Struct, frozen=True):
    """The oldest first."""

    data: list[RequestShown]


async def list_requests(door: Door, call: Call[Nothing, RequestsQuery]) -> RequestsShown:
    """List requests at the API doors, with secrets masked and failed signatures explained.

    They appear a moment after they were answered.
    """
    _payers(door)
    asked = call.query
    merchant_id = await _whose(door, call, asked.merchant)
    if asked.after:
        after = read_id("rqs", asked.after)
        found = await door.network.read(views.requests_after, after, merchant_id, asked.limit)
    else:
        found = await door.network.read(views.latest_requests, merchant_id, asked.limit)
    return RequestsShown([_request_shown(one) for one in found])


async def show_clock(door: Door, call: Call[Nothing, Nothing]) -> ClockShown:
    """Show what time it is in the sandbox."""
    _payers(door)
    ahead = await door.network.read(ahead_us)
    return ClockShown(moment(Instant(door.network.real_clock() + ahead)), ahead // SECOND)


async def move_clock(door: Door, call: Call[ClockForm, Nothing]) -> ClockShown:
    """Move the clock forward; the same again is no change.

    Orders expire and notifications are tried again by it. Signatures tell real time.
    """
    _payers(door)
    ahead = await commit(door, call, MOVE_CLOCK, MoveClock(call.form.ahead_s * SECOND))
    return ClockShown(moment(Instant(door.network.real_clock() + ahead)), ahead // SECOND)


async def show_faults(door: Door, call: Call[Nothing, MerchantQuery]) -> FaultsShown:
    """Show what notifications meet."""
    _payers(door)
    merchant_id = await _whose(door, call, call.query.merchant)
    return _shown(await sandbox.faults(door.network, merchant_id))


async def set_faults(door: Door, call: Call[FaultsForm, Nothing]) -> FaultsShown:
    """Delay, drop, duplicate or reorder notifications from now on."""
    _payers(door)
    form = call.form
    merchant_id = await _whose(door, call, form.merchant)
    faults = Faults(form.delay_ms, form.drop, form.duplicate, form.reorder)
    await commit(door, call, SET_RULE, sandbox.faults_rule(merchant_id, faults))
    return _shown(faults)


async def show_payer(door: Door, call: Call[Nothing, MerchantQuery]) -> PayerShown:
    """Show who acts on new orders by itself."""
    _payers(door)
    merchant_id = await _whose(door, call, call.query.merchant)
    known = await sandbox.automatic_payer(door.network, merchant_id)
    return PayerShown(known.act, known.after_ms) if known else PayerShown(None)


async def set_payer(door: Door, call: Call[PayerForm, Nothing]) -> PayerShown:
    """Let somebody act on every new order, or nobody."""
    _payers(door)
    form = call.form
    merchant_id = await _whose(door, call, form.merchant)
    payer = AutomaticPayer(form.act, form.after_ms) if form.act else None
    await commit(door, call, SET_RULE, sandbox.payer_rule(merchant_id, payer))
    return PayerShown(payer.act, payer.after_ms) if payer else PayerShown(None)


async def act(door: Door, call: Call[ActForm, Nothing]) -> ActShown:
    """Let a simulated payer act on one order.

    One with `after_ms`, or who comes late, acts after the answer.
    """
    coming = _payers(door)
    form = call.form
    placed, issue = await _order(door, call)
    if form.after_ms or form.act is Act.LATE:
        coming.later(placed.order, form.act, form.after_ms, issue)
        state = placed.order.state.name.lower()
        return ActShown(form.act, ids.show("ord", placed.order.id), state, _COMING)
    acted = await payers.perform(door.network, placed.order, form.act, issue)
    return msgspec.convert(payers.describe(acted), ActShown)


def _payers(door: Door) -> Payers:
    if door.payers is None:
        raise Problem("no_sandbox", "this network is no sandbox: see docs/configuration.md")
    return door.payers


async def _whose(door: Door, call: Call[Any, Any], number: str | None) -> MerchantId:
    """Raises Problem 403 for another merchant, 404 for none."""
    own = call.caller.key.merchant_id
    if number is None:
        return EVERYBODY if call.caller.is_operator else own
    merchant = await door.network.look_up(parties.merchant_by_number, number)
    if merchant is None:
        raise refusal(Refused(Reason.MERCHANT_NOT_FOUND))
    if not call.caller.is_operator and merchant.id != own:
        raise Problem("not_permitted", "a merchant's key speaks for that merchant only")
    return merchant.id


async def _order(door: Door, call: Call[ActForm, Nothing]) -> tuple[Placed, int]:
    """The order and its link's issue (0: no link was given). Raises Problem 400, 403 or 404."""
    form, network = call.form, door.network
    if sum(one is not None for one in (form.code, form.reference, form.order_id)) != 1:
        raise Problem("malformed", "give one of code, reference and order_id")
    found: tuple[Placed, int] | None
    if form.code is not None:
        found = await payers.find_by_code(network, form.code)
    else:
        merchant_id = await _whose(door, call, form.merchant)
        if merchant_id == EVERYBODY:
            raise Problem("malformed", "operators name the merchant by its number", "merchant")
        placed = await _named(door, merchant_id, form)
        found = (placed, 0) if placed else None
    mine = found and payers.belongs(found[0].order, call.caller.key.merchant_id)
    if found is None or not (mine or call.caller.is_operator):
        raise refusal(Refused(Reason.ORDER_NOT_FOUND))
    return found


async def _named(door: Door, merchant_id: MerchantId, form: ActForm) -> Placed | None:
    if form.reference is not None:
        return await door.network.read(orders.order_by_reference, merchant_id, 0, form.reference)
    order_id = read_id("ord", form.order_id or "")
    return await door.network.read(orders.order, merchant_id, order_id)


def _shown(faults: Faults) -> FaultsShown:
    return FaultsShown(faults.delay_ms, faults.drop, faults.duplicate, faults.reorder)


def _request_shown(logged: Logged) -> RequestShown:
    fields = msgspec.structs.asdict(sandbox.read_record(logged))
    guess = told(translations("en").gettext, fields.pop("causes"))
    differs = first_difference(fields["string_to_sign"], fields["signed_text"]) or UNSET
    return RequestShown(ids.show("rqs", logged.id), guess=guess, difference=differs, **fields)


_OFF: Final = ("no_sandbox",)
_WHOSE: Final = ("no_sandbox", Reason.MERCHANT_NOT_FOUND)
ENDPOINTS: Final = (
    Endpoint(
        "GET", "/sandbox/clock", show_clock, Who.EITHER, Nothing, Nothing, ClockShown, 200, _OFF
    ),
    Endpoint(
        "POST", "/sandbox/clock", move_clock, Who.OPERATOR, ClockForm, Nothing, ClockShown, 200,
        (*_OFF, Reason.CLOCK_NOT_MOVED), repeats=True,
    ),
    Endpoint(
        "GET", "/sandbox/faults", show_faults, Who.EITHER, Nothing, MerchantQuery, FaultsShown,
        200, _WHOSE,
    ),
    Endpoint(
        "POST", "/sandbox/faults", set_faults, Who.EITHER, FaultsForm, Nothing, FaultsShown, 200,
        _WHOSE, repeats=True,
    ),
    Endpoint(
        "GET", "/sandbox/payer", show_payer, Who.EITHER, Nothing, MerchantQuery, PayerShown, 200,
        _WHOSE,
    ),
    Endpoint(
        "POST", "/sandbox/payer", set_payer, Who.EITHER, PayerForm, Nothing, PayerShown, 200,
        _WHOSE, repeats=True,
    ),
    Endpoint(
        "GET", "/sandbox/requests", list_requests, Who.EITHER, Nothing, RequestsQuery,
        RequestsShown, 200, _WHOSE,
    ),
    Endpoint(
        "POST", "/sandbox/acts", act, Who.EITHER, ActForm, Nothing, ActShown, 200,
        (*_WHOSE, Reason.ORDER_NOT_FOUND), repeats=True,
    ),
)  # fmt: skip
