"""Large refunds by operators: proposed by one, approved by another, made once and as proposed."""

from contextlib import closing
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from changliao.core import chart
from changliao.core.clock import Instant
from changliao.core.credentials import Credential, CredentialKind
from changliao.core.ids import MemberId, MerchantId, RefundProposalId, UserId, parse, show
from changliao.core.members import ChangeMember, Member, MemberState, Role
from changliao.core.money import CNY
from changliao.core.orders import Order
from changliao.core.outcome import Reason, Refused
from changliao.core.proposals import (
    TRANSITIONS,
    DecideProposal,
    Proposal,
    ProposalEvent,
    ProposalState,
    decide_proposal,
)
from changliao.core.refunds import Refund
from changliao.core.reversals import ReverseOrder
from changliao.core.thresholds import (
    NETWORK,
    DecideThreshold,
    SetThreshold,
    Terms,
    Threshold,
)
from changliao.operations import audit_proposals, members, proposals, refunds, reversals, thresholds
from changliao.operations.members import AddMember
from changliao.operations.operation import Operation
from changliao.store.unit import UnitOfWork
from tests import postgres
from tests.operations.test_audit import execute
from tests.world import World, refused

ONE, OTHER = "mbr_0000000000001", "mbr_0000000000002"


@pytest.fixture
def paid(world: World) -> Order:
    """1,000 were paid for it; from 600 on refunds need two."""
    assert set_threshold(world, 600)
    world.pay(world.place(), world.user(5_000))
    order = world.pay(world.place(), world.user(5_000))
    assert isinstance(order, Order)
    return order


def set_threshold(world: World, amount: int, by: str = ONE, **more: Any) -> Any:
    keys = more.pop("keys", False)
    return world.do(thresholds.SET, SetThreshold(CNY.number, Terms(amount, keys), by, **more))


def decide_threshold(world: World, amount: int, by: str, **more: Any) -> Any:
    terms, approves = Terms(amount, more.pop("keys", False)), more.pop("approves", True)
    command = DecideThreshold(CNY.number, terms, approves, by, **more)
    return world.do(thresholds.DECIDE, command)


def alone(world: World, order: Order, amount: int) -> Any:
    return world.do(proposals.ALONE, world.a_refund(order, amount))


def propose(world: World, order: Order, amount: int, by: str = ONE) -> Any:
    number = RefundProposalId(world.ids.new())
    asked = world.a_refund(order, amount).refund
    return world.do(proposals.PROPOSE, Proposal(number, asked, CNY.number, by))


def decide(world: World, one: Proposal, event: ProposalEvent, by: str = OTHER) -> Any:
    return world.do(proposals.DECIDE, DecideProposal(one.id, event, by))


def earned(world: World) -> int:
    return world.balance(chart.payable(world.merchant, CNY))


def test_small_steps_do_not_lead_around_the_threshold(world: World, paid: Order) -> None:
    asked = world.a_refund(paid, 599)
    made = world.do(proposals.ALONE, asked)
    assert isinstance(made, Refund)
    before = world.rows()
    assert refused(alone(world, paid, 1), Reason.REFUND_NEEDS_SECOND)
    assert world.rows() == before
    assert world.do(proposals.ALONE, asked) == made
    # A merchant's own refund is its own business.
    assert isinstance(world.refund(paid, 100), Refund)
    set_threshold(world, 0)
    assert refused(alone(world, paid, 301), Reason.REFUND_NEEDS_SECOND)
    assert decide_threshold(world, 0, OTHER).terms == Terms()
    assert isinstance(alone(world, paid, 301), Refund)


def test_a_proposal_moves_nothing_until_another_approves_it(world: World, paid: Order) -> None:
    before = earned(world)
    one = propose(world, paid, 600)
    assert one.state is ProposalState.OPEN
    assert refused(decide(world, one, ProposalEvent.APPROVE, ONE),
                   Reason.REFUND_PROPOSAL_SELF_APPROVAL)  # fmt: skip
    assert earned(world) == before
    done = decide(world, one, ProposalEvent.APPROVE)
    assert (done.state, done.decided_by) == (ProposalState.APPROVED, OTHER)
    # Of the network's fee, 6, its part comes back with it.
    assert earned(world) == before - 600 + 3
    assert decide(world, one, ProposalEvent.APPROVE) == done
    assert refused(decide(world, one, ProposalEvent.REJECT), Reason.REFUND_PROPOSAL_DECIDED)
    assert earned(world) == before - 600 + 3
    world.audit()


