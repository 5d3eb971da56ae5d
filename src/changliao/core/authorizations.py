"""Authorizations: a user's money is frozen for a merchant, and captured part by part into orders.

Frozen money leaves the wallet for an account of the user's own (chart.reserved): the user cannot
spend it, and the merchant does not have it yet. Each capture pays one order from there; what is
released goes back to the wallet. Together they never exceed what was frozen.
Refuses: freezing for another payer, twice or late, capturing or releasing more than is left.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from changliao.core import chart
from changliao.core.clock import NEVER, Instant
from changliao.core.confirmations import Act, ActKind, Proven
from changliao.core.ids import (
    AppId,
    AuthorizationId,
    AuthorizationStepId,
    MerchantId,
    OrderId,
    PaymentId,
    UserId,
)
from changliao.core.ledger import Account, Code, Transfer
from changliao.core.money import MAX_AMOUNT, Money
from changliao.core.orders import Payment, PayOrder, PlaceOrder, decide_payment, decide_placing
from changliao.core.outcome import Reason, Refused
from changliao.core.paycodes import PayCode, is_small


class AuthorizationState(IntEnum):
    """The number is stored. FINISHED: nothing is frozen any more; CLOSED: nothing was taken."""

    __hash__ = int.__hash__

    OPEN = 1
    FROZEN = 2
    FINISHED = 3
    CLOSED = 4


class AuthorizationEvent(IntEnum):
    """What can be asked of an authorization."""

    __hash__ = int.__hash__

    FREEZE = 1
    CAPTURE = 2
    RELEASE = 3
    CANCEL = 4
    EXPIRE = 5


_OPEN, _FROZEN = AuthorizationState.OPEN, AuthorizationState.FROZEN
_FINISHED, _CLOSED = AuthorizationState.FINISHED, AuthorizationState.CLOSED
TRANSITIONS: Final[
    Mapping[tuple[AuthorizationState, AuthorizationEvent], AuthorizationState | Reason]
] = {
    (_OPEN, AuthorizationEvent.FREEZE): _FROZEN,
    (_OPEN, AuthorizationEvent.CAPTURE): Reason.AUTHORIZATION_NOT_FROZEN,
    (_OPEN, AuthorizationEvent.RELEASE): Reason.AUTHORIZATION_NOT_FROZEN,
    (_OPEN, AuthorizationEvent.CANCEL): _CLOSED,
    (_OPEN, AuthorizationEvent.EXPIRE): _CLOSED,
    (_FROZEN, AuthorizationEvent.FREEZE): Reason.AUTHORIZATION_FROZEN,
    (_FROZEN, AuthorizationEvent.CAPTURE): _FROZEN,
    (_FROZEN, AuthorizationEvent.RELEASE): _FROZEN,
    (_FROZEN, AuthorizationEvent.CANCEL): _CLOSED,
    (_FROZEN, AuthorizationEvent.EXPIRE): _FINISHED,
    (_FINISHED, AuthorizationEvent.FREEZE): Reason.AUTHORIZATION_FINISHED,
    (_FINISHED, AuthorizationEvent.CAPTURE): Reason.AUTHORIZATION_FINISHED,
    (_FINISHED, AuthorizationEvent.RELEASE): Reason.AUTHORIZATION_FINISHED,
    (_FINISHED, AuthorizationEvent.CANCEL): Reason.AUTHORIZATION_FINISHED,
    (_FINISHED, AuthorizationEvent.EXPIRE): Reason.AUTHORIZATION_FINISHED,
    (_CLOSED, AuthorizationEvent.FREEZE): Reason.AUTHORIZATION_CLOSED,
    (_CLOSED, AuthorizationEvent.CAPTURE): Reason.AUTHORIZATION_CLOSED,
    (_CLOSED, AuthorizationEvent.RELEASE): Reason.AUTHORIZATION_CLOSED,
    (_CLOSED, AuthorizationEvent.CANCEL): _CLOSED,
    (_CLOSED, AuthorizationEvent.EXPIRE): Reason.AUTHORIZATION_CLOSED,
}


class Authorization(Struct, frozen=True):
    """`reference` is the merchant's own number of it, `freeze_reference` that of the freezing.

    Before `confirm_by` the payer confirms; `ends_at` is when what is left goes back by itself.
    `payer_id` is 0 until it is known. `captured` and `released` are sums.
    """

    id: AuthorizationId
    merchant_id: MerchantId
    app_id: AppId
    reference: str
    freeze_reference: str
    amount: Money
    digest: bytes
    door: str
    confirm_by: Instant
    ends_at: Instant
    title: str = ""
    notify_url: str = ""
    details: bytes = b""
    payer_id: UserId = UserId(0)
    state: AuthorizationState = AuthorizationState.OPEN
    captured: int = 0
    released: int = 0
    frozen_at: Instant = NEVER
    finished_at: Instant = NEVER

    @property
    def frozen(self) -> int:
        """What is still frozen."""
        held = self.state is AuthorizationState.FROZEN
        return self.amount.amount - self.captured - self.released if held else 0


class StepKind(IntEnum):
    """What moved frozen money. The number is stored."""

    FREEZE = 1
    CAPTURE = 2
    RELEASE = 3


class Step(Struct, frozen=True):
    """One movement of an authorization. `order_id` and `payment_id` are a capture's."""

    id: AuthorizationStepId
    merchant_id: MerchantId
    authorization_id: AuthorizationId
    kind: StepKind
    reference: str
    amount: int
    order_id: OrderId = OrderId(0)
    payment_id: PaymentId = PaymentId(0)


