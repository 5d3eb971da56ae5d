"""Requests to channels: every fault with every kind, also when the process is killed."""

from typing import Any

import pytest
from msgspec.structs import replace

from changliao.core import chart
from changliao.core.bank import BankFault, FaultRule, said_of
from changliao.core.channel_terms import ChangeChannel
from changliao.core.channels import (
    FORGOTTEN_AFTER,
    AskChannel,
    Asked,
    Channel,
    ChannelRequest,
    ChannelState,
    Declined,
    Done,
    RecordAnswer,
    RequestKind,
    RequestState,
    Silent,
    new_refund,
    new_request,
)
from changliao.core.chart import AccountId
from changliao.core.clock import SECOND, Instant
from changliao.core.credentials import Proof
from changliao.core.ids import MerchantId, UserId
from changliao.core.money import CNY
from changliao.core.outcome import Reason
from changliao.core.parties import Merchant
from changliao.operations import bank, channels, parties
from changliao.store.views import channels as views
from changliao.store.views import ledger
from tests.world import World, refused

BANK = Channel(chart.SANDBOX_BANK, "sandbox_bank", "沙箱银行", "Sandbox bank", "sandbox_bank")
AMOUNT = 1_000
OUT = (RequestKind.REFUND, RequestKind.PAYOUT)
# What each fault comes to: how much the bank moves, and in which state the request ends.
ENDS = {
    None: (AMOUNT, RequestState.DONE),
    BankFault.LOST: (0, RequestState.REFUSED),
    BankFault.UNANSWERED: (AMOUNT, RequestState.DONE),
    BankFault.LATE: (AMOUNT, RequestState.DONE),
    BankFault.WRONG_AMOUNT: (AMOUNT - 30, RequestState.DONE),
    BankFault.DUPLICATE: (AMOUNT, RequestState.DONE),
    BankFault.REFUSED: (0, RequestState.REFUSED),
}


def a_request(world: World, home: AccountId, kind: RequestKind, amount: int = AMOUNT) -> Any:
    return new_request(BANK, kind, home, amount, number=world.ids.new(), now=world.now)


def ask(world: World, request: ChannelRequest, **more: Any) -> Any:
    return world.do(channels.ASK, AskChannel(request, **more))


def record(world: World, request: ChannelRequest, answer: Any) -> Any:
    command = RecordAnswer(request.home.owner, request.id, answer, world.now)
    return world.do(channels.RECORD, command)


def carry(world: World, request: ChannelRequest) -> ChannelRequest:
    """Written, asked, recorded: as the desk does it when nothing goes wrong."""
    asked = ask(world, request)
    assert asked == Asked(request, fresh=True)
    answer = world.do(bank.INSTRUCT, request)
    done = record(world, request, answer)
    assert isinstance(done, ChannelRequest)
    return done


def look(world: World) -> int:
    """As the worker does: what is due is queried. How many there were."""
    with world.engine.reader() as reader:
        found = views.due(reader, world.now, 100)
        said = [said_of(views.bank_entry(reader, one.channel_id, one.id), world.now)
                for one in found]  # fmt: skip
    for one, answer in zip(found, said, strict=True):
        record(world, one, answer)
    return len(found)


def look_until_known(world: World) -> None:
    for _ in range(40):
        world.now = Instant(world.now + 30 * SECOND)
        look(world)
    with world.engine.reader() as reader:
        assert views.due(reader, Instant(1 << 62), 1) == []


def stored(world: World, request: ChannelRequest) -> ChannelRequest:
    with world.engine.reader() as reader:
        found = views.request(reader, request.home.owner, request.id)
    assert found is not None
    return found


def moved_by_bank(world: World, request: ChannelRequest) -> int:
    with world.engine.reader() as reader:
        entry = views.bank_entry(reader, request.channel_id, request.id)
    return entry.amount if entry else 0


def set_fault(world: World, kind: RequestKind, fault: BankFault | None, off: int = -30) -> None:
    if fault is not None:
        world.do(bank.SET_FAULT, FaultRule(BANK.id, kind, fault, 1, off))


def prepared(world: World, kind: RequestKind) -> Any:
    """A request that can be asked: of a user with 5,000 that came by a top-up."""
    home = chart.wallet(world.user(), CNY)
    pay = carry(world, a_request(world, home, RequestKind.PAY, 5_000))
    assert world.balance(home) == 5_000
    if kind is RequestKind.REFUND:
        return new_refund(pay, AMOUNT, world.ids.new(), world.now)
    return a_request(world, home, kind)


