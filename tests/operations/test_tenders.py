"""Orders paid by channels: paid once or returned, whatever goes wrong and whoever is faster."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from changliao.core import chart
from changliao.core.acceptance import TERMINAL_OF, Accepting, Cell, UnderWay
from changliao.core.bank import BankFault
from changliao.core.channel_terms import ChangeChannel
from changliao.core.channels import (
    Channel,
    ChannelRequest,
    ChannelState,
    Declined,
    Done,
    RecordAnswer,
    RequestKind,
    RequestState,
    new_refund,
)
from changliao.core.clock import HOUR, SECOND, Instant
from changliao.core.ids import PaymentId, UserId
from changliao.core.money import CNY
from changliao.core.orders import CloseOrder, ExpireOrder, Order, OrderState
from changliao.core.outcome import Reason
from changliao.core.refunds import Refund
from changliao.core.tenders import AskTender, TakeReturn, Tender, TenderState, new_tender_request
from changliao.operations import acceptance, bank, channels, orders, tenders
from changliao.store.acceptance import Method
from changliao.store.views import channels as views
from changliao.store.views import orders as order_views
from changliao.store.views import tenders as tender_views
from tests.operations.test_acceptance import PC, switch
from tests.operations.test_channels import ENDS, ask, look, moved_by_bank, record, set_fault
from tests.world import World, Worlds, refused

NETBANK, TENPAY = 2, 3
BANK = Channel(
    chart.SANDBOX_BANK, "sandbox_bank", "沙箱银行", "Sandbox bank", "sandbox_bank",
    method_id=NETBANK,
)  # fmt: skip
TENPAY_CHANNEL = Channel(
    32, "tenpay", "财付通", "Tenpay", "sandbox_bank", weight=0, terminals=16, method_id=TENPAY
)
AMOUNT = 1_000
FEE = 6


def accept(world: World, *methods: int, under_way: UnderWay = UnderWay.FINISH) -> None:
    cells = [Cell(method, PC, Accepting.ACCEPTED) for method in methods]
    world.now = Instant(switch(world, *cells, under_way=under_way) + SECOND)


def a_tender(
    world: World, order: Order, payer: UserId, channel: Channel = BANK, **changes: Any
) -> AskTender:
    payment_id = PaymentId(world.ids.new())
    tender = Tender(
        payer, payment_id, order.merchant_id, order.id, channel.method_id, TERMINAL_OF[order.scene]
    )
    request = new_tender_request(channel, order, payer, payment_id, world.now)
    return replace(AskTender(tender, request), **changes)


def begin(world: World, order: Order, payer: UserId, channel: Channel = BANK) -> ChannelRequest:
    asked = world.do(tenders.ASK, a_tender(world, order, payer, channel))
    assert asked.fresh, asked
    request = asked.request
    assert isinstance(request, ChannelRequest)
    return request


def instruct(world: World, request: ChannelRequest) -> None:
    record(world, request, world.do(bank.INSTRUCT, request))


def send_back(world: World) -> int:
    """As the worker does it: who takes a return asks for it. How many there were."""
    with world.engine.reader() as reader:
        waiting = views.waiting(reader, world.now, 100)
    for one in waiting:
        taken = world.do(tenders.TAKE, TakeReturn(one.home.owner, one.id))
        if taken.fresh:
            instruct(world, taken.request)
    return len(waiting)


def settle(world: World) -> None:
    """Workers go on until nothing is open and nothing waits."""
    for _ in range(40):
        world.now = Instant(world.now + 30 * SECOND)
        if not look(world) + send_back(world):
            break
    for _ in range(20):
        world.now = Instant(world.now + 300 * SECOND)
        look(world)
        send_back(world)
    with world.engine.reader() as reader:
        assert views.due(reader, Instant(1 << 62), 1) == []
        assert views.waiting(reader, Instant(1 << 62), 1) == []


def tried(world: World, request: ChannelRequest) -> Tender:
    with world.engine.reader() as reader:
        found = tender_views.tried(reader, request.home.owner, request.id)
    assert found is not None
    return found.tender


def stored(world: World, order: Order) -> Order:
    with world.engine.reader() as reader:
        found = order_views.order(reader, order.merchant_id, order.id)
    assert found is not None
    return found.order


def kept_by_bank(world: World, payer: UserId, channel: Channel = BANK) -> int:
    """What the channel took of a payer and did not give back."""
    with world.engine.reader() as reader:
        entries = views.bank_entries(reader, channel.id, CNY.number, Instant(0), Instant(1 << 62))
        owned = {one.id for one in views.requests(reader, 0, 0, 1 << 62, 1_000)
                 if one.home.owner == payer}  # fmt: skip
    signs = {RequestKind.PAY: 1}
    return sum(signs.get(one.kind, -1) * one.amount for one in entries if one.number in owned)


def earned(world: World) -> int:
    return world.balance(chart.payable(world.merchant, CNY))


@pytest.mark.parametrize("killed", ["nowhere", "before asking", "before recording"])
@pytest.mark.parametrize("meanwhile", ["nothing", "paid", "closed", "expired", "suspended"])
@pytest.mark.parametrize("fault", ENDS, ids=str)
def test_an_order_is_paid_once_or_the_money_goes_back(
    world: World, fault: BankFault | None, meanwhile: str, killed: str
) -> None:
    """Killed between two commits is: the later ones do not happen, and only workers go on."""
    accept(world, NETBANK, under_way=UnderWay.STOP)
    lives = 20 * SECOND if meanwhile == "expired" else HOUR
    payer = world.user(AMOUNT)
    order = world.place(AMOUNT, expires_at=Instant(world.now + lives))
    set_fault(world, RequestKind.PAY, fault)
    request = begin(world, order, payer)
    world.audit()
    if meanwhile == "paid":
        assert isinstance(world.pay(order, payer), Order)
    elif meanwhile == "closed":
        world.do(orders.CLOSE, CloseOrder(order.merchant_id, order.id))
    elif meanwhile == "expired":
        world.now = Instant(world.now + 25 * SECOND)
        world.do(orders.EXPIRE, ExpireOrder(order.merchant_id, order.id))
    elif meanwhile == "suspended":
        world.now = switch(world, Cell(NETBANK, PC, Accepting.SUSPENDED), under_way=UnderWay.STOP)
    if killed == "nowhere":
        instruct(world, request)
    elif killed == "before recording":
        world.do(bank.INSTRUCT, request)

    settle(world)

    came, state = ENDS[fault] if killed != "before asking" else (0, RequestState.REFUSED)
    assert moved_by_bank(world, request) == came
    pays = state is RequestState.DONE and came == AMOUNT and meanwhile == "nothing"
    ended = tried(world, request)
    if state is RequestState.REFUSED:
        assert ended.state is TenderState.REFUSED
    else:
        assert ended.state is (TenderState.PAID if pays else TenderState.RETURNED)
    after = stored(world, order)
    by_wallet = meanwhile == "paid"
    assert (after.state is OrderState.PAID) == (pays or by_wallet)
    assert after.method == ("netbank" if pays else "")
    assert earned(world) == (AMOUNT - FEE if pays or by_wallet else 0)
    assert world.balance(chart.wallet(payer, CNY)) == (0 if by_wallet else AMOUNT)
    assert kept_by_bank(world, payer) == (AMOUNT if pays else 0)
    assert world.balance(chart.leaving(request.home)) == 0


@pytest.mark.parametrize("first", ["netbank", "tenpay"])
def test_of_two_methods_that_race_one_pays_and_the_other_returns(world: World, first: str) -> None:
    accept(world, NETBANK, TENPAY)
    payer, friend, order = world.user(), world.user(), world.place(AMOUNT)
    ways = [begin(world, order, payer), begin(world, order, friend, TENPAY_CHANNEL)]
    if first == "tenpay":
        ways.reverse()
    for request in ways:
        instruct(world, request)
    settle(world)
    states = [tried(world, one).state for one in ways]
    assert states == [TenderState.PAID, TenderState.RETURNED]
    assert stored(world, order).method == first
    assert earned(world) == AMOUNT - FEE
    kept = [kept_by_bank(world, payer), kept_by_bank(world, friend, TENPAY_CHANNEL)]
    assert sorted(kept) == [0, AMOUNT]


def test_both_answers_in_one_batch_pay_once(world: World) -> None:
    accept(world, NETBANK, TENPAY)
    payer, order = world.user(AMOUNT), world.place(AMOUNT)
    ways = [begin(world, order, payer), begin(world, order, payer, TENPAY_CHANNEL)]
    told = [RecordAnswer(payer, one.id, world.do(bank.INSTRUCT, one), world.now) for one in ways]
    outcomes = world.batch(
        [(channels.RECORD, one) for one in told]
        + [(orders.PAY, world.a_payment(order, payer))]
        + [(channels.RECORD, one) for one in told]
    )
    assert refused(outcomes[2], Reason.ORDER_ALREADY_PAID)
    settle(world)
    assert earned(world) == AMOUNT - FEE
    assert world.balance(chart.wallet(payer, CNY)) == AMOUNT


@pytest.mark.parametrize("fault", ENDS, ids=str)
def test_a_refund_goes_back_through_the_channel_whatever_it_does(
    world: World, fault: BankFault | None
) -> None:
    """What it declines waits for the merchant; what it does not send stays with the payer."""
    accept(world, NETBANK)
    world.pay(world.place(5_000), world.user(5_000))
    payer, order = world.user(), world.place(AMOUNT)
    request = begin(world, order, payer)
    instruct(world, request)
    set_fault(world, RequestKind.REFUND, fault)
    assert isinstance(world.refund(order, 400), Refund)
    assert world.balance(chart.leaving(request.home)) == 400
    assert isinstance(world.refund(order, 600), Refund)
    settle(world)
    came = {BankFault.WRONG_AMOUNT: 370, BankFault.REFUSED: 0}.get(fault or BankFault.LOST, 400)
    assert kept_by_bank(world, payer) == AMOUNT - 600 - came
    waits = 400 if fault is BankFault.REFUSED else 0
    assert world.balance(chart.leaving(request.home)) == waits
    assert world.balance(chart.wallet(payer, CNY)) == 400 - came - waits
    assert stored(world, order).refunded == AMOUNT
    assert refused(world.refund(order, 1), Reason.REFUND_EXCEEDS_PAYMENT)


def test_a_return_killed_between_taking_and_asking_is_asked_anew(world: World) -> None:
    accept(world, NETBANK)
    payer, order = world.user(), world.place(AMOUNT)
    request = begin(world, order, payer)
    instruct(world, request)
    back = world.refund(order, AMOUNT)
    taken = world.do(tenders.TAKE, TakeReturn(payer, back.id))
    assert taken.fresh
    # Whoever takes it second asks nobody.
    assert refused(
        world.do(tenders.TAKE, TakeReturn(payer, back.id)), Reason.CHANNEL_REQUEST_NOT_FOUND
    )
    settle(world)
    assert kept_by_bank(world, payer) == 0
    assert world.balance(chart.wallet(payer, CNY)) == 0


def test_a_return_waits_for_a_channel_that_is_suspended(world: World) -> None:
    accept(world, NETBANK)
    payer, order = world.user(), world.place(AMOUNT)
    instruct(world, begin(world, order, payer))
    world.do(channels.CHANGE, ChangeChannel(BANK.id, ChannelState.SUSPENDED))
    back = world.refund(order, AMOUNT)
    for _ in range(3):
        world.now = Instant(world.now + 90 * SECOND)
        send_back(world)
        assert kept_by_bank(world, payer) == AMOUNT
    assert not world.do(tenders.TAKE, TakeReturn(payer, back.id)).fresh
    world.do(channels.CHANGE, ChangeChannel(BANK.id, ChannelState.HEALTHY))
    settle(world)
    assert kept_by_bank(world, payer) == 0


def test_asking_twice_asks_once_and_other_words_are_refused(world: World) -> None:
    accept(world, NETBANK, TENPAY)
    payer, order = world.user(), world.place(AMOUNT)
    command = a_tender(world, order, payer)
    told = world.batch([(tenders.ASK, command)] * 3)
    assert [one.fresh for one in told] == [True, False, False]
    other = replace(command, tender=replace(command.tender, method_id=TENPAY))
    assert refused(world.do(tenders.ASK, other), Reason.PAYMENT_ID_REUSED)
    instruct(world, command.request)
    by_itself = new_refund(command.request, 1, world.ids.new(), world.now)
    assert refused(ask(world, by_itself), Reason.CHANNEL_REQUEST_NOT_FOUND)
    taken = world.place(AMOUNT)
    again = a_tender(world, taken, payer)
    world.do(tenders.ASK, again)
    payment = world.a_payment(taken, payer, payment_id=again.tender.payment_id)
    assert refused(world.do(orders.PAY, payment), Reason.INSUFFICIENT_FUNDS)
    instruct(world, again.request)
    assert tried(world, again.request).reason == "payment_id_reused"


def test_what_is_refused_asks_nobody_and_keeps_its_answer(world: World) -> None:
    unconnected = world.place(AMOUNT)
    accept(world, NETBANK, TENPAY)
    payer, order = world.user(), world.place(AMOUNT)
    basket = world.do(orders.PLACE, world.an_order(AMOUNT, basket_id=7))
    closed = world.place(AMOUNT)
    world.do(orders.CLOSE, CloseOrder(closed.merchant_id, closed.id))
    paid = world.place(AMOUNT)
    world.pay(paid, world.user(AMOUNT))
    good = a_tender(world, order, payer)
    stranger = a_tender(world, order, UserId(world.ids.new()))
    cases = [
        (a_tender(world, closed, payer), Reason.ORDER_CLOSED),
        (a_tender(world, paid, payer), Reason.ORDER_ALREADY_PAID),
        (a_tender(world, basket, payer), Reason.ORDER_IN_BASKET),
        (a_tender(world, order, payer, replace(BANK, method_id=4)), Reason.METHOD_NOT_CONNECTED),
        (a_tender(world, order, payer, replace(BANK, method_id=TENPAY)), Reason.METHOD_UNKNOWN),
        (a_tender(world, order, payer, replace(BANK, method_id=1)), Reason.METHOD_UNKNOWN),
        (a_tender(world, order, payer, replace(BANK, id=99)), Reason.CHANNEL_NOT_FOUND),
        (replace(good, request=replace(good.request, amount=999)), Reason.AMOUNT_CHANGED),
        (a_tender(world, order, payer, TENPAY_CHANNEL, page_terminal_id=3),
         Reason.CHANNEL_ELSEWHERE),
        (stranger, Reason.USER_NOT_FOUND),
        (a_tender(world, replace(order, id=order.id + 1), payer), Reason.ORDER_NOT_FOUND),
    ]  # fmt: skip
    before = world.rows()
    for command, reason in cases:
        fresh = replace(
            command, tender=replace(command.tender, payment_id=PaymentId(world.ids.new()))
        )
        number = fresh.tender.payment_id
        fresh = replace(fresh, request=replace(fresh.request, id=number))
        for _ in range(2):
            assert refused(world.do(tenders.ASK, fresh), reason), reason
    changed = {name for name, rows in world.rows().items() if rows != before[name]}
    assert changed == {"payments"}
    assert unconnected.state is OrderState.OPEN


def test_a_new_method_is_a_row_and_a_channel(world: World) -> None:
    world.do(acceptance.ADD_METHOD, Method(7, "qqwallet", "QQ 钱包", "QQ Wallet", "qq"))
    opened = world.do(
        channels.OPEN,
        Channel(0, "qq", "QQ 钱包", "QQ Wallet", "sandbox_bank", method_id=7),
    )
    accept(world, 7)
    payer, order = world.user(), world.place(AMOUNT)
    instruct(world, begin(world, order, payer, opened))
    assert stored(world, order).method == "qqwallet"


def test_what_came_beyond_the_amount_stands_in_suspense_and_the_order_is_unpaid(
    world: World,
) -> None:
    accept(world, NETBANK)
    payer, order = world.user(), world.place(AMOUNT)
    set_fault(world, RequestKind.PAY, BankFault.WRONG_AMOUNT, off=50)
    instruct(world, begin(world, order, payer))
    settle(world)
    assert stored(world, order).state is OrderState.OPEN
    assert world.balance(chart.suspense(CNY)) == 50
    assert kept_by_bank(world, payer) == 50


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("tender"), st.integers(0, 2), st.booleans()),
        st.tuples(st.just("fault"), st.sampled_from([*BankFault]), st.booleans()),
        st.tuples(st.just("instruct"), st.integers(0, 9), st.booleans()),
        st.tuples(st.just("pay"), st.integers(0, 2), st.booleans()),
        st.tuples(st.just("refund"), st.integers(1, 900), st.booleans()),
        st.tuples(st.just("close"), st.just(0), st.booleans()),
        st.tuples(st.just("wait"), st.integers(1, 90), st.booleans()),
    ),
    max_size=25,
)


@settings(
    max_examples=60, deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
@given(steps=STEPS)
def test_no_order_is_paid_twice_and_no_money_is_lost(
    worlds: Worlds, steps: list[tuple[str, Any, bool]]
) -> None:
    """In the end each payer is out of pocket by exactly what the merchants earned from them."""
    with worlds() as world:
        accept(world, NETBANK, TENPAY)
        payers = [world.user(AMOUNT) for _ in range(3)]
        order = world.place(AMOUNT, expires_at=Instant(world.now + HOUR), fee_bps=0)
        before = earned(world)
        asked: list[ChannelRequest] = []
        for what, value, flag in steps:
            channel = TENPAY_CHANNEL if flag else BANK
            if what == "tender":
                made = world.do(tenders.ASK, a_tender(world, order, payers[value], channel))
                asked += [made.request] if getattr(made, "fresh", False) else []
            elif what == "fault":
                kind = RequestKind.PAY if flag else RequestKind.REFUND
                set_fault(world, kind, value)
            elif what == "instruct" and asked:
                one = asked.pop(value % len(asked))
                answer = world.do(bank.INSTRUCT, one)
                if flag:
                    record(world, one, answer)
            elif what == "pay":
                world.pay(order, payers[value])
            elif what == "refund":
                world.refund(order, value)
            elif what == "close":
                world.do(orders.CLOSE, CloseOrder(order.merchant_id, order.id))
            elif what == "wait":
                world.now = Instant(world.now + value * SECOND)
                look(world)
                send_back(world)
        settle(world)
        after = stored(world, order)
        gained = AMOUNT - after.refunded if after.state is OrderState.PAID else 0
        assert earned(world) - before == gained
        kept = [
            kept_by_bank(world, one) + kept_by_bank(world, one, TENPAY_CHANNEL) for one in payers
        ]
        wallets = [world.balance(chart.wallet(one, CNY)) for one in payers]
        out = sum(kept) + AMOUNT * len(payers) - sum(wallets)
        with world.engine.reader() as reader:
            requests = views.requests(reader, 0, 0, 1 << 62, 1_000)
        surplus = sum(
            one.surplus * (1 if one.kind is RequestKind.PAY else -1)
            for one in requests
            if one.home.owner in payers
        )
        waits = sum(world.balance(chart.leaving(chart.wallet(one, CNY))) for one in payers)
        assert out == gained + surplus + waits


def test_a_success_after_a_no_is_not_believed(world: World) -> None:
    accept(world, NETBANK)
    payer, order = world.user(), world.place(AMOUNT)
    request = begin(world, order, payer)
    record(world, request, Declined("no"))
    before = world.rows()
    assert refused(record(world, request, Done(AMOUNT)), Reason.CHANNEL_CONTRADICTS)
    assert world.rows() == before
    assert tried(world, request).reason == "no"


def test_what_one_payer_paid_at_a_channel_does_not_pay_for_another(world: World) -> None:
    accept(world, NETBANK)
    orders_ = [world.place(AMOUNT) for _ in range(2)]
    first = a_tender(world, orders_[0], world.user())
    asked = world.do(tenders.ASK, first)
    other = a_tender(world, orders_[1], world.user())
    payment_id = first.tender.payment_id
    again = replace(
        other,
        tender=replace(other.tender, payment_id=payment_id),
        request=replace(other.request, id=asked.request.id),
    )
    before = world.rows()
    assert refused(world.do(tenders.ASK, again), Reason.PAYMENT_ID_REUSED)
    assert world.rows() == before
