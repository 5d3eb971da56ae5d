"""Topping up and sending money."""

from changliao.core import chart
from changliao.core.ids import TopUpId, TransferId, UserId
from changliao.core.money import CNY, Money
from changliao.core.outcome import Reason
from changliao.core.wallet import TopUp, TransferMoney, WalletTransfer
from changliao.operations import wallet
from tests.world import refused


def a_transfer(world, payer, payee, amount, **proof):
    transfer = WalletTransfer(TransferId(world.ids.new()), payer, payee, Money(amount, CNY), "hi")
    return TransferMoney(transfer, **proof)


def test_a_top_up_counts_once(world):
    user = world.user()
    command = TopUp(TopUpId(world.ids.new()), user, Money(500, CNY), chart.SANDBOX_BANK)
    first = world.do(wallet.TOP_UP, command)
    assert world.batch([(wallet.TOP_UP, command)] * 3) == [first] * 3
    changed = TopUp(command.id, user, Money(501, CNY), chart.SANDBOX_BANK)
    assert refused(world.do(wallet.TOP_UP, changed), Reason.PAYMENT_ID_REUSED)
    assert world.balance(chart.wallet(user, CNY)) == 500


def test_nothing_zero_negative_or_huge_is_topped_up(world):
    user = world.user()
    before = world.rows()
    assert refused(world.top_up(user, 0), Reason.AMOUNT_NOT_POSITIVE)
    assert refused(world.top_up(user, -5), Reason.AMOUNT_NOT_POSITIVE)
    assert refused(world.top_up(user, 10**15), Reason.AMOUNT_TOO_LARGE)
    assert refused(world.top_up(UserId(world.ids.new()), 5), Reason.USER_NOT_FOUND)
    assert world.rows() == before


def test_a_transfer_moves_money_once(world):
    payer, payee = world.user(1000), world.user()
    command = a_transfer(world, payer, payee, 300)
    world.batch([(wallet.TRANSFER, command)] * 2)
    assert world.balance(chart.wallet(payer, CNY)) == 700
    assert world.balance(chart.wallet(payee, CNY)) == 300


def test_money_that_is_not_there_is_not_sent_even_in_one_batch(world):
    payer, payee = world.user(1000), world.user()
    commands = [(wallet.TRANSFER, a_transfer(world, payer, payee, 400)) for _ in range(4)]
    outcomes = world.batch(commands)
    assert [refused(one, Reason.INSUFFICIENT_FUNDS) for one in outcomes] == [
        False,
        False,
        True,
        True,
    ]


def test_refused_transfers_change_nothing(world):
    payer = world.user(1000)
    before = world.rows()
    nobody = UserId(world.ids.new())
    assert refused(
        world.do(wallet.TRANSFER, a_transfer(world, payer, payer, 1)), Reason.TRANSFER_TO_SELF
    )
    assert refused(
        world.do(wallet.TRANSFER, a_transfer(world, payer, nobody, 1)), Reason.USER_NOT_FOUND
    )
    assert world.rows() == before


def test_received_money_can_be_spent_in_the_same_batch(world):
    first, second, third = world.user(1000), world.user(), world.user()
    world.batch(
        [
            (wallet.TRANSFER, a_transfer(world, first, second, 1000)),
            (wallet.TRANSFER, a_transfer(world, second, third, 1000)),
        ]
    )
    assert world.balance(chart.wallet(third, CNY)) == 1000
