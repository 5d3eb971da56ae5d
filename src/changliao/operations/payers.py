"""Simulated payers: people of the sandbox who scan, pay, mistype, stay away or come too late.

They use the operations that the wallet's and the cashier's pages use, bring their own money from
the sandbox bank, and have a PIN. An order that is one user's alone (jsapi) is paid by that user, on
the sandbox's word because only the user knows the PIN.
"""

import asyncio
import logging
import time
from typing import Final

import msgspec
from msgspec import Struct

from changliao.core import chart, ids
from changliao.core.clock import SECOND, Instant, to_rfc3339
from changliao.core.credentials import CredentialKind, Proof
from changliao.core.ids import MerchantId, PaymentId, TopUpId, UserId
from changliao.core.orders import OpenOrder, Order, PayOrder
from changliao.core.outcome import Reason, Refused
from changliao.core.parties import User
from changliao.core.sandbox import Act
from changliao.core.wallet import TopUp
from changliao.operations import checkout, sessions
from changliao.operations.network import Network
from changliao.operations.orders import OPEN
from changliao.operations.parties import SIGN_UP, SignUp
from changliao.operations.sandbox import (
    LOG_REQUESTS,
    LogRequests,
    RequestRecord,
    automatic_payer,
)
from changliao.operations.wallet import TOP_UP
from changliao.store.sandbox import Logged
from changliao.store.views import orders, parties
from changliao.store.views.orders import Placed

# How the log calls what is no request of a program.
PAYER: Final = "payer"
_DONE, _REFUSED = 200, 409
PIN: Final = "246810"
_WRONG_PIN: Final = "000000"
_PHONE: Final = "10000000001"
_NAME: Final = "模拟付款人"
_TOO_LATE: Final = 1 * SECOND
_log = logging.getLogger("changliao.payers")


class Acted(Struct, frozen=True):
    """What a payer did, and what came of it: done, or why the network refused."""

    act: Act
    order: Order
    payer_id: UserId
    refused: Refused | None = None


async def find_by_code(network: Network, text: str) -> tuple[Placed, int] | None:
    """The order in whatever a merchant hands to payers, and its issue; None when there is none."""
    link = network.links.find_in(text)
    if link is None:
        return None
    placed = await network.read(orders.order, link.merchant_id, link.order_id)
    return (placed, link.issue) if placed else None


async def perform(network: Network, order: Order, act: Act, issue: int = 0) -> Acted:
    """Let somebody act on an order now. A late one waits here until the order's time is over.

    What they do stands in the log of requests.
    """
    if act is Act.NEVER:
        return Acted(act, order, order.payer_id)
    began, at = time.perf_counter(), network.real_clock()
    acted = await _perform(network, order, act, issue)
    merchant = await network.look_up(parties.merchant, order.merchant_id)
    record = RequestRecord(
        at=to_rfc3339(at),
        door=PAYER,
        method=act.value.upper(),
        target=f"{ids.show('ord', order.id)} {order.reference}",
        merchant=merchant.number if merchant else "",
        status=_REFUSED if acted.refused else _DONE,
        code=acted.refused.reason.value if acted.refused else "",
        duration_ms=round((time.perf_counter() - began) * 1000, 1),
        answer=msgspec.json.encode(describe(acted)).decode(),
    )
    logged = Logged(network.ids.new(), order.merchant_id, msgspec.json.encode(record))
    await network.perform(LOG_REQUESTS, LogRequests((logged,)))
    return acted


async def _perform(network: Network, order: Order, act: Act, issue: int) -> Acted:
    if act is Act.LATE:
        await network.until(Instant(order.expires_at + _TOO_LATE))
    payer_id = await _payer(network, order, act)
    if isinstance(payer_id, Refused):
        return Acted(act, order, UserId(0), payer_id)
    if not order.payer_id and act is not Act.LATE:
        opening = OpenOrder(order.merchant_id, order.id, payer_id, issue)
        opened = await network.perform(OPEN, opening)
        if isinstance(opened, Refused) or act is Act.SCAN:
            return _acted(act, order, payer_id, opened)
    elif act is Act.SCAN:
        return Acted(act, order, payer_id)
    return _acted(act, order, payer_id, await _pay(network, order, act, payer_id, issue))


