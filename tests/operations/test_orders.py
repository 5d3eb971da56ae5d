"""Placing, paying, closing and expiring, on every engine."""

from itertools import permutations

import pytest

from changliao.core import chart
from changliao.core.clock import HOUR, Instant
from changliao.core.ids import MerchantId, OrderId, UserId
from changliao.core.money import CNY, CURRENCIES, MAX_AMOUNT, Money
from changliao.core.orders import CloseOrder, ExpireOrder, OpenOrder, Order, OrderState, Scene
from changliao.core.outcome import Reason
from changliao.operations import orders
from changliao.store.views import orders as views
from tests.operations.test_acceptance import known
from tests.world import refused


def test_a_payment_moves_the_amount_and_the_fee(world):
    payer = world.user(5000)
    order = world.place(1000)
    paid = world.pay(order, payer)
    assert paid.state is OrderState.PAID
    assert world.balance(chart.wallet(payer, CNY)) == 4000
    assert world.balance(chart.payable(world.merchant, CNY)) == 994
    assert world.balance(chart.fees(world.merchant, CNY)) == 6
    assert world.balance(chart.clearing(chart.SANDBOX_BANK, CNY)) == -5000


def test_a_repeated_payment_takes_money_once_and_gets_the_same_answer(world):
    payer = world.user(5000)
    order = world.place(1000)
    payment = world.a_payment(order, payer)
    first = world.do(orders.PAY, payment)
    before = world.rows()
    assert world.do(orders.PAY, payment) == first
    assert world.batch([(orders.PAY, payment), (orders.PAY, payment)]) == [first, first]
    assert world.rows() == before


def test_a_refused_payment_keeps_its_answer_under_its_id(world):
    payer = world.user(10)
    order = world.place(1000)
    payment = world.a_payment(order, payer)
    assert refused(world.do(orders.PAY, payment), Reason.INSUFFICIENT_FUNDS)
    world.top_up(payer, 5000)
    assert refused(world.do(orders.PAY, payment), Reason.INSUFFICIENT_FUNDS)
    assert isinstance(world.pay(order, payer), Order)


def test_a_payment_id_cannot_be_used_for_another_order_or_payer(world):
    payer, other = world.user(5000), world.user(5000)
    one, two = world.place(), world.place()
    payment = world.a_payment(one, payer)
    world.do(orders.PAY, payment)
    again = world.a_payment(two, payer, payment_id=payment.payment_id)
    assert refused(world.do(orders.PAY, again), Reason.PAYMENT_ID_REUSED)
    again = world.a_payment(one, other, payment_id=payment.payment_id)
    assert refused(world.do(orders.PAY, again), Reason.PAYMENT_ID_REUSED)


@pytest.mark.parametrize("amount", [0, -1, MAX_AMOUNT + 1, 10**18])
def test_impossible_amounts_are_not_placed(world, amount):
    before = world.rows()
    reason = Reason.AMOUNT_TOO_LARGE if amount > 0 else Reason.AMOUNT_NOT_POSITIVE
    assert refused(world.do(orders.PLACE, world.an_order(amount)), reason)
    assert world.rows() == before


def test_the_same_reference_finds_the_same_order_and_a_changed_one_is_refused(world):
    first = world.place(1000, reference="SAME")
    again = world.do(orders.PLACE, world.an_order(1000, reference="SAME"))
    assert (again.id, again.issue) == (first.id, 2)
    changed = world.an_order(1001, reference="SAME", digest=b"another")
    assert refused(world.do(orders.PLACE, changed), Reason.REFERENCE_REUSED)
    payer = world.user(5000)
    world.pay(again, payer)
    repeat = world.an_order(1000, reference="SAME")
    assert refused(world.do(orders.PLACE, repeat), Reason.ORDER_ALREADY_PAID)


def test_two_orders_with_one_reference_in_one_batch_are_one_order(world):
    both = [(orders.PLACE, world.an_order(reference="TWIN")) for _ in range(2)]
    first, second = world.batch(both)
    assert first.id == second.id


