"""The audit finds whatever was changed behind the books' back, and says where."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any, NamedTuple

import pytest

from changliao.core import chart
from changliao.core.acceptance import ApproveDraft
from changliao.core.authorizations import (
    Authorization,
    Capture,
    Freeze,
    Release,
    RequestAuthorization,
)
from changliao.core.bills import day_of
from changliao.core.channels import RequestKind
from changliao.core.clock import DAY, NEVER, Instant
from changliao.core.differences import CaseState, Resolution
from changliao.core.ids import (
    AppId,
    AuthorizationId,
    AuthorizationStepId,
    MerchantId,
    PaymentId,
    PayoutBatchId,
    PayoutId,
    ReturnId,
    ShareId,
    UserId,
)
from changliao.core.money import CNY, Money
from changliao.core.orders import Hold
from changliao.core.outcome import Reason
from changliao.core.payouts import PayBatch, PayOut, Payout, PayoutBatch
from changliao.core.risk import RuleKind
from changliao.core.splits import Part, PartyKind, Receiver, Return, Share, ShareOrder
from changliao.operations import acceptance, audit, authorizations, baskets, payouts, splits
from changliao.operations.bills import KEEP_DAY_END
from changliao.store.views import bills
from changliao.store.views import orders as order_views
from tests.operations.test_acceptance import a_draft
from tests.operations.test_baskets import a_basket
from tests.operations.test_budgets import Shop
from tests.operations.test_channels import AMOUNT, ask, prepared
from tests.operations.test_channels import carry as ask_bank
from tests.operations.test_differences import read, resolve
from tests.operations.test_groupbills import ask as ask_friends
from tests.operations.test_groupbills import pay as pay_share
from tests.operations.test_packets import claim, give
from tests.operations.test_risk import in_force
from tests.operations.test_tenders import NETBANK, accept, begin, instruct
from tests.world import World, refused

TAMPERING = {
    "a balance was raised": (
        "UPDATE accounts SET credits_posted = credits_posted + 1 WHERE owner_id = :payer",
        "balance",
    ),
    "money went from one account to another without a transfer": (
        "UPDATE accounts SET credits_posted = credits_posted "
        "+ CASE WHEN owner_id = :payer THEN 5 ELSE -5 END "
        "WHERE book = 1156 AND owner_id IN (:payer, :other)",
        "balance",
    ),
    "a reservation was made without a transfer": (
        "UPDATE accounts SET debits_pending = 1 WHERE owner_id = :payer AND book = 1156",
        "balance",
    ),
    "one side of a transfer was changed": (
        "UPDATE legs SET amount = amount + 1 WHERE leg_id = :leg",
        "double entry",
    ),
    "both sides of a transfer and the accounts were changed": (
        "UPDATE legs SET cause_id = cause_id + 2 WHERE leg_id IN (:leg, :leg + 1)",
        "journal",
    ),
    "a transfer was removed": (
        "DELETE FROM legs WHERE leg_id IN (:leg, :leg + 1)",
        "balance",
    ),
    "half a transfer was removed": ("DELETE FROM legs WHERE leg_id = :leg", "double entry"),
    "a journal record was removed": (
        "DELETE FROM journal WHERE number = (SELECT MAX(number) FROM journal)",
        "journal",
    ),
    "an older journal record was removed": ("DELETE FROM journal WHERE number = 2", "journal"),
    "a hash was changed": (
        "UPDATE journal SET first_leg = first_leg + 2 WHERE number = 1",
        "journal",
    ),
    "a paid order was opened again": (
        "UPDATE orders SET state = 1 WHERE order_id = :order",
        "order",
    ),
    "an order was marked as paid": ("UPDATE orders SET state = 2 WHERE state = 1", "order"),
    "a fee was waived afterwards": ("UPDATE orders SET fee = 0 WHERE order_id = :order", "order"),
    "an order's rate was changed": (
        "UPDATE orders SET fee_bps = 600 WHERE order_id = :order",
        "order",
    ),
    "a refund was forgotten": ("DELETE FROM refunds", "order"),
    "a refund was made larger": ("UPDATE refunds SET amount = amount + 1", "refund"),
    "a floor was lowered": (
        "UPDATE accounts SET floor = -100 WHERE owner_id = :payer AND book = 1156",
        "floor",
    ),
    "an account's chain was cut": (
        "UPDATE accounts SET last_leg = previous_leg WHERE owner_id = :payer AND book = 1156",
        "account chain",
    ),
    "two legs of a chain changed places": (
        "UPDATE legs SET previous_leg = CASE previous_leg WHEN :first THEN :second "
        "ELSE :first END WHERE previous_leg IN (:first, :second)",
        "account chain",
    ),
    "a holding was made larger": (
        "UPDATE holdings SET held = held - 1, released = released + 1",
        "holding",
    ),
    "a share was kept as a release": (
        "UPDATE holdings SET shared = shared - 5, released = released + 5",
        "holding",
    ),
    "a share was forgotten": ("DELETE FROM shares", "holding"),
    "a receiver's part was made larger": (
        "UPDATE share_parts SET amount = amount + 1",
        "holding",
    ),
    "a return was forgotten": ("DELETE FROM share_returns", "holding"),
    "a return was made smaller": ("UPDATE share_returns SET amount = amount - 1", "holding"),
    "a holding was forgotten": ("DELETE FROM holdings", "holding"),
    "a payout was made larger": (
        "UPDATE payouts SET amount = amount + 1 WHERE state = 2",
        "payout",
    ),
    "a waiting payout was marked as paid": (
        "UPDATE payouts SET state = 2 WHERE state = 1",
        "payout",
    ),
    "a waiting payout was marked as cancelled": (
        "UPDATE payouts SET state = 3 WHERE state = 1",
        "payout",
    ),
    "a payout was forgotten": ("DELETE FROM payouts WHERE batch_id = 0 AND state = 2", "payout"),
    "a batch says it paid more": (
        "UPDATE payout_batches SET amount = amount + 1, paid_amount = paid_amount + 1",
        "payout",
    ),
    "a batch was forgotten": ("DELETE FROM payout_batches", "payout"),
    "an authorization says more was captured": (
        "UPDATE authorizations SET captured = captured + 1",
        "authorization",
    ),
    "an authorization was ended with its money frozen": (
        "UPDATE authorizations SET state = 3",
        "authorization",
    ),
    "an authorization was given to somebody else": (
        "UPDATE authorizations SET payer_id = :payer",
        "authorization",
    ),
    "an authorization was forgotten": ("DELETE FROM authorizations", "authorization"),
    "a step was made larger": (
        "UPDATE authorization_steps SET amount = amount + 1 WHERE kind = 1",
        "authorization",
    ),
    "a release was forgotten": (
        "DELETE FROM authorization_steps WHERE kind = 3",
        "authorization",
    ),
    "what is agreed was changed behind everybody's back": (
        "UPDATE acceptances SET policies = '[]'",
        "acceptance",
    ),
    "what is agreed was forgotten": ("DELETE FROM acceptances", "acceptance"),
    "an approved draft was forgotten": ("DELETE FROM policy_drafts", "acceptance"),
    "a payment was made by a method that was off": (
        "UPDATE payments SET method_id = 4 WHERE reason = ''",
        "acceptance",
    ),
    "a held order was said to hold nothing": (
        "UPDATE orders SET hold = 0 WHERE hold > 0",
        "holding",
    ),
    "a packet's share was made larger": (
        "UPDATE packet_claims SET amount = amount + 1",
        "packet",
    ),
    "a packet's claim was forgotten": ("DELETE FROM packet_claims", "packet"),
    "a packet was forgotten": ("DELETE FROM packets", "packet"),
    "a packet was drawn from another seed": (
        "UPDATE packets SET seed = greeting_seed.value FROM (SELECT hash AS value FROM journal "
        "WHERE number = 1) AS greeting_seed",
        "packet",
    ),
    "a packet was said to have gone back": (
        "UPDATE packets SET state = 3",
        "packet",
    ),
    "a withdrawal was said to be done": (
        "UPDATE channel_requests SET state = 3, settled = amount WHERE state = 1",
        "channel",
    ),
    "a withdrawal was forgotten": ("DELETE FROM channel_requests WHERE state = 1", "channel"),
    "a channel was said to have moved more": (
        "UPDATE channel_requests SET settled = settled + 1 WHERE kind = 2",
        "channel",
    ),
    "a top-up was said to be given back": (
        "UPDATE channel_requests SET returned = returned + 1 WHERE kind = 1",
        "channel",
    ),
    "an order was paid by a channel that brought nothing": (
        "UPDATE orders SET method = 'netbank' WHERE order_id = :order",
        "tender",
    ),
    "a tender was forgotten": ("DELETE FROM tenders", "tender"),
    "a tender was said to have been returned": ("UPDATE tenders SET state = 3", "tender"),
    "a difference was resolved by one person": (
        "UPDATE channel_differences SET decided_by = proposed_by",
        "difference",
    ),
    "a difference was said to have been booked": (
        "UPDATE channel_differences SET resolution = 1",
        "difference",
    ),
    "a risk rule was put out of force": ("UPDATE risk_rulebooks SET rules = '[]'", "risk"),
    "a risk hit was said to have passed": ("UPDATE risk_hits SET passed = 1", "risk"),
    "a risk hit was given to another rule": (
        "UPDATE risk_hits SET rule_id = rule_id + 2",
        "risk",
    ),
    "a risk hit was said to be of a withdrawal": ("UPDATE risk_hits SET movement = 4", "risk"),
    "a risk hit was counted twice": ("UPDATE risk_unseen SET hits = hits + 1", "risk"),
    "a top-up was made larger": ("UPDATE top_ups SET amount = amount + 1", "channel"),
    "a discount was made larger": ("UPDATE discounts SET amount = amount + 1", "budget"),
    "an order's discount was forgotten": ("UPDATE orders SET discount = 0", "budget"),
    "a discount was said to be back": ("UPDATE discounts SET returned = amount", "budget"),
    "a discount was forgotten": ("DELETE FROM discounts", "budget"),
    "a coupon was said to be used": ("UPDATE coupons SET state = 2 WHERE state = 1", "budget"),
    "a budget was said to hold less": ("UPDATE budgets SET funded = funded - 1", "budget"),
    "a budget was forgotten": ("DELETE FROM budgets", "budget"),
    "a part of a bill was made larger": (
        "UPDATE group_shares SET amount = amount + 1",
        "group bill",
    ),
    "a part of a bill was forgotten": ("DELETE FROM group_shares", "group bill"),
    "a bill was said to be full": ("UPDATE group_bills SET state = 2", "group bill"),
    "a group bill was forgotten": ("DELETE FROM group_bills", "group bill"),
    "an escrow was frozen without a dispute": (
        "UPDATE holdings SET state = 3 WHERE state = 1",
        "holding",
    ),
    "a basket was made larger": ("UPDATE baskets SET amount = amount + 1", "basket"),
    "a basket's order left it": ("UPDATE orders SET basket_id = 0 WHERE basket_id > 0", "basket"),
    "a day's end was given another balance": (
        "UPDATE day_ends SET balance = balance + 1",
        "day end",
    ),
    "a day's end was moved to another leg": (
        "UPDATE day_ends SET leg_id = :leg + 1",
        "day end",
    ),
    "an end was written for a day before the first transfer": (
        "UPDATE day_ends SET day = day - 2",
        "day end",
    ),
}


class Books(NamedTuple):
    """A world in order, and what statements that tamper with it call its rows."""

    world: World
    names: dict[str, int]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def books(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Books]:
    """Some of everything, made once for each engine: who tampers with it takes that back."""
    if request.param == "sqlite":
        address = str(tmp_path_factory.mktemp("books") / "test.db")
    else:
        address = request.getfixturevalue("postgresql").database()
    with closing(World(address)) as world:
        yield Books(world, _some_of_everything(world))
        assert audit_of(world).fault is None, "what a test did stayed"


@pytest.mark.parametrize("what", TAMPERING)
def test_tampering_is_found(books: Books, what: str) -> None:
    statement, check = TAMPERING[what]
    with tampered(books, statement) as reader:
        fault = audit.check(reader).fault
    assert fault is not None
    assert (fault.check, bool(fault.detail)) == (check, True), fault


def _some_of_everything(world: World) -> dict[str, int]:
    payer, other = world.user(5000), world.user(5000)
    paid = [world.place(fee_bps=100) for _ in range(3)]
    for order in paid:
        world.pay(order, payer)
    world.place()
    world.refund(paid[0], 300)
    share_and_return(world, payer)
    pay_users(world, other)
    freeze_and_capture(world, other)
    discount_and_share(world, payer, other)
    world.do(baskets.PLACE, a_basket(world))
    agree(world)
    give_packet(world, other)
    stop_payer(world)
    ask_channels(world)
    keep_day_end(world)
    assert audit_of(world).fault is None
    legs = [row for row in world.rows()["legs"] if row[1] == payer]
    payment = next(row for row in legs if row[8] == placed(world, paid[0]).payment_id)
    previous = [row[9] for row in legs if row[9]]
    return {
        "payer": payer, "other": other, "leg": payment[0] & ~1, "order": paid[1].id,
        "first": previous[0], "second": previous[1],
    }  # fmt: skip


def test_a_clean_report_counts_and_names_the_chain(world: World) -> None:
    payer = world.user(5000)
    order = world.place(fee_bps=100)
    world.pay(order, payer)
    world.refund(order, 500)
    report = audit_of(world)
    # A top-up, a payment with its fee, a refund with its fee.
    assert (report.transfers, report.orders, report.refunds) == (5, 1, 1)
    assert list(report.heads) == [world.ids.node]
    assert len(report.heads[world.ids.node]) == 64


def test_the_audit_judges_one_moment_while_payments_go_on(world: World) -> None:
    payer = world.user(100_000)
    world.pay(world.place(), payer)
    with world.engine.snapshot() as reader:
        first = audit.check(reader)
        for _ in range(20):
            world.pay(world.place(), payer)
        assert audit.check(reader) == first
    assert audit_of(world).transfers > first.transfers


def discount_and_share(world: World, payer: UserId, other: UserId) -> None:
    """A coupon was used and partly refunded, another waits, and a friend gave a part."""
    shop = Shop(world)
    budget = shop.budget(most_each=2)
    used = shop.claim(budget, payer)
    shop.claim(budget, payer)
    world.refund(shop.buy(payer, budget, 100, used.id), 500)
    bill = ask_friends(world, payer, 100, 2)
    assert pay_share(world, bill, other, 50).amount == 50


def share_and_return(world: World, payer: Any) -> None:
    """A held order of which a merchant gets a part and gives some back."""
    held = world.pay(world.place(hold=Hold.SPLIT), payer)
    other = MerchantId(world.ids.new())
    world.do(splits.ADD_RECEIVER, Receiver(world.merchant, PartyKind.MERCHANT, other, "PARTNER"))
    share = Share(ShareId(world.ids.new()), world.merchant, held.id, "S1", b"d")
    part = Part(share.id, world.merchant, PartyKind.MERCHANT, other, 0, 200, "1900000001", "")
    assert isinstance(world.do(splits.SHARE, ShareOrder(share, (part,))), Share)
    back = Return(ReturnId(world.ids.new()), world.merchant, share.id, other, "B1", 50, b"d")
    assert world.do(splits.RETURN, back) == back


def agree(world: World) -> None:
    """The platform will suspend a method tomorrow."""
    made = world.do(acceptance.DRAFT, a_draft(world, starts_at=Instant(world.now + DAY)))
    assert world.do(acceptance.APPROVE, ApproveDraft(made.id, "mbr_000000000000B"))


def keep_day_end(world: World) -> None:
    """Of today, for the merchant's account."""
    with world.engine.reader() as reader:
        end = bills.day_end(reader, chart.payable(world.merchant, CNY), day_of(world.now))
    assert world.do(KEEP_DAY_END, end) == end