class Payers:
    """Acts that are still to come, in this process: those asked for, and the automatic ones."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._coming: set[asyncio.Task[None]] = set()

    def later(self, order: Order, act: Act, after_ms: int, issue: int = 0) -> None:
        """Let somebody act after a while."""
        task = asyncio.create_task(self._act(order, act, after_ms, issue))
        self._coming.add(task)
        task.add_done_callback(self._coming.discard)

    async def run(self) -> None:
        """Act on every new order whose merchant has an automatic payer, until cancelled."""
        placed: asyncio.Queue[Order] = asyncio.Queue()
        self._network.hear_orders(placed.put_nowait)
        try:
            while True:
                order = await placed.get()
                rule = await automatic_payer(self._network, order.merchant_id)
                if rule is not None:
                    self.later(order, rule.act, rule.after_ms)
        finally:
            self._network.hear_orders(None)
            for task in self._coming:
                task.cancel()

    async def _act(self, order: Order, act: Act, after_ms: int, issue: int) -> None:
        await asyncio.sleep(after_ms / 1000)
        acted = await perform(self._network, order, act, issue)
        outcome = acted.refused.reason.value if acted.refused else "done"
        _log.info("simulated payer: %s %s: %s", act, ids.show("ord", order.id), outcome)


async def _pay(
    network: Network, order: Order, act: Act, payer_id: UserId, issue: int
) -> Order | Refused:
    proof = await _proof(network, order, act, payer_id)
    if isinstance(proof, Refused):
        return proof
    basket = await checkout.basket_of(network, order)
    amount = basket.amount if basket else order.amount
    brought = TopUp(TopUpId(network.ids.new()), payer_id, amount, chart.SANDBOX_BANK)
    topped_up = await network.perform(TOP_UP, brought)
    if isinstance(topped_up, Refused):
        return topped_up
    payment = PayOrder(
        payment_id=PaymentId(network.ids.new()),
        merchant_id=order.merchant_id,
        order_id=order.id,
        payer_id=payer_id,
        amount=amount,
        proof=proof,
        issue=issue,
    )
    return await checkout.pay(network, order, payment)


async def _proof(
    network: Network, order: Order, act: Act, payer_id: UserId
) -> Proof | Refused | None:
    """What the payer types. Another user's own PIN is not known here, so none is asked for."""
    if act is Act.WRONG_PIN:
        typed = await sessions.prove(network, payer_id, CredentialKind.PIN, _WRONG_PIN)
        return typed or Refused(Reason.CREDENTIAL_WRONG)
    person = await network.read(parties.user, payer_id)
    if person is None or person.name != _NAME:
        return None
    return await sessions.prove(network, payer_id, CredentialKind.PIN, PIN)


async def _payer(network: Network, order: Order, act: Act) -> UserId | Refused:
    """Whoever the order is kept for, or a simulated person: one who mistypes is always new."""
    if order.payer_id:
        return order.payer_id
    phone = _PHONE
    if act is Act.WRONG_PIN:
        phone = f"+1{network.ids.new() % 10**13:013d}"
    known = await network.read(parties.user_by_phone, phone)
    if known is not None:
        return known.id
    now = network.clock()
    made = User(UserId(network.ids.new()), phone, _NAME, now)
    pin = await network.in_thread(
        lambda: network.secrets.hash(made.id, CredentialKind.PIN, PIN, now)
    )
    outcome = await network.perform(SIGN_UP, SignUp(made, (pin,)))
    if isinstance(outcome, Refused):
        # Somebody else was quicker to make the same person.
        known = await network.read(parties.user_by_phone, phone)
        return known.id if known else outcome
    return outcome.id


def _acted(act: Act, order: Order, payer_id: UserId, outcome: Order | Refused) -> Acted:
    if isinstance(outcome, Refused):
        return Acted(act, order, payer_id, outcome)
    return Acted(act, outcome, payer_id)


def belongs(order: Order, merchant_id: MerchantId) -> bool:
    """Is it this merchant's order, as store or as the provider that placed it?"""
    return merchant_id in (order.merchant_id, order.partner_id)


def describe(acted: Acted) -> dict[str, str]:
    """What a person or program is told."""
    fields = {
        "act": acted.act.value,
        "order_id": ids.show("ord", acted.order.id),
        "state": acted.order.state.name.lower(),
        "outcome": acted.refused.reason.value if acted.refused else "done",
    }
    if acted.payer_id:
        fields["payer_id"] = ids.show("usr", acted.payer_id)
    return fields