def test_a_newer_link_ends_the_earlier_one(world):
    payer = world.user(5000)
    order = world.place(reference="LINK")
    world.do(orders.PLACE, world.an_order(reference="LINK"))
    assert refused(world.pay(order, payer, issue=1), Reason.ORDER_EXPIRED)
    assert isinstance(world.pay(order, payer, issue=2), Order)


def test_whoever_opens_the_link_first_pays(world):
    first, second = world.user(5000), world.user(5000)
    order = world.place()
    world.do(orders.OPEN, OpenOrder(order.merchant_id, order.id, first, 1))
    opened = world.do(orders.OPEN, OpenOrder(order.merchant_id, order.id, second, 1))
    assert refused(opened, Reason.PAYER_MISMATCH)
    assert refused(world.pay(order, second), Reason.PAYER_MISMATCH)
    assert isinstance(world.pay(order, first), Order)


def test_a_jsapi_order_is_only_its_payers_even_after_a_new_link(world):
    payer, other = world.user(5000), world.user(5000)
    placed = world.an_order(scene=Scene.JSAPI, payer_id=payer, reference="JSAPI")
    order = world.do(orders.PLACE, placed)
    again = world.do(
        orders.PLACE, world.an_order(scene=Scene.JSAPI, payer_id=payer, reference="JSAPI")
    )
    assert again.payer_id == payer
    assert refused(world.pay(order, other), Reason.PAYER_MISMATCH)


def test_the_payer_confirms_the_amount_and_currency_of_the_order(world):
    payer = world.user(5000)
    order = world.place(1000)
    less = world.pay(order, payer, amount=Money(999, CNY))
    assert refused(less, Reason.AMOUNT_CHANGED)
    other = world.pay(order, payer, amount=Money(1000, CURRENCIES["JPY"]))
    assert refused(other, Reason.CURRENCY_MISMATCH)


@pytest.mark.parametrize("code", ["JPY", "CNY", "KWD"])
def test_currencies_have_accounts_of_their_own(world, code):
    payer = world.user(7000, code)
    currency = CURRENCIES[code]
    order = world.place(1000, code)
    assert isinstance(world.pay(order, payer), Order)
    assert world.balance(chart.wallet(payer, currency)) == 6000


def test_an_unknown_order_and_another_merchants_are_not_found(world):
    payer = world.user(5000)
    order = world.place()
    missing = world.a_payment(order, payer, order_id=OrderId(world.ids.new()))
    assert refused(world.do(orders.PAY, missing), Reason.ORDER_NOT_FOUND)
    other = world.a_payment(order, payer, merchant_id=world.ids.new())
    assert refused(world.do(orders.PAY, other), Reason.ORDER_NOT_FOUND)


def test_an_order_is_not_paid_from_its_expiry_on(world):
    payer = world.user(5000)
    order = world.place()
    world.now = order.expires_at
    assert refused(world.pay(order, payer), Reason.ORDER_EXPIRED)
    assert world.balance(chart.wallet(payer, CNY)) == 5000


def test_expiry_waits_for_its_time_and_clears_its_deadline(world):
    order = world.place()
    command = ExpireOrder(order.merchant_id, order.id)
    assert refused(world.do(orders.EXPIRE, command), Reason.ORDER_NOT_EXPIRED)
    assert len(world.rows()["deadlines"]) == 1
    world.now = order.expires_at
    assert world.do(orders.EXPIRE, command).state is OrderState.CLOSED
    assert world.rows()["deadlines"] == []


def test_a_paid_order_stays_paid_when_its_time_comes(world):
    payer = world.user(5000)
    order = world.place()
    world.pay(order, payer)
    world.now = Instant(order.expires_at + HOUR)
    outcome = world.do(orders.EXPIRE, ExpireOrder(order.merchant_id, order.id))
    assert refused(outcome, Reason.ORDER_ALREADY_PAID)
    assert world.rows()["deadlines"] == []


