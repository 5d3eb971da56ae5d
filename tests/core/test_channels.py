"""Which channel is asked, and what its answers do to a request."""

from collections import Counter
from typing import Any

import pytest
from msgspec.structs import replace

from changliao.core import chart
from changliao.core.channels import (
    FORGOTTEN_AFTER,
    Absent,
    Answer,
    Channel,
    ChannelRequest,
    ChannelState,
    Declined,
    Done,
    RecordAnswer,
    Recorded,
    RequestKind,
    RequestState,
    Silent,
    decide_asking,
    decide_record,
    new_refund,
    new_request,
)
from changliao.core.clock import Instant
from changliao.core.ids import UserId
from changliao.core.ledger import Account
from changliao.core.money import CNY
from changliao.core.outcome import Reason, Refused
from changliao.core.routing import AILING, decide_health, decide_route

NOW = Instant(1_795_500_000_000_000)
HOME = chart.wallet(UserId(1 << 20), CNY)
BANK = Channel(16, "bank", "银行", "Bank", "sandbox_bank")
RICH = Account(HOME, 0, 5_000)


def a_request(kind: RequestKind, amount: int = 1_000, **changes: Any) -> ChannelRequest:
    made = new_request(BANK, kind, HOME, amount, number=7, now=NOW)
    return replace(made, **changes)


def said(request: ChannelRequest, answer: Answer, after: int = 0, **pay: Any) -> Any:
    command = RecordAnswer(HOME.owner, request.id, answer, Instant(NOW + after))
    return decide_record(request, pay.get("pay"), command, Instant(NOW + after))


def test_the_cheapest_is_asked_and_equals_share_by_weight() -> None:
    channels = [
        replace(BANK, weight=3),
        replace(BANK, id=17, weight=1),
        replace(BANK, id=18, weight=9, cost_bps=5),
    ]
    drawn = Counter(decide_route(channels, 0, draw << 9).id for draw in range(4_000))  # type: ignore[union-attr]
    assert set(drawn) == {16, 17}
    assert 2_800 < drawn[16] < 3_200
    for draw in range(100):
        assert decide_route(channels, 0, draw) == decide_route(channels[::-1], 0, draw)


def test_who_does_not_answer_is_asked_last_and_who_is_suspended_never() -> None:
    ailing = replace(BANK, misses=AILING)
    dear = replace(BANK, id=17, cost_bps=100)
    assert decide_route([ailing, dear], 0, 1) == dear
    assert decide_route([ailing], 0, 1) == ailing
    suspended = [replace(one, state=ChannelState.SUSPENDED) for one in (ailing, dear)]
    outcome = decide_route(suspended, 0, 1)
    assert isinstance(outcome, Refused)
    assert outcome.reason is Reason.CHANNEL_SUSPENDED
    assert isinstance(decide_route([replace(BANK, weight=0)], 0, 1), Refused)


def test_a_channel_for_pages_on_a_pc_is_not_asked_by_a_phone() -> None:
    pc_only = replace(BANK, terminals=1 << 4)
    assert decide_route([pc_only], 4, 1) == pc_only
    assert decide_route([pc_only], 0, 1) == pc_only
    assert isinstance(decide_route([pc_only], 1, 1), Refused)


def test_answers_that_are_missing_in_a_row_are_counted() -> None:
    one = BANK
    for _ in range(AILING + 2):
        one = decide_health(one, Silent())
    assert one.misses == AILING
    assert decide_health(one, Declined("no")) == BANK
    assert decide_health(BANK, Done(1)) is BANK