def freeze_and_capture(world: World, payer: UserId) -> None:
    """Freeze 1000, capture 100 of it, release 50."""
    known = Authorization(
        id=AuthorizationId(world.ids.new()),
        merchant_id=world.merchant,
        app_id=AppId(1),
        reference="A1",
        freeze_reference="F1",
        amount=Money(1000, CNY),
        digest=b"",
        door="rest",
        confirm_by=Instant(world.now + DAY),
        ends_at=Instant(world.now + 2 * DAY),
    )
    one, two, three, four = (AuthorizationStepId(world.ids.new()) for _ in range(4))
    world.do(authorizations.REQUEST, RequestAuthorization(known))
    freeze = Freeze(known.merchant_id, known.id, payer, known.amount, one)
    world.do(authorizations.FREEZE, freeze)
    payment_id = PaymentId(world.ids.new())
    placing = world.an_order(100)
    capture = Capture(known.merchant_id, known.id, placing, payment_id, two, three)
    world.do(authorizations.CAPTURE, capture)
    release = Release(known.merchant_id, known.id, four, "U1", Money(50, CNY))
    world.do(authorizations.RELEASE, release)


def stop_payer(world: World) -> None:
    """Somebody is on a list, and tries to pay."""
    listed = world.user(1_000)
    in_force(world, RuleKind.LISTED, users=(listed,))
    assert refused(world.pay(world.place(), listed), Reason.RISK_REFUSED)