def test_what_is_gone_meanwhile_is_not_paid_and_the_proposal_stays(
    world: World, paid: Order
) -> None:
    one, two = propose(world, paid, 700), propose(world, paid, 700)
    assert decide(world, one, ProposalEvent.APPROVE).state is ProposalState.APPROVED
    before = world.rows()
    assert refused(decide(world, two, ProposalEvent.APPROVE), Reason.REFUND_EXCEEDS_PAYMENT)
    assert world.rows() == before
    assert decide(world, two, ProposalEvent.REJECT, ONE).state is ProposalState.REJECTED
    assert refused(propose(world, paid, 301), Reason.REFUND_EXCEEDS_PAYMENT)
    assert refused(propose(world, world.place(), 1), Reason.ORDER_NOT_PAID)
    assert refused(propose(world, paid, 0), Reason.AMOUNT_NOT_POSITIVE)
    world.audit()


def test_two_who_approve_at_once_refund_once(world: World, paid: Order) -> None:
    one = propose(world, paid, 800)
    command = DecideProposal(one.id, ProposalEvent.APPROVE, OTHER)
    third = replace(command, by="mbr_0000000000003")
    found = world.batch([(proposals.DECIDE, command), (proposals.DECIDE, third)])
    assert found[0] == found[1]
    assert len(world.rows()["refunds"]) == 1


def test_the_same_proposal_is_found_and_other_words_are_refused(world: World, paid: Order) -> None:
    one = propose(world, paid, 700)
    again = replace(one, refund=replace(one.refund, id=world.a_refund(paid, 1).refund.id))
    assert world.do(proposals.PROPOSE, again) == one
    twice = replace(again, id=RefundProposalId(world.ids.new()))
    assert world.do(proposals.PROPOSE, twice) == twice
    assert decide(world, one, ProposalEvent.APPROVE).state is ProposalState.APPROVED
    before = world.rows()
    assert refused(decide(world, twice, ProposalEvent.APPROVE), Reason.REFUND_REFERENCE_REUSED)
    late = replace(again, id=RefundProposalId(world.ids.new()))
    assert refused(world.do(proposals.PROPOSE, late), Reason.REFUND_REFERENCE_REUSED)
    assert world.rows() == before
    world.audit()
    other = replace(one, refund=replace(one.refund, amount=701))
    assert refused(world.do(proposals.PROPOSE, other), Reason.REFUND_REFERENCE_REUSED)
    missing = DecideProposal(RefundProposalId(7), ProposalEvent.APPROVE, OTHER)
    assert refused(world.do(proposals.DECIDE, missing), Reason.REFUND_PROPOSAL_NOT_FOUND)
    for amount in (-1, 1 << 60):
        assert refused(set_threshold(world, amount), Reason.REFUND_THRESHOLD_INVALID)


def member(world: World, of: MerchantId, role: Role = Role.ACCOUNTANT) -> str:
    """Somebody who may refund for a merchant."""
    number = MemberId(world.ids.new())
    one = Member(number, f"member {number}", role, of, b"totp")
    password = Credential(UserId(number), CredentialKind.PASSWORD, "hash", world.now)
    assert world.do(members.ADD, AddMember(one, password)) == one
    return show("mbr", number)


def by_members(world: World, order: Order, amount: int, by: str, **of: Any) -> Any:
    """What the portal does: alone, and proposed when that is not enough."""
    asked = world.a_refund(order, amount)
    alone = world.do(proposals.OWN, asked)
    if not refused(alone, Reason.REFUND_NEEDS_SECOND):
        return alone
    number = RefundProposalId(world.ids.new())
    of = {"organisation": order.merchant_id, **of}
    return world.do(proposals.PROPOSE, Proposal(number, asked.refund, CNY.number, by, **of))


def test_a_merchants_threshold_is_its_own_and_its_members_decide(world: World) -> None:
    order = world.pay(world.place(), world.user(5_000))
    shop = order.merchant_id
    one = member(world, shop)
    of_shop = {"organisation": shop}
    # One alone would have nobody who approves.
    assert refused(set_threshold(world, 600, one, **of_shop), Reason.REFUND_THRESHOLD_INVALID)
    assert isinstance(by_members(world, order, 100, one), Refund)
    other = member(world, shop, Role.DEVELOPER)
    assert set_threshold(world, 600, one, **of_shop).terms.amount == 600
    # Operators have theirs, which is none.
    assert isinstance(alone(world, order, 499), Refund)
    waits = by_members(world, order, 1, one)
    assert isinstance(waits, Proposal)
    before = world.rows()
    stranger = MerchantId(world.ids.new())
    for command in (
        DecideProposal(waits.id, ProposalEvent.APPROVE, OTHER),
        DecideProposal(waits.id, ProposalEvent.APPROVE, member(world, stranger), stranger),
    ):
        found = world.do(proposals.DECIDE, command)
        assert refused(found, Reason.REFUND_PROPOSAL_NOT_FOUND)
    strange = by_members(world, order, 2, other, organisation=stranger)
    assert refused(strange, Reason.ORDER_NOT_FOUND)
    own = DecideProposal(waits.id, ProposalEvent.APPROVE, one, shop)
    assert refused(world.do(proposals.DECIDE, own), Reason.REFUND_PROPOSAL_SELF_APPROVAL)
    assert {n for n, rows in world.rows().items() if rows != before[n]} <= {
        "members",
        "credentials",
    }
    assert world.do(proposals.DECIDE, replace(own, by=other)).state is ProposalState.APPROVED
    world.audit()