@pytest.mark.parametrize("killed", ["nowhere", "before asking", "before recording"])
@pytest.mark.parametrize("kind", RequestKind, ids=lambda one: one.name)
@pytest.mark.parametrize("fault", ENDS, ids=str)
def test_every_fault_ends_right(
    world: World, fault: BankFault | None, kind: RequestKind, killed: str
) -> None:
    """Killed between two commits is: the later ones do not happen, and only workers go on."""
    request = prepared(world, kind)
    set_fault(world, kind, fault)
    if killed == "nowhere":
        carry(world, request)
    else:
        assert ask(world, request).fresh
        if killed == "before recording":
            world.do(bank.INSTRUCT, request)
    # Whoever sends the same again is not told to ask.
    assert not ask(world, request).fresh
    world.audit()

    look_until_known(world)

    moved, state = ENDS[fault] if killed != "before asking" else (0, RequestState.REFUSED)
    done = stored(world, request)
    assert (done.state, done.settled) == (state, moved)
    assert moved_by_bank(world, request) == moved
    sign = 1 if kind is RequestKind.PAY else -1
    assert world.balance(request.home) == 5_000 + sign * moved
    assert world.balance(chart.leaving(request.home)) == 0
    assert world.balance(chart.clearing(BANK.id, CNY)) == -5_000 - sign * moved
    if kind is RequestKind.REFUND:
        assert stored(world, replace(request, id=request.pay_id)).returned == moved


@pytest.mark.parametrize("kind", RequestKind, ids=lambda one: one.name)
def test_what_the_bank_moved_beyond_the_amount_stands_in_suspense(
    world: World, kind: RequestKind
) -> None:
    request = prepared(world, kind)
    set_fault(world, kind, BankFault.WRONG_AMOUNT, off=70)
    done = carry(world, request)
    assert (done.settled, done.reached, done.surplus) == (1_070, 1_000, 70)
    sign = 1 if kind is RequestKind.PAY else -1
    assert world.balance(request.home) == 5_000 + sign * 1_000
    assert world.balance(chart.suspense(CNY)) == sign * 70
    assert world.balance(chart.clearing(BANK.id, CNY)) == -5_000 - sign * 1_070


def test_an_instruction_that_comes_twice_is_carried_out_once(world: World) -> None:
    request = prepared(world, RequestKind.PAYOUT)
    assert ask(world, request).fresh
    first = world.do(bank.INSTRUCT, request)
    assert world.batch([(bank.INSTRUCT, request)] * 3) == [first] * 3
    other = replace(request, amount=1)
    assert isinstance(world.do(bank.INSTRUCT, other), Declined)


def test_the_bank_begins_nothing_too_late(world: World) -> None:
    """Else it could move money of a request that the network has given up."""
    request = prepared(world, RequestKind.PAYOUT)
    assert ask(world, request).fresh
    world.now = Instant(world.now + FORGOTTEN_AFTER)
    look(world)
    assert stored(world, request).state is RequestState.REFUSED
    assert isinstance(world.do(bank.INSTRUCT, request), Declined)
    assert moved_by_bank(world, request) == 0


def test_an_answer_told_many_times_is_recorded_once(world: World) -> None:
    request = prepared(world, RequestKind.PAY)
    assert ask(world, request).fresh
    command = RecordAnswer(request.home.owner, request.id, Done(AMOUNT, "X1"), world.now)
    told = world.batch([(channels.RECORD, command)] * 4)
    assert [one.reference for one in told] == ["X1"] * 4
    assert world.balance(request.home) == 5_000 + AMOUNT
    before = world.rows()
    contradiction = record(world, request, Declined("no"))
    assert refused(contradiction, Reason.CHANNEL_CONTRADICTS)
    assert world.rows() == before


def test_a_refusal_changes_nothing(world: World) -> None:
    home = chart.wallet(world.user(), CNY)
    pay = carry(world, a_request(world, home, RequestKind.PAY, 5_000))
    stranger = chart.wallet(UserId(world.ids.new()), CNY)
    asked = a_request(world, home, RequestKind.PAYOUT)
    cases = [
        (replace(asked, amount=5_001), Reason.INSUFFICIENT_FUNDS),
        (replace(asked, amount=0), Reason.AMOUNT_NOT_POSITIVE),
        (replace(asked, channel_id=99), Reason.CHANNEL_NOT_FOUND),
        (replace(asked, home=stranger), Reason.USER_NOT_FOUND),
        (replace(asked, home=chart.payable(MerchantId(5), CNY)), Reason.MERCHANT_NOT_FOUND),
        (replace(asked, id=pay.id), Reason.PAYMENT_ID_REUSED),
        (new_refund(pay, 5_001, world.ids.new(), world.now), Reason.REFUND_EXCEEDS_PAYMENT),
    ]
    before = world.rows()
    for request, reason in cases:
        assert refused(ask(world, request), reason), reason
    assert refused(ask(world, asked, proof=world.proof(right=False)), Reason.CREDENTIAL_WRONG)
    changed = {name for name, rows in world.rows().items() if rows != before[name]}
    assert changed == {"credentials"}


