"""Making a pay code, charging one at a counter, and forgetting it."""

import secrets
from collections.abc import Iterable
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from changliao.core import chart
from changliao.core.clock import Instant
from changliao.core.credentials import CredentialKind
from changliao.core.discounts import Taken
from changliao.core.ids import UserId
from changliao.core.orders import Order
from changliao.core.outcome import Reason, Refused
from changliao.core.paycodes import (
    FIRST,
    LIVES,
    PLACES,
    REMEMBERED,
    ChargeCode,
    PayCode,
    decide_charge,
    is_small,
    taking,
)
from changliao.operations import acceptance, budgets, credentials, limits, risk, splits, stores
from changliao.operations.keeping import keep_payment
from changliao.operations.network import Network
from changliao.operations.operation import Operation, Place
from changliao.store import deadlines, ledger
from changliao.store.deadlines import DeadlineKind
from changliao.store.orders import ORDERS, ORDERS_BY_REFERENCE, TERMS
from changliao.store.parties import CREDENTIALS, USERS
from changliao.store.paycodes import PAY_CODES
from changliao.store.platforms import STORES
from changliao.store.unit import UnitOfWork
from changliao.store.views import budgets as budget_views
from changliao.store.views import paycodes as views


async def with_subsidy(network: Network, command: ChargeCode) -> ChargeCode:
    """The charge with the best subsidy that whoever shows the code has coming."""
    order = command.placing.order
    code = await network.read(views.pay_code, command.code) if is_small(order.amount) else None
    if code is None:
        return command
    found = await network.read(budget_views.offers, order, code.user_id, network.clock())
    best = next((one.discount for one in found if not one.discount.coupon_id), None)
    return replace(command, discount=best)


class ForgetCode(Struct, frozen=True):
    """Nobody asks for this code any more; `due_at` is its deadline."""

    number: int
    user_id: UserId
    due_at: Instant


def new_code(user_id: UserId, now: Instant) -> PayCode:
    """A code nobody can guess: ten thousand million million are possible in its minute."""
    return PayCode(FIRST + secrets.randbelow(PLACES), user_id, Instant(now + LIVES))


def _make(tx: UnitOfWork, command: PayCode, now: Instant) -> PayCode | Refused:
    """Keep a new code. One that somebody has already is refused: ask again with another."""
    if tx.find(USERS, command.user_id) is None:
        return Refused(Reason.USER_NOT_FOUND)
    refused = credentials.pin_refused(tx, command.user_id, now)
    if refused is not None:
        return refused
    if tx.find(PAY_CODES, command.number) is not None:
        return Refused(Reason.PAY_CODE_USED)
    tx.insert(PAY_CODES, command)
    due_at = Instant(command.expires_at + REMEMBERED)
    deadlines.add(tx, due_at, command.number, command.user_id, DeadlineKind.PAY_CODE)
    return command


def _charge(tx: UnitOfWork, command: ChargeCode, now: Instant) -> Order | Refused:
    """Use the code, place the order and pay it, all or nothing; the same charge again finds it."""
    asked = command.placing.order
    earlier = tx.find_by(ORDERS_BY_REFERENCE, ORDERS_BY_REFERENCE.key(asked))
    if earlier is not None:
        same = earlier.digest == asked.digest
        return earlier if same else Refused(Reason.REFERENCE_REUSED)
    code = tx.find(PAY_CODES, command.code)
    wallet = None
    if code is not None:
        wallet = ledger.account(tx, chart.wallet(code.user_id, asked.amount.currency))

    sold = stores.sold_for(tx, asked)
    if isinstance(sold, Refused):
        return sold
    command = replace(command, placing=replace(command.placing, order=sold))
    refused = acceptance.may_be_paid(tx, asked, now)
    taken = _take(tx, command, code, now)
    if taken.discounted is None:
        command = replace(command, discount=None)
    in_hand = None if wallet is None else budgets.in_hand(wallet, taken)
    charge = refused or decide_charge(command, code, in_hand, now)

    if isinstance(charge, Refused):
        return charge
    counted = None
    if wallet is not None and charge.transfers:
        counted = limits.count(tx, wallet, asked.amount.amount, now)
    if isinstance(counted, Refused):
        return counted
    passed = None
    if wallet is not None and charge.transfers:
        passed = risk.judge_order(tx, charge.order, UserId(wallet.id.owner), now)
    if isinstance(passed, Refused):
        return passed
    refused = splits.plan(tx, command.placing, charge.order)
    if refused is not None:
        return refused
    budgets.keep(tx, taken)
    limits.keep(tx, counted)
    risk.keep(tx, passed, now)
    tx.update(PAY_CODES, charge.code)
    tx.insert(ORDERS, charge.order, ORDERS_BY_REFERENCE)
    tx.insert(TERMS, command.placing.terms)
    kind = DeadlineKind.ORDER
    deadlines.add(tx, asked.expires_at, asked.id, asked.merchant_id, kind)
    if charge.transfers:
        keep_payment(tx, charge.order, charge.transfers, now)
    return charge.order


def _take(tx: UnitOfWork, command: ChargeCode, code: PayCode | None, now: Instant) -> Taken:
    """What a budget pays of the charge, decided and not written: nothing when it does not fit."""
    asking = taking(command, code)
    taken = Taken() if asking is None else budgets.take(tx, asking, command.placing.order, now)
    return Taken() if isinstance(taken, Refused) else taken


def _forget(tx: UnitOfWork, command: ForgetCode, now: Instant) -> None:
    """Delete a code whose time is long over, and its deadline."""
    if now >= command.due_at:
        tx.add("pay_codes_delete", (command.number,))
        deadlines.drop(tx, command.due_at, command.number, command.user_id)


def _making_keys(command: PayCode) -> Iterable[Place]:
    yield PAY_CODES, command.number
    yield USERS, command.user_id
    yield CREDENTIALS, (command.user_id, int(CredentialKind.PIN))


def _charging_keys(command: ChargeCode) -> Iterable[Place]:
    order = command.placing.order
    yield ORDERS_BY_REFERENCE, ORDERS_BY_REFERENCE.key(order)
    yield PAY_CODES, command.code
    yield risk.KEY
    yield STORES, stores.sold_by(order)
    yield ledger.ACCOUNTS, chart.payable(order.merchant_id, order.amount.currency)
    yield ledger.ACCOUNTS, chart.fees(order.merchant_id, order.amount.currency)


MAKE: Final = Operation("paycodes.make", _make, _making_keys)
CHARGE: Final = Operation("paycodes.charge", _charge, _charging_keys)
FORGET: Final = Operation("paycodes.forget", _forget, lambda command: ())
