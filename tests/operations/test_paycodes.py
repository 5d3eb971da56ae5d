"""Pay codes: charged once, within a minute, and with the PIN above a small amount."""

from typing import Any

import pytest

from changliao.core import chart
from changliao.core.clock import MINUTE, Instant
from changliao.core.ids import OrderId, PaymentId, UserId
from changliao.core.money import CNY
from changliao.core.orders import CloseOrder, Order, OrderState, Scene
from changliao.core.outcome import Reason
from changliao.core.paycodes import REMEMBERED, SMALL, ChargeCode, PayCode
from changliao.operations import orders, paycodes
from tests.world import World, refused

LARGE = SMALL * 100 + 1


def a_code(world: World, user: UserId) -> PayCode:
    made = world.do(paycodes.MAKE, paycodes.new_code(user, world.now))
    assert isinstance(made, PayCode)
    return made


def a_charge(world: World, code: int, amount: int = 1000, **changes: Any) -> ChargeCode:
    placing = world.an_order(amount, scene=Scene.COUNTER, **changes)
    return ChargeCode(placing, code, PaymentId(world.ids.new()))


def test_a_code_pays_once_and_the_same_charge_finds_it(world: World) -> None:
    payer = world.user(5000)
    charge = a_charge(world, a_code(world, payer).number)
    paid = world.do(paycodes.CHARGE, charge)
    assert isinstance(paid, Order)
    assert (paid.state, paid.payer_id, paid.scene) == (OrderState.PAID, payer, Scene.COUNTER)
    assert world.do(paycodes.CHARGE, charge) == paid
    assert world.balance(chart.wallet(payer, CNY)) == 4000
    assert refused(world.pay(paid, payer), Reason.ORDER_ALREADY_PAID)


def test_sixteen_counters_that_read_one_code_charge_it_once(world: World) -> None:
    payer = world.user(50_000)
    code = a_code(world, payer).number
    outcomes = world.batch([(paycodes.CHARGE, a_charge(world, code)) for _ in range(16)])
    assert [isinstance(one, Order) for one in outcomes] == [True] + [False] * 15
    assert all(refused(one, Reason.PAY_CODE_USED) for one in outcomes[1:])
    assert world.balance(chart.wallet(payer, CNY)) == 49_000


def test_another_code_under_the_old_number_is_refused(world: World) -> None:
    payer = world.user(5000)
    first = a_charge(world, a_code(world, payer).number, reference="R-again", digest=b"one")
    second = a_charge(world, a_code(world, payer).number, reference="R-again", digest=b"two")
    assert isinstance(world.do(paycodes.CHARGE, first), Order)
    assert refused(world.do(paycodes.CHARGE, second), Reason.REFERENCE_REUSED)
    assert world.balance(chart.wallet(payer, CNY)) == 4000


def test_a_large_amount_waits_for_the_person_who_showed_the_code(world: World) -> None:
    payer, stranger = world.user(LARGE), world.user(LARGE)
    waiting = world.do(paycodes.CHARGE, a_charge(world, a_code(world, payer).number, LARGE))
    assert (waiting.state, waiting.payer_id) == (OrderState.OPEN, payer)
    assert world.balance(chart.wallet(payer, CNY)) == LARGE
    assert refused(world.pay(waiting, stranger), Reason.PAYER_MISMATCH)
    assert isinstance(world.pay(waiting, payer, proof=world.proof()), Order)
    assert world.balance(chart.wallet(payer, CNY)) == 0


def test_a_reversed_charge_is_never_paid(world: World) -> None:
    payer = world.user(LARGE)
    waiting = world.do(paycodes.CHARGE, a_charge(world, a_code(world, payer).number, LARGE))
    assert isinstance(world.do(orders.CLOSE, CloseOrder(waiting.merchant_id, waiting.id)), Order)
    assert refused(world.pay(waiting, payer), Reason.ORDER_CLOSED)


@pytest.mark.parametrize(
    ("amount", "later", "reason"),
    [
        (1000, MINUTE, Reason.PAY_CODE_EXPIRED),
        (6000, 0, Reason.INSUFFICIENT_FUNDS),
        (0, 0, Reason.AMOUNT_NOT_POSITIVE),
        (10**15, 0, Reason.AMOUNT_TOO_LARGE),
    ],
)
def test_a_refused_charge_changes_nothing(
    world: World, amount: int, later: int, reason: Reason
) -> None:
    code = a_code(world, world.user(5000)).number
    charge = a_charge(world, code, amount)
    before = world.rows()
    world.now = Instant(world.now + later)
    assert refused(world.do(paycodes.CHARGE, charge), reason)
    assert world.rows() == before


def test_a_code_nobody_has_pays_nothing(world: World) -> None:
    before = world.rows()
    for code in (0, 7, 13 * 10**16 - 1):
        assert refused(world.do(paycodes.CHARGE, a_charge(world, code)), Reason.PAY_CODE_UNKNOWN)
    assert world.rows() == before


def test_a_code_is_made_for_somebody_and_only_once(world: World) -> None:
    code = a_code(world, world.user())
    assert refused(world.do(paycodes.MAKE, code), Reason.PAY_CODE_USED)
    nobody = paycodes.new_code(UserId(7), world.now)
    assert refused(world.do(paycodes.MAKE, nobody), Reason.USER_NOT_FOUND)


def test_a_code_is_forgotten_an_hour_after_its_minute(world: World) -> None:
    code = a_code(world, world.user())
    due_at = Instant(code.expires_at + REMEMBERED)
    forget = paycodes.ForgetCode(code.number, code.user_id, due_at)
    world.do(paycodes.FORGET, forget)
    assert len(world.rows()["pay_codes"]) == 1
    world.now = due_at
    world.do(paycodes.FORGET, forget)
    assert (world.rows()["pay_codes"], world.rows()["deadlines"]) == ([], [])


def test_codes_have_eighteen_digits_and_do_not_repeat() -> None:
    codes = {paycodes.new_code(UserId(1), Instant(0)).number for _ in range(1000)}
    assert {len(str(one)) for one in codes} == {18}
    assert len(codes) == 1000
    assert OrderId(0) == PayCode(1, UserId(1), Instant(0)).order_id
