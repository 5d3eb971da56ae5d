"""Splitting: nothing is lost, leftovers go in order, returns restore exactly."""

import random

import pytest

from changliao.core.clock import Instant
from changliao.core.holds import TRANSITIONS, Holding, HoldingEvent, HoldingState
from changliao.core.ids import AppId, MerchantId, OrderId, ReturnId, ShareId, first_id
from changliao.core.ledger import Account, Transfer
from changliao.core.money import CNY, Money, split
from changliao.core.orders import Order, OrderState, Scene
from changliao.core.outcome import Reason, Refused
from changliao.core.splits import (
    RECEIVER_TRANSITIONS,
    Part,
    PartyKind,
    Receiver,
    ReceiverEvent,
    ReceiverState,
    Return,
    Returned,
    Share,
    ShareOrder,
    Sharing,
    account_of,
    decide_return,
    decide_share,
)

CASES = 100_000
NOW = Instant(1_795_500_000_000_000)


def test_the_state_tables_are_total():
    assert set(TRANSITIONS) == {(s, e) for s in HoldingState for e in HoldingEvent}
    assert set(RECEIVER_TRANSITIONS) == {(s, e) for s in ReceiverState for e in ReceiverEvent}


def test_fifteen_by_eighty_eight_twelve_is_thirteen_one_one():
    assert split(15, [80, 8, 12]) == [13, 1, 1]


def test_a_hundred_thousand_splits_lose_nothing():
    chance = random.Random(8_12_80)
    for _ in range(CASES):
        amount = chance.randrange(1 << chance.randrange(1, 40))
        weights = [chance.randrange(10_001) for _ in range(chance.randrange(1, 8))]
        weights[chance.randrange(len(weights))] += 1
        shares, whole = split(amount, weights), sum(weights)
        assert sum(shares) == amount
        extra = [s - amount * w // whole for s, w in zip(shares, weights, strict=True) if w]
        # The units left over go one each to the first who are entitled.
        assert extra == sorted(extra, reverse=True)
        assert set(extra) <= {0, 1}
        assert all(s == 0 for s, w in zip(shares, weights, strict=True) if not w)


NO, TWICE = Reason.RECEIVER_NOT_FOUND, Reason.RECEIVER_REPEATED


@pytest.mark.parametrize(
    ("amounts", "whose", "known", "reason", "detail"),
    [
        ((5, 0), (4, 6), (4, 6), Reason.AMOUNT_NOT_POSITIVE, "receivers[1].amount: not positive"),
        ((5, 5), (4, 4), (4, 4), TWICE, "receivers[1]: named twice"),
        ((5, 5), (4, 6), (4,), NO, "receivers[1]: no relation with it is declared"),
        ((5,), (2,), (2,), Reason.TRANSFER_TO_SELF, "receivers[0]: is the sharing merchant"),
        ((60, 31), (4, 6), (4, 6), Reason.SHARE_EXCEEDS_HOLD,
         "receivers: 91 is more than the 90 left"),
        ((30, 1), (4, 6), (4, 6), Reason.SHARE_EXCEEDS_RATIO,
         "receivers: 31 is more than the 30 that the ratio leaves"),
    ],
)  # fmt: skip
def test_a_share_that_is_refused_names_the_receiver(
    amounts: tuple[int, ...], whose: tuple[int, ...], known: tuple[int, ...], reason: Reason,
    detail: str,
) -> None:  # fmt: skip
    merchant, kind = MerchantId(2), PartyKind.MERCHANT
    order = Order(
        OrderId(8), merchant, AppId(1), "R", Money(100, CNY), Scene.NATIVE, NOW, 0, b"",
        state=OrderState.PAID, refunded=10,
    )  # fmt: skip
    parts = tuple(
        Part(ShareId(6), merchant, kind, party, place, amount, "", "")
        for place, (party, amount) in enumerate(zip(whose, amounts, strict=True))
    )
    share = Share(ShareId(6), merchant, order.id, "S", b"")
    receivers = [
        Receiver(merchant, kind, party, "SUPPLIER") if party in known else None for party in whose
    ]
    answer = decide_share(
        ShareOrder(share, parts), order, Holding(order.id, merchant, CNY, 100, 100, NOW),
        Sharing(merchant), receivers,
    )  # fmt: skip
    assert answer == Refused(reason, detail)


def test_thousands_of_returns_restore_the_holding_exactly():
    chance = random.Random(15)
    merchant, other = MerchantId(2), MerchantId(4)
    share_id = ShareId(first_id(1, NOW))
    for _ in range(5_000):
        amount = chance.randrange(1, 1_000_000)
        given = chance.randrange(1, amount + 1)
        before = Holding(OrderId(8), merchant, CNY, amount, amount, NOW)
        holding = Holding(OrderId(8), merchant, CNY, amount, amount - given, NOW, shared=given)
        part = Part(share_id, merchant, PartyKind.MERCHANT, other, 0, given, "", "")
        receiver = account_of(PartyKind.MERCHANT, other, CNY)
        moved: list[Transfer] = []
        while part.returned < given:
            step = chance.randrange(1, given - part.returned + 1)
            asked = Return(ReturnId(6), merchant, share_id, other, "B", step, b"")
            back = decide_return(asked, part, holding, Account(receiver, 0, given))
            assert isinstance(back, Returned)
            part, holding = back.part, back.holding
            moved += back.transfers
        assert sum(one.amount for one in moved) == given
        assert (holding.held, holding.shared) == (before.held, before.shared)