class RequestAuthorization(Struct, frozen=True):
    """A merchant asks for a freeze. The reference names it: the same terms find the same one."""

    authorization: Authorization


class FreezeByCode(Struct, frozen=True):
    """A merchant has read a pay code and asks for a freeze. A large one waits for the PIN."""

    authorization: Authorization
    code: int
    step_id: AuthorizationStepId


class Freeze(Struct, frozen=True):
    """The payer confirms. `amount` is what the payer saw, `proof` the PIN's; see PayOrder."""

    merchant_id: MerchantId
    authorization_id: AuthorizationId
    payer_id: UserId
    amount: Money
    step_id: AuthorizationStepId
    proof: Proven | None = None

    def act(self) -> Act:
        """What a passkey confirms."""
        amount, subject = self.amount, f"{self.merchant_id} {self.authorization_id}"
        kind, number = ActKind.FREEZE, amount.currency.number
        return Act(kind, self.step_id, amount.amount, number, subject)


class Capture(Struct, frozen=True):
    """A merchant takes a part into an order. `finishes`: what is left after it is released."""

    merchant_id: MerchantId
    authorization_id: AuthorizationId
    placing: PlaceOrder
    payment_id: PaymentId
    step_id: AuthorizationStepId
    release_step_id: AuthorizationStepId
    finishes: bool = False


class Release(Struct, frozen=True):
    """A merchant gives a part back. The reference names it, once for each authorization."""

    merchant_id: MerchantId
    authorization_id: AuthorizationId
    step_id: AuthorizationStepId
    reference: str
    amount: Money


class EndAuthorization(Struct, frozen=True):
    """The merchant cancels, or its time is over."""

    merchant_id: MerchantId
    authorization_id: AuthorizationId
    step_id: AuthorizationStepId
    event: AuthorizationEvent = AuthorizationEvent.CANCEL


class Changed(Struct, frozen=True):
    """The authorization after a step, its transfers, and a capture's payment with its own."""

    authorization: Authorization
    steps: tuple[Step, ...] = ()
    transfers: tuple[Transfer, ...] = ()
    payment: Payment | None = None


def decide_request(asked: Authorization, now: Instant) -> Refused | None:
    """May this authorization be asked for at all?"""
    if asked.amount.amount <= 0:
        return Refused(Reason.AMOUNT_NOT_POSITIVE)
    if asked.amount.amount > MAX_AMOUNT:
        return Refused(Reason.AMOUNT_TOO_LARGE, f"at most {MAX_AMOUNT} minor units")
    if asked.confirm_by <= now or asked.ends_at <= asked.confirm_by:
        return Refused(Reason.EXPIRY_PASSED)
    return None


def decide_freeze(
    command: Freeze, known: Authorization, wallet: Account, now: Instant
) -> Changed | Refused:
    """Move the amount from the payer's wallet to what is reserved of it."""
    state = TRANSITIONS[known.state, AuthorizationEvent.FREEZE]
    if isinstance(state, Reason):
        return Refused(state)
    if now >= known.confirm_by:
        return Refused(Reason.AUTHORIZATION_EXPIRED)
    if known.payer_id and known.payer_id != command.payer_id:
        return Refused(Reason.PAYER_MISMATCH)
    if command.amount != known.amount:
        return Refused(Reason.AMOUNT_CHANGED)
    if wallet.spendable < known.amount.amount:
        return Refused(Reason.INSUFFICIENT_FUNDS)

    frozen = replace(known, state=state, payer_id=command.payer_id, frozen_at=now)
    amount = known.amount.amount
    step = _step(frozen, command.step_id, StepKind.FREEZE, known.freeze_reference, amount)
    reserved = chart.reserved(command.payer_id, known.amount.currency)
    transfer = Transfer(wallet.id, reserved, amount, Code.FREEZE, command.step_id)
    return Changed(frozen, (step,), (transfer,))