@pytest.fixture
def shop(world: World) -> tuple[Order, str, str]:
    """1,000 were paid; an accountant and a developer; from 600 on two, also with keys."""
    order = world.pay(world.place(), world.user(5_000))
    merchant = order.merchant_id
    accountant = member(world, merchant)
    developer = member(world, merchant, Role.DEVELOPER)
    assert set_threshold(world, 600, accountant, keys=True, organisation=merchant)
    return order, accountant, developer


def test_a_merchants_key_is_asked_only_if_the_merchant_says_so(
    world: World, shop: tuple[Order, str, str]
) -> None:
    order, accountant, developer = shop
    asked = world.a_refund(order, 599)
    made = world.do(refunds.REFUND, asked)
    assert isinstance(made, Refund)
    before = world.rows()
    assert refused(world.refund(order, 1), Reason.REFUND_NEEDS_SECOND)
    reversal = ReverseOrder(order.merchant_id, order.id, world.a_refund(order, 1).refund)
    assert refused(world.do(reversals.REVERSE, reversal), Reason.REFUND_NEEDS_SECOND)
    assert world.rows() == before
    assert world.do(refunds.REFUND, asked) == made, "what was made is found again"
    own = {"organisation": order.merchant_id}
    assert set_threshold(world, 600, accountant, **own).terms.keys, "it waits for another"
    assert refused(world.refund(order, 1), Reason.REFUND_NEEDS_SECOND)
    assert decide_threshold(world, 600, developer, **own).terms == Terms(600)
    assert isinstance(world.refund(order, 1), Refund)


def test_what_a_key_proposes_is_approved_by_a_member_without_keys(
    world: World, shop: tuple[Order, str, str]
) -> None:
    order, accountant, developer = shop
    shops = order.merchant_id
    asked = world.a_refund(order, 700).refund
    number = RefundProposalId(world.ids.new())
    one = world.do(
        proposals.PROPOSE, Proposal(number, asked, CNY.number, "key_of_shop", organisation=shops)
    )
    before = world.rows()
    for by in (developer, "key_of_shop", "another_key"):
        wanted = DecideProposal(one.id, ProposalEvent.APPROVE, by, shops)
        found = world.do(proposals.DECIDE, wanted)
        assert refused(found, Reason.REFUND_PROPOSAL_SELF_APPROVAL), by
    assert world.rows() == before
    wanted = DecideProposal(one.id, ProposalEvent.APPROVE, accountant, shops)
    assert world.do(proposals.DECIDE, wanted).state is ProposalState.APPROVED
    assert len(world.rows()["refunds"]) == 1
    world.audit()


def test_a_threshold_is_stricter_at_once_and_looser_by_two(world: World) -> None:
    assert set_threshold(world, 600).terms == Terms(600)
    assert set_threshold(world, 500).terms == Terms(500)
    for looser in (501, 0):
        waits = set_threshold(world, looser)
        assert (waits.terms, waits.wanted, waits.wanted_by) == (Terms(500), Terms(looser), ONE)
        assert set_threshold(world, looser) == waits, "the same again is no change"
        before = world.rows()
        own = decide_threshold(world, looser, ONE)
        assert refused(own, Reason.REFUND_PROPOSAL_SELF_APPROVAL)
        # Whose a key is nobody knows.
        key = decide_threshold(world, looser, "key")
        assert refused(key, Reason.REFUND_PROPOSAL_SELF_APPROVAL)
        other = decide_threshold(world, looser + 1, OTHER)
        assert refused(other, Reason.REFUND_PROPOSAL_DECIDED)
        assert world.rows() == before
    assert decide_threshold(world, 0, OTHER, approves=False).wanted_by == ""
    assert refused(decide_threshold(world, 0, OTHER), Reason.REFUND_PROPOSAL_DECIDED)
    set_threshold(world, 0)
    assert set_threshold(world, 500).wanted_by == "", "what is in force, said again, takes it back"
    set_threshold(world, 900)
    assert decide_threshold(world, 900, OTHER) == decide_threshold(world, 900, OTHER)
    # What is stricter ends what waits.
    set_threshold(world, 0)
    assert set_threshold(world, 100) == Threshold(NETWORK, CNY.number, Terms(100), 11)