def test_a_pin_that_is_right_lets_money_out(world: World) -> None:
    home = chart.wallet(world.user(2_000), CNY)
    asked = ask(world, a_request(world, home, RequestKind.PAYOUT), proof=Proof(True, world.now))
    assert asked.fresh
    assert (world.balance(home), world.balance(chart.leaving(home))) == (1_000, 1_000)


def test_a_merchant_takes_out_what_it_has_earned(world: World) -> None:
    merchant = Merchant(world.merchant, "1900000109", "Shop", 0, b"", world.now)
    assert world.do(parties.CREATE_MERCHANT, merchant) == merchant
    world.pay(world.place(3_000, fee_bps=0), world.user(3_000))
    home = chart.payable(world.merchant, CNY)
    short = ask(world, a_request(world, home, RequestKind.PAYOUT, 3_001))
    assert refused(short, Reason.MERCHANT_FUNDS_INSUFFICIENT)
    done = carry(world, a_request(world, home, RequestKind.PAYOUT, 3_000))
    assert (done.state, world.balance(home)) == (RequestState.DONE, 0)
    assert world.balance(chart.clearing(BANK.id, CNY)) == 0


def test_a_suspended_channel_still_tells_what_became_of_requests(world: World) -> None:
    request = prepared(world, RequestKind.PAYOUT)
    assert ask(world, request).fresh
    world.do(bank.INSTRUCT, request)
    world.do(channels.CHANGE, ChangeChannel(BANK.id, ChannelState.SUSPENDED))
    again = a_request(world, request.home, RequestKind.PAYOUT)
    assert refused(ask(world, again), Reason.CHANNEL_SUSPENDED)
    look_until_known(world)
    assert stored(world, request).state is RequestState.DONE


def test_a_channel_that_does_not_answer_is_counted_as_ailing(world: World) -> None:
    request = prepared(world, RequestKind.PAYOUT)
    assert ask(world, request).fresh
    for expected in (1, 2, 3, 3):
        record(world, request, Silent())
        assert misses(world) == expected
    record(world, request, Done(AMOUNT))
    assert misses(world) == 0


def misses(world: World) -> int:
    with world.engine.reader() as reader:
        return views.channels(reader)[0].misses


def test_a_channel_is_a_row(world: World) -> None:
    other = Channel(0, "icbc", "工商银行", "ICBC", "sandbox_bank", weight=5)
    opened = world.do(channels.OPEN, other)
    assert opened == replace(other, id=33)
    assert world.do(channels.OPEN, other) == opened
    assert refused(world.do(channels.OPEN, replace(other, weight=6)), Reason.CHANNEL_TAKEN)
    assert refused(world.do(channels.CHANGE, ChangeChannel(99)), Reason.CHANNEL_NOT_FOUND)


def test_a_top_up_shows_in_the_wallet_by_its_request(world: World) -> None:
    request = prepared(world, RequestKind.PAY)
    carry(world, request)
    with world.engine.reader() as reader:
        found = ledger.top_up(reader, request.id, request.home.owner)
    assert found is not None
    assert found.amount.amount == AMOUNT


@pytest.mark.parametrize("kind", [RequestKind.PAY, RequestKind.PAYOUT], ids=lambda one: one.name)
def test_an_id_that_names_somebody_elses_request_is_refused(
    world: World, kind: RequestKind
) -> None:
    mine, theirs = (chart.wallet(world.user(5_000), CNY) for _ in range(2))
    first = a_request(world, mine, kind)
    again = replace(first, home=theirs)
    at_once = world.batch([(channels.ASK, AskChannel(one)) for one in (first, again)])
    assert at_once[0] == Asked(first, fresh=True)
    assert refused(at_once[1], Reason.PAYMENT_ID_REUSED)
    record(world, first, world.do(bank.INSTRUCT, first))
    before = world.rows()
    assert refused(ask(world, again), Reason.PAYMENT_ID_REUSED)
    assert refused(ask(world, replace(again, channel_id=32)), Reason.PAYMENT_ID_REUSED)
    assert world.rows() == before
    assert world.balance(theirs) == 5_000
    assert ask(world, first) == Asked(stored(world, first))