def decide_code(code: PayCode | None, asked: Authorization, now: Instant) -> PayCode | Refused:
    """Use a pay code for an authorization."""
    if code is None:
        return Refused(Reason.PAY_CODE_UNKNOWN)
    if code.order_id:
        return Refused(Reason.PAY_CODE_USED)
    if now >= code.expires_at:
        return Refused(Reason.PAY_CODE_EXPIRED)
    return replace(code, merchant_id=asked.merchant_id, order_id=OrderId(asked.id))


def may_freeze_by_code(asked: Authorization) -> bool:
    """Is the amount small enough for a code alone?"""
    return is_small(asked.amount)


def decide_capture(
    command: Capture, known: Authorization, reserved: Account, now: Instant
) -> Changed | Refused:
    """Pay an order from what is frozen; release the rest if this was the last part."""
    order = command.placing.order
    refused = _usable(known, AuthorizationEvent.CAPTURE, order.amount, now)
    refused = refused or decide_placing(order, now)
    if refused is not None:
        return refused
    pay = PayOrder(command.payment_id, order.merchant_id, order.id, known.payer_id, order.amount)
    payment = decide_payment(pay, order, reserved, now)
    if isinstance(payment, Refused):
        return payment

    amount = order.amount.amount
    step = _step(known, command.step_id, StepKind.CAPTURE, order.reference, amount)
    step = replace(step, order_id=order.id, payment_id=command.payment_id)
    captured = _ended_if_empty(replace(known, captured=known.captured + amount), now)
    changed = Changed(captured, (step,), (), payment)
    if not command.finishes or not captured.frozen:
        return changed
    rest = _released(captured, command.release_step_id, "", captured.frozen, now)
    return replace(rest, steps=(step, *rest.steps), payment=payment)


def decide_release(command: Release, known: Authorization, now: Instant) -> Changed | Refused:
    """Give a part, or all that is left, back to the payer's wallet."""
    refused = _usable(known, AuthorizationEvent.RELEASE, command.amount, now)
    if refused is not None:
        return refused
    return _released(known, command.step_id, command.reference, command.amount.amount, now)


def decide_ending(
    command: EndAuthorization, known: Authorization, now: Instant
) -> Changed | Refused:
    """Cancel what was not captured, or end what time is over for: the payer has it all again."""
    state = TRANSITIONS[known.state, command.event]
    if isinstance(state, Reason):
        return Refused(state)
    if state is known.state:
        return Changed(known)
    if command.event is AuthorizationEvent.CANCEL and known.captured:
        return Refused(Reason.AUTHORIZATION_CAPTURED)
    if command.event is AuthorizationEvent.EXPIRE and now < due_at(known):
        return Refused(Reason.AUTHORIZATION_NOT_EXPIRED)
    if not known.frozen:
        return Changed(replace(known, state=state, finished_at=now))
    changed = _released(known, command.step_id, "", known.frozen, now)
    return replace(changed, authorization=replace(changed.authorization, state=state))


def due_at(known: Authorization) -> Instant:
    """When time has something to say: the payer's to confirm, then the frozen money's."""
    return known.confirm_by if known.state is AuthorizationState.OPEN else known.ends_at


def _usable(
    known: Authorization, event: AuthorizationEvent, amount: Money, now: Instant
) -> Refused | None:
    state = TRANSITIONS[known.state, event]
    if isinstance(state, Reason):
        return Refused(state)
    if now >= known.ends_at:
        return Refused(Reason.AUTHORIZATION_EXPIRED)
    if amount.currency.number != known.amount.currency.number:
        return Refused(Reason.CURRENCY_MISMATCH)
    if amount.amount <= 0:
        return Refused(Reason.AMOUNT_NOT_POSITIVE)
    if amount.amount > known.frozen:
        return Refused(Reason.AUTHORIZATION_EXCEEDED)
    return None


def _released(
    known: Authorization, step_id: AuthorizationStepId, reference: str, amount: int, now: Instant
) -> Changed:
    currency = known.amount.currency
    source = chart.reserved(known.payer_id, currency)
    target = chart.wallet(known.payer_id, currency)
    after = _ended_if_empty(replace(known, released=known.released + amount), now)
    step = _step(known, step_id, StepKind.RELEASE, reference or str(step_id), amount)
    return Changed(after, (step,), (Transfer(source, target, amount, Code.UNFREEZE, step_id),))


def _ended_if_empty(known: Authorization, now: Instant) -> Authorization:
    if known.frozen:
        return known
    return replace(known, state=AuthorizationState.FINISHED, finished_at=now)


def _step(
    known: Authorization, step_id: AuthorizationStepId, kind: StepKind, reference: str, amount: int
) -> Step:
    return Step(step_id, known.merchant_id, known.id, kind, reference, amount)