@pytest.mark.parametrize("sequence", list(permutations(["pay", "close", "pay again"])))
def test_pay_and_close_in_one_batch_never_both_happen(world, sequence):
    payer, other = world.user(5000), world.user(5000)
    order = world.place()
    commands = {
        "pay": (orders.PAY, world.a_payment(order, payer)),
        "pay again": (orders.PAY, world.a_payment(order, other)),
        "close": (orders.CLOSE, CloseOrder(order.merchant_id, order.id)),
    }
    outcomes = world.batch([commands[name] for name in sequence])
    assert sum(isinstance(one, Order) for one in outcomes) == 1
    assert isinstance(outcomes[0], Order)
    spent = (
        10_000 - world.balance(chart.wallet(payer, CNY)) - world.balance(chart.wallet(other, CNY))
    )
    assert spent == (0 if sequence[0] == "close" else 1000)


def test_closing_twice_is_no_change_and_a_paid_order_cannot_be_closed(world):
    payer = world.user(5000)
    order, paid = world.place(), world.place()
    close = CloseOrder(order.merchant_id, order.id)
    world.do(orders.CLOSE, close)
    before = world.rows()
    assert world.do(orders.CLOSE, close).state is OrderState.CLOSED
    assert world.rows() == before
    world.pay(paid, payer)
    outcome = world.do(orders.CLOSE, CloseOrder(paid.merchant_id, paid.id))
    assert refused(outcome, Reason.ORDER_ALREADY_PAID)


def test_a_wrong_pin_pays_nothing_counts_and_the_same_payment_may_try_again(world):
    payer = world.user(5000)
    order = world.place()
    wrong = world.a_payment(order, payer, proof=world.proof(right=False))
    assert refused(world.do(orders.PAY, wrong), Reason.CREDENTIAL_WRONG)
    right = world.a_payment(order, payer, payment_id=wrong.payment_id, proof=world.proof())
    assert isinstance(world.do(orders.PAY, right), Order)


def test_five_wrong_pins_in_one_batch_lock_the_right_one_out(world):
    payer = world.user(5000)
    order = world.place()
    wrong = [
        (orders.PAY, world.a_payment(order, payer, proof=world.proof(right=False)))
        for _ in range(5)
    ]
    outcomes = world.batch(
        [*wrong, (orders.PAY, world.a_payment(order, payer, proof=world.proof()))]
    )
    assert refused(outcomes[4], Reason.CREDENTIAL_LOCKED)
    assert refused(outcomes[5], Reason.CREDENTIAL_LOCKED)
    assert world.balance(chart.wallet(payer, CNY)) == 5000


def test_a_notice_is_written_with_the_payment_and_only_with_it(world):
    payer = world.user(1500)
    order, too_much = world.place(1000), world.place(1000)
    silent = world.place(100, notifies=False)
    world.pay(order, payer)
    world.pay(too_much, payer)
    world.pay(silent, payer)
    assert [row[3] for row in world.rows()["events"]] == [order.id]


def test_a_view_shows_what_was_kept(world):
    payer = world.user(5000)
    order = world.place(1000, reference="SEEN")
    paid = world.pay(order, payer)
    with world.engine.reader() as reader:
        placed = views.order_by_reference(reader, world.merchant, 0, "SEEN")
        assert placed is not None
        assert placed.order == paid
        assert placed.terms.title == "shoes"
        assert views.order_by_reference(reader, world.ids.new(), 0, "SEEN") is None


def test_nobody_pays_with_somebody_elses_money(world):
    rich, poor = world.user(5000), UserId(world.ids.new())
    order = world.place()
    assert refused(world.pay(order, poor), Reason.INSUFFICIENT_FUNDS)
    assert world.balance(chart.wallet(rich, CNY)) == 5000


def test_two_merchants_paid_under_one_name_leave_the_books_in_order(world):
    payer, one = world.user(5_000), world.place(1_000)
    other = world.place(700, merchant_id=known(world, MerchantId(world.ids.new())))
    paid = world.pay(one, payer)
    again = world.pay(other, payer, payment_id=paid.payment_id)
    assert (again.state, world.balance(chart.wallet(payer, CNY))) == (OrderState.PAID, 3_300)
    world.audit()
