"""Stores: their states, and how a sale is divided."""

import random

import pytest
from msgspec.structs import replace

from changliao.core.clock import Instant
from changliao.core.ids import AppId, MerchantId, OrderId, PaymentId
from changliao.core.money import BPS, CNY, Money, split
from changliao.core.orders import Order, Scene
from changliao.core.outcome import Reason, Refused
from changliao.core.platforms import (
    MOST_DAYS,
    TRANSITIONS,
    Cut,
    DecideStore,
    Store,
    StoreEvent,
    StoreMode,
    StoreState,
    decide_application,
    decide_sale,
    decide_store,
    due_back,
    parts_of,
    settlement,
)

PLATFORM, SELLER = MerchantId(1), MerchantId(2)
CASES = 100_000


def a_store(mode: StoreMode = StoreMode.OPEN, **changes: object) -> Store:
    fields: dict[str, object] = {
        "platform_id": PLATFORM, "merchant_id": SELLER, "title": "美优旗舰店", "mode": mode,
        "applied_at": Instant(1), "commission_bps": 800,
    }  # fmt: skip
    return Store(**(fields | changes))  # type: ignore[arg-type]


def an_order(amount: int, refunded: int = 0) -> Order:
    return Order(
        id=OrderId(4), merchant_id=SELLER, app_id=AppId(1), reference="R", scene=Scene.NATIVE,
        amount=Money(amount, CNY), expires_at=Instant(9), fee_bps=0, digest=b"",
        partner_id=PLATFORM, payment_id=PaymentId(6), refunded=refunded,
    )  # fmt: skip


def test_every_state_answers_every_event() -> None:
    assert set(TRANSITIONS) == {(s, e) for s in StoreState for e in StoreEvent}


@pytest.mark.parametrize("state", StoreState)
@pytest.mark.parametrize("event", list(StoreEvent)[1:])
def test_a_store_moves_as_the_table_says_and_no_other_way(
    state: StoreState, event: StoreEvent
) -> None:
    known = a_store(state=state)
    after = decide_store(DecideStore(PLATFORM, SELLER, event, "why"), known, Instant(9))
    expected = TRANSITIONS[state, event]
    if isinstance(expected, Reason):
        assert isinstance(after, Refused)
        assert after.reason is expected
    elif expected is state:
        assert after is known
    else:
        assert isinstance(after, Store)
        assert (after.state, after.reason, after.decided_at) == (expected, "why", 9)


@pytest.mark.parametrize("state", StoreState)
def test_only_an_open_store_sells(state: StoreState) -> None:
    sold = decide_sale(an_order(1), a_store(), a_store(state=state, reason="why"))
    if state is StoreState.OPEN:
        assert isinstance(sold, Order)
    else:
        said = f"the store is {state.name.lower()}: why"
        assert sold == Refused(Reason.STORE_NOT_OPEN, said)


@pytest.mark.parametrize(
    ("store", "field"),
    [
        (a_store(days=0), "days"),
        (a_store(days=MOST_DAYS + 1), "days"),
        (a_store(commission_bps=-1), "commission_bps"),
        (a_store(commission_bps=9_000, cuts=(Cut(MerchantId(3), 1_001),)), "commission_bps"),
        (a_store(cuts=(Cut(MerchantId(3), 1), Cut(MerchantId(3), 1))), "receivers[1]"),
        (a_store(cuts=(Cut(SELLER, 1),)), "receivers[0]"),
        (a_store(cuts=(Cut(MerchantId(3), 0),)), "receivers[0]"),
        (a_store(mode=StoreMode.SELF_OPERATED), "mode"),
        (a_store(merchant_id=PLATFORM), "mode"),
    ],
)
def test_an_application_that_cannot_be_meant_names_its_field(store: Store, field: str) -> None:
    refused = decide_application(None, store)
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.detail.split(":")[0]) == (Reason.STORE_INVALID, field)


def test_applying_again_is_no_change_and_after_a_refusal_begins_anew() -> None:
    known = a_store()
    assert decide_application(known, a_store(applied_at=Instant(5))) is known
    other = decide_application(known, a_store(commission_bps=0, applied_at=Instant(5)))
    assert isinstance(other, Refused), "what is approved is what was looked at"
    assert other.reason is Reason.STORE_STATE
    refused = a_store(state=StoreState.REFUSED, reason="照片不清楚")
    again = decide_application(refused, a_store(applied_at=Instant(5)))
    assert again == a_store(applied_at=Instant(5))
    closed = decide_application(a_store(state=StoreState.CLOSED), a_store())
    assert isinstance(closed, Refused)


def test_fifteen_by_eighty_eight_and_twelve_percent() -> None:
    store = a_store(commission_bps=800, cuts=(Cut(MerchantId(3), 1_200),))
    assert split(15, parts_of(store)) == [13, 1, 1]


def test_what_refunds_take_back_is_in_proportion_and_restores_exactly() -> None:
    chance = random.Random(7)
    store = a_store(commission_bps=800, cuts=(Cut(MerchantId(3), 1_200),))
    for _ in range(CASES):
        amount = chance.randrange(1, 10 ** chance.randrange(1, 9))
        early = chance.choice((0, chance.randrange(amount)))
        order = an_order(amount, refunded=early)
        asked, _ = settlement(order, store, amount - early)
        refunded, parts = early, asked.parts
        while refunded < amount:
            refunded += chance.randrange(1, amount - refunded + 1)
            dues = [due_back(part, asked.share, order, refunded) for part in parts]
            parts = tuple(
                replace(part, returned=part.returned + due)
                for part, due in zip(parts, dues, strict=True)
            )
            divided = amount - early
            for part in parts:
                exact = part.amount * (refunded - early)
                assert 0 <= exact - part.returned * divided < divided, "less than one unit"
        assert all(part.returned == part.amount for part in parts)


def test_dividing_loses_nothing_and_nobody_is_off_by_more_than_one_unit() -> None:
    chance = random.Random(4)
    for _ in range(CASES):
        total = chance.choice((chance.randrange(100), chance.randrange(10**6), 10**12))
        cuts = [chance.randrange(1, 2_000) for _ in range(chance.randrange(4))]
        commission = chance.randrange(0, BPS - sum(cuts) + 1)
        parts = (BPS - commission - sum(cuts), commission, *cuts)
        given = split(total, parts)
        assert sum(given) == total
        assert all(
            abs(one * BPS - total * part) <= BPS for one, part in zip(given, parts, strict=True)
        )
        assert all(one >= total * part // BPS for one, part in zip(given, parts, strict=True))
        # Units left over go to the first of those who are due anything.
        more = [one - total * part // BPS for one, part in zip(given, parts, strict=True) if part]
        assert more == sorted(more, reverse=True)