def give_packet(world: World, giver: UserId) -> None:
    """A lucky draw of 500 for three, of whom one came."""
    packet = give(world, giver, 500, shares=3)
    assert claim(world, packet, world.user()).amount


def ask_channels(world: World) -> None:
    """A top-up of which some goes back, and a withdrawal of which nothing is known yet."""
    ask_bank(world, prepared(world, RequestKind.REFUND))
    pay_by_channel(world)
    settle_difference(world)
    waiting = ask(world, prepared(world, RequestKind.PAYOUT)).request
    assert (waiting.amount, waiting.is_open) == (AMOUNT, True)


def settle_difference(world: World) -> None:
    """A withdrawal that the bank's statement does not know went back to its owner."""
    [case] = read(world, [], [ask_bank(world, prepared(world, RequestKind.PAYOUT))])
    assert resolve(world, case, Resolution.OWNER).state is CaseState.RESOLVED


def pay_by_channel(world: World) -> None:
    """An order that a bank paid, of which a part goes back."""
    accept(world, NETBANK)
    order = world.place()
    instruct(world, begin(world, order, world.user()))
    assert placed(world, order).method == "netbank"
    world.refund(order, 300)


def pay_users(world: World, payee: UserId) -> None:
    """A payout at once, one that waits, and one in a batch."""

    def a_payout(batch_id: int = 0, confirm_by: Instant = NEVER) -> PayOut:
        payout_id = PayoutId(world.ids.new())
        return PayOut(
            Payout(
                id=payout_id,
                merchant_id=world.merchant,
                app_id=AppId(1),
                reference=f"P{payout_id}",
                payee_id=payee,
                amount=Money(10, CNY),
                digest=b"",
                door="rest",
                batch_id=PayoutBatchId(batch_id),
                confirm_by=confirm_by,
            )
        )

    world.do(payouts.PAY_OUT, a_payout())
    world.do(payouts.PAY_OUT, a_payout(confirm_by=Instant(world.now + DAY)))
    batch_id = PayoutBatchId(world.ids.new())
    batch = PayoutBatch(batch_id, world.merchant, AppId(1), "B1", CNY.number, b"", "rest")
    world.do(payouts.PAY_BATCH, PayBatch(batch, (a_payout(batch_id),)))


def audit_of(world: World) -> audit.Report:
    with world.engine.snapshot() as reader:
        return audit.check(reader)


def placed(world: World, order: Any) -> Any:
    with world.engine.reader() as reader:
        found = order_views.order(reader, order.merchant_id, order.id)
    assert found is not None
    return found.order


@contextmanager
def tampered(books: Books, statement: str) -> Iterator[Any]:
    """A reader of what was done behind everybody's back, which is then taken back."""
    session: Any = books.world.committer._session
    session._connection.execute("BEGIN")
    try:
        execute(books.world, statement, books.names)
        yield session
    finally:
        session._connection.execute("ROLLBACK")


def execute(world: World, statement: str, values: dict[str, Any]) -> None:
    """As somebody with the database's password would."""
    used = {name: value for name, value in values.items() if f":{name}" in statement}
    session: Any = world.committer._session
    if world.engine.name == "postgresql":
        for name in used:
            statement = statement.replace(f":{name}", f"%({name})s")
    session._connection.execute(statement, used)