def test_a_right_that_another_process_takes_in_between_is_not_counted(
    postgresql: postgres.Server,
) -> None:
    """One committer counts who may refund, another lifts one's right, and the first commits."""
    with postgresql.borrowed() as address:
        first, second = World(address), World(address, node=1)
        shop = MerchantId(first.ids.new())
        one, other = member(first, shop), member(first, shop)
        admin, lifted = (MemberId(parse("mbr", it) or 0) for it in (one, other))
        lift = ChangeMember(lifted, Role.ACCOUNTANT, MemberState.DISABLED, admin)
        tries: list[Any] = []

        def meanwhile(tx: UnitOfWork, command: SetThreshold, now: Instant) -> Any:
            tries.append(thresholds.SET.run(tx, command, now))
            if len(tries) == 1:
                assert isinstance(first.do(members.CHANGE, lift), Member)
            return tries[-1]

        slow = Operation("thresholds.set", meanwhile, thresholds.SET.keys)
        late = second.do(slow, SetThreshold(CNY.number, Terms(600), one, shop))
        assert isinstance(tries[0], Threshold)
        assert refused(late, Reason.REFUND_THRESHOLD_INVALID)
        assert first.table("refund_thresholds") == []
        for world in (first, second):
            world.close()


def test_an_operator_alone_does_not_reverse_what_is_large(world: World, paid: Order) -> None:
    reversal = ReverseOrder(paid.merchant_id, paid.id, world.a_refund(paid, 1).refund)
    before = world.rows()
    assert refused(world.do(reversals.REVERSE_ALONE, reversal), Reason.REFUND_NEEDS_SECOND)
    assert world.rows() == before
    assert world.do(reversals.REVERSE, reversal).refund.amount == 1_000


@pytest.mark.parametrize(
    ("terms", "organisation"), [(Terms(600, keys=True), NETWORK), (Terms(0, keys=True), 7)]
)
def test_keys_are_a_merchants_and_with_an_amount(
    world: World, terms: Terms, organisation: MerchantId
) -> None:
    wanted = SetThreshold(CNY.number, terms, ONE, organisation)
    assert refused(world.do(thresholds.SET, wanted), Reason.REFUND_THRESHOLD_INVALID)


@pytest.mark.parametrize(
    ("kept", "tampered"), [("organisation", MerchantId(9)), ("decided_by", OTHER)]
)
def test_who_decided_for_a_merchant_is_audited(world: World, kept: str, tampered: Any) -> None:
    order = world.pay(world.place(), world.user(5_000))
    one, other = (member(world, order.merchant_id) for _ in range(2))
    asked = world.a_refund(order, 700).refund
    number = RefundProposalId(world.ids.new())
    wanted = Proposal(number, asked, CNY.number, one, organisation=order.merchant_id)
    world.do(proposals.PROPOSE, wanted)
    decided = DecideProposal(number, ProposalEvent.APPROVE, other, order.merchant_id)
    known = world.do(proposals.DECIDE, decided)
    world.audit()
    change = "UPDATE refund_proposals SET proposal = :json WHERE proposal_id = :number"
    wrong = replace(known, **{kept: tampered})
    for one_way, fine in ((wrong, False), (known, True)):
        execute(world, change, {"json": msgspec.json.encode(one_way), "number": number})
        with world.engine.reader() as reader:
            assert (audit_proposals.first_fault(reader) is None) == fine


@pytest.mark.parametrize("state", ProposalState)
@pytest.mark.parametrize("event", ProposalEvent)
def test_every_state_answers_every_event(
    world: World, paid: Order, state: ProposalState, event: ProposalEvent
) -> None:
    known = Proposal(RefundProposalId(7), world.a_refund(paid, 1).refund, CNY.number, ONE, state)
    decided = decide_proposal(DecideProposal(known.id, event, OTHER), known, world.now)
    expected = TRANSITIONS[state, event]
    if isinstance(expected, Reason):
        assert decided == Refused(expected)
    else:
        assert isinstance(decided, Proposal)
        assert decided.state is expected


@pytest.mark.parametrize(
    "statement", ["DELETE FROM refunds", "UPDATE refunds SET amount = amount - 1"]
)
def test_a_refund_that_is_not_what_was_approved_is_found(address: str, statement: str) -> None:
    with closing(World(address)) as world:
        order = world.pay(world.place(), world.user(5_000))
        one = propose(world, order, 600)
        assert decide(world, one, ProposalEvent.APPROVE)
        propose(world, order, 100)
        world.audit()
        execute(world, statement, {})
        with world.engine.snapshot() as reader:
            fault = audit_proposals.first_fault(reader)
        assert fault == f"{show('rfp', one.id)} was approved and not made as proposed"