@pytest.mark.parametrize("kind", RequestKind)
def test_nothing_moves_beyond_what_was_asked(kind: RequestKind) -> None:
    for amount, reached, surplus in ((1_000, 1_000, 0), (999, 999, 0), (1_001, 1_000, 1)):
        done = said(a_request(kind), Done(amount))
        assert (done.request.reached, done.request.surplus) == (reached, surplus)
        to_home = sum(
            (one.credit == HOME) * one.amount - (one.debit == HOME) * one.amount
            for one in done.transfers
        )
        clearing = chart.clearing(16, CNY)
        at_bank = sum(
            (one.debit == clearing) * one.amount - (one.credit == clearing) * one.amount
            for one in done.transfers
        )
        if kind is RequestKind.PAY:
            assert (to_home, at_bank) == (reached, amount)
        else:
            assert (to_home, at_bank) == (1_000 - reached, -amount)


@pytest.mark.parametrize("amount", [0, -5, 1 << 60])
def test_an_amount_that_cannot_be_is_no_answer(amount: int) -> None:
    recorded = said(a_request(RequestKind.PAY), Done(amount))
    assert recorded.request.state is RequestState.UNKNOWN
    assert recorded.transfers == ()


def test_that_nobody_heard_of_it_counts_only_when_it_can_no_longer_begin() -> None:
    early = said(a_request(RequestKind.PAYOUT), Absent(), FORGOTTEN_AFTER - 1)
    assert early.request.state is RequestState.UNKNOWN
    late = said(a_request(RequestKind.PAYOUT), Absent(), FORGOTTEN_AFTER)
    assert late.request.state is RequestState.REFUSED
    (back,) = late.transfers
    assert (back.credit, back.amount) == (HOME, 1_000)


def test_pauses_between_looks_grow_and_end_at_five_minutes() -> None:
    one, pauses = a_request(RequestKind.PAY), []
    for _ in range(12):
        one = said(one, Silent()).request
        pauses.append((one.next_look - NOW) // 1_000_000)
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (Done(1_000), Declined("no")),
        (Done(1_000), Done(999)),
        (Declined("no"), Done(1_000)),
    ],
)
def test_a_channel_that_changes_its_word_is_not_believed(first: Answer, then: Answer) -> None:
    settled = said(a_request(RequestKind.PAY), first).request
    again = said(settled, then)
    assert isinstance(again, Refused)
    assert again.reason is Reason.CHANNEL_CONTRADICTS
    assert said(settled, first) == Recorded(settled)
    assert said(settled, Silent()) == Recorded(settled)


def test_no_more_goes_back_than_came() -> None:
    pay = said(a_request(RequestKind.PAY), Done(900)).request
    back = new_refund(pay, 901, 8, NOW)
    refused = decide_asking(back, BANK, RICH, pay)
    assert isinstance(refused, Refused)
    assert refused.reason is Reason.REFUND_EXCEEDS_PAYMENT
    asked = decide_asking(replace(back, amount=900), BANK, RICH, pay)
    assert isinstance(asked, Recorded)
    assert asked.pay is not None
    assert asked.pay.returned == 900
    refused = decide_asking(replace(back, amount=1), BANK, RICH, asked.pay)
    assert isinstance(refused, Refused)
    part = said(asked.request, Done(400), pay=asked.pay)
    assert part.pay.returned == 400
    none = said(asked.request, Declined("no"), pay=asked.pay)
    assert none.pay.returned == 0


@pytest.mark.parametrize(
    ("changes", "channel", "reason"),
    [
        ({"amount": 0}, BANK, Reason.AMOUNT_NOT_POSITIVE),
        ({"amount": 1 << 50}, BANK, Reason.AMOUNT_TOO_LARGE),
        ({"amount": 5_001}, BANK, Reason.INSUFFICIENT_FUNDS),
        ({}, replace(BANK, state=ChannelState.SUSPENDED), Reason.CHANNEL_SUSPENDED),
        ({"kind": RequestKind.REFUND}, BANK, Reason.CHANNEL_REQUEST_NOT_FOUND),
    ],
)
def test_what_cannot_be_asked_is_refused(changes: Any, channel: Channel, reason: Reason) -> None:
    asked = a_request(**({"kind": RequestKind.PAYOUT} | changes))
    refused = decide_asking(asked, channel, RICH, None)
    assert isinstance(refused, Refused)
    assert refused.reason is reason
