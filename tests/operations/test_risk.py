"""Risk rules in the path of payments: what is stopped moves nothing and leaves its hit."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from changliao.core import chart
from changliao.core.channels import RequestKind
from changliao.core.clock import DAY, HOUR, MINUTE, Instant
from changliao.core.ids import RiskRuleId, UserId
from changliao.core.money import CNY
from changliao.core.orders import Order, PayOrder
from changliao.core.outcome import Reason, Refused
from changliao.core.refunds import Refund
from changliao.core.risk import Hit, Movement, RiskAction, Rule, RuleKind
from changliao.core.risk_rules import ClearPayer, DecideRule, RuleEvent
from changliao.core.risk_unseen import Unseen
from changliao.operations import baskets, orders, paycodes, risk_rules, tenders, wallet
from changliao.operations.operation import Operation
from changliao.store import migrations
from changliao.store.unit import UnitOfWork
from changliao.store.views import risk as views
from tests import postgres
from tests.operations import test_authorizations as freezes
from tests.operations import test_baskets as together
from tests.operations import test_channels as banks
from tests.operations import test_groupbills as friends
from tests.operations import test_packets as gifts
from tests.operations import test_paycodes as codes
from tests.operations import test_tenders as tendering
from tests.operations import test_wallet as people
from tests.world import World, refused

ONE, OTHER = "mbr_0000000000001", "mbr_0000000000002"
RISK = (
    "risk_rules", "risk_rulebooks", "risk_memories", "risk_clearances", "risk_hits", "risk_unseen",
)  # fmt: skip
# What a try that is refused leaves: its answer, and what it met.
LEFT_BEHIND = ("risk_hits", "risk_unseen", "payments", "journal")


def draft(world: World, kind: RuleKind, action: RiskAction = RiskAction.REFUSE, **of: Any) -> Rule:
    rule = Rule(RiskRuleId(world.ids.new()), kind, action, "because", ONE, **of)
    drafted = world.do(risk_rules.DRAFT, rule)
    assert drafted == rule, drafted
    return rule


def decide(world: World, rule: Rule, event: RuleEvent, by: str = OTHER) -> Any:
    return world.do(risk_rules.DECIDE, DecideRule(rule.id, event, by))


def in_force(
    world: World, kind: RuleKind, action: RiskAction = RiskAction.REFUSE, **of: Any
) -> Rule:
    rule = draft(world, kind, action, **of)
    approved = decide(world, rule, RuleEvent.APPROVE)
    assert isinstance(approved, Rule), approved
    return approved


def hits(world: World) -> list[Hit]:
    with world.engine.reader() as reader:
        return views.hits(reader, views.HitsOf(), 1 << 62, 100)


def _pay(world: World, user: UserId, amount: int = 1_000) -> Any:
    return world.pay(world.place(amount), user)


def _together(world: World, user: UserId) -> Any:
    filled = world.do(baskets.PLACE, together.a_basket(world, 900, 100))
    return world.do(baskets.PAY, together.a_payment(world, filled, user))


def _at_the_counter(world: World, user: UserId) -> Any:
    charge = codes.a_charge(world, codes.a_code(world, user).number, 1_000)
    return world.do(paycodes.CHARGE, charge)


def _by_channel(world: World, user: UserId) -> Any:
    tendering.accept(world, tendering.NETBANK)
    return world.do(tenders.ASK, tendering.a_tender(world, world.place(), user))


def _transfer(world: World, user: UserId, amount: int = 1_000, payee: UserId | None = None) -> Any:
    asked = people.a_transfer(world, user, payee or world.user(), amount)
    return world.do(wallet.TRANSFER, asked)


def _share(world: World, user: UserId) -> Any:
    return friends.pay(world, friends.ask(world, world.user(), 2_000, shares=2), user, 1_000)


def _withdrawal(world: World, user: UserId, amount: int = 1_000) -> Any:
    home = chart.wallet(user, CNY)
    return banks.ask(world, banks.a_request(world, home, RequestKind.PAYOUT, amount))


WAYS: dict[str, Callable[[World, UserId], Any]] = {
    "payment": _pay,
    "basket": _together,
    "pay code": _at_the_counter,
    "freeze": lambda world, user: freezes.frozen(world, user, 1_000),
    "freeze by code": lambda world, user: freezes.by_code(
        world, codes.a_code(world, user).number, 1_000
    ),
    "channel": _by_channel,
    "transfer": _transfer,
    "part of a bill": _share,
    "red packet": gifts.give,
    "withdrawal": _withdrawal,
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_out_of_a_wallet_is_judged(world: World, way: str) -> None:
    user = world.user(10_000)
    rule = in_force(
        world, RuleKind.LISTED, RiskAction.REVIEW, users=(user,), movements=tuple(Movement)
    )
    accounts = world.rows()["accounts"]
    assert refused(WAYS[way](world, user), Reason.RISK_REVIEW)
    assert world.rows()["accounts"] == accounts
    (hit,) = hits(world)
    assert (hit.rule_id, hit.passed, hit.attempted.payer_id) == (rule.id, False, user)
    assert (hit.attempted.amount.amount, hit.action) == (1_000, RiskAction.REVIEW)
    until = Instant(world.now + HOUR)
    cleared = world.do(risk_rules.CLEAR, ClearPayer(user, until, "known", ONE))
    assert not isinstance(cleared, Refused)
    done = WAYS[way](world, user)
    assert not isinstance(done, Refused | Exception), done
    assert [one.passed for one in hits(world)] == [True, False]
    world.now = until
    assert refused(WAYS[way](world, user), Reason.RISK_REVIEW)
    world.audit()


def test_a_refused_payment_leaves_its_answer_and_its_hit_and_nothing_else(world: World) -> None:
    user, order = world.user(10_000), world.place()
    in_force(world, RuleKind.LISTED, users=(user,))
    before = world.rows()
    payment = world.a_payment(order, user)
    for _ in range(2):
        assert refused(world.do(orders.PAY, payment), Reason.RISK_REFUSED)
    changed = {name for name, rows in world.rows().items() if rows != before[name]}
    assert changed <= set(LEFT_BEHIND)
    assert len(hits(world)) == 1
    assert isinstance(world.pay(order, world.user(10_000)), Order)


def test_without_rules_nothing_is_written_and_a_first_rule_is_seen_at_once(world: World) -> None:
    user = world.user(10_000)
    assert isinstance(_pay(world, user), Order)
    assert not any(world.rows()[name] for name in RISK)
    rule = in_force(world, RuleKind.LISTED, users=(user,))
    assert refused(_pay(world, user), Reason.RISK_REFUSED)
    assert decide(world, rule, RuleEvent.END) == decide(world, rule, RuleEvent.END)
    assert isinstance(_pay(world, user), Order)
    world.audit()


def test_a_note_stops_nobody(world: World) -> None:
    user = world.user(10_000)
    in_force(world, RuleKind.WAY, RiskAction.NOTE, currency=CNY.number, amount=500, terminal_id=4)
    assert isinstance(_pay(world, user, 499), Order)
    assert isinstance(_pay(world, user, 500), Order)
    assert [one.attempted.amount.amount for one in hits(world)] == [500]


def test_who_met_a_rule_waits_until_somebody_looks(world: World) -> None:
    in_force(world, RuleKind.MANY_PAYMENTS, RiskAction.NOTE, count=1, minutes=60)
    user = world.user(10_000)

    def unseen() -> list[Unseen]:
        with world.engine.reader() as reader:
            return views.unseen(reader, world.now, 100)

    for paid in (1, 2, 3):
        assert isinstance(_pay(world, user), Order)
        assert [one.hits for one in unseen()] == ([paid - 1] if paid > 1 else [])
    assert unseen()[0].action is RiskAction.NOTE
    world.now = Instant(world.now + HOUR)
    world.do(risk_rules.CLEAR, ClearPayer(user, world.now, "looked at", ONE))
    assert unseen() == []
    world.now = Instant(world.now + HOUR)
    _pay(world, user)
    _pay(world, user)
    assert [(one.payer_id, one.hits) for one in unseen()] == [(user, 1)]
    world.now = Instant(world.now + 8 * DAY)
    assert unseen() == [], "what is old waits no more"
    world.audit()


def test_every_payer_who_waits_is_counted_and_a_cleared_one_is_not(world: World) -> None:
    in_force(world, RuleKind.WAY, RiskAction.NOTE, currency=CNY.number, amount=500, terminal_id=4)
    in_force(world, RuleKind.LARGE, currency=CNY.number, amount=900)
    users = [world.user(10_000) for _ in range(3)]

    def waiting() -> tuple[int, list[tuple[UserId, int, RiskAction]]]:
        with world.engine.reader() as reader:
            found = views.unseen(reader, world.now, 100)
            count = views.unseen_count(reader, world.now)
        return count, [(one.payer_id, one.hits, one.action) for one in found]

    until = Instant(world.now + HOUR)
    world.do(risk_rules.CLEAR, ClearPayer(users[2], until, "known", ONE))
    for user, amount in zip(users, (900, 500, 500), strict=True):
        _pay(world, user, amount)
    notes = (users[1], 1, RiskAction.NOTE), (users[0], 2, RiskAction.REFUSE)
    assert waiting() == (2, [*notes])
    world.now = Instant(world.now + MINUTE)
    world.do(risk_rules.CLEAR, ClearPayer(users[0], world.now, "looked at", ONE))
    assert waiting() == (1, [notes[0]])
    world.now = until
    _pay(world, users[2], 500)
    counted = waiting()
    assert counted == (2, [(users[2], 1, RiskAction.NOTE), notes[0]])
    world.audit()
    # What was met before it was counted is counted by the migration.
    (step,) = (one for one in migrations.all_of(()) if one.name == "0099_risk_unseen")
    (fill,) = (one for one in step.statements if one.startswith("INSERT"))
    connection: Any = world.committer._session
    connection._connection.execute("DELETE FROM risk_unseen")
    connection._connection.execute(fill)
    assert waiting() == counted


def test_a_young_account_pays_little_until_it_is_older(world: World) -> None:
    user = world.user(10_000)
    in_force(world, RuleKind.YOUNG_PAYER, currency=CNY.number, amount=500, days=2)
    assert isinstance(_pay(world, user, 499), Order)
    assert refused(_pay(world, user, 500), Reason.RISK_REFUSED)
    world.now = Instant(world.now + 48 * HOUR)
    assert isinstance(_pay(world, user, 500), Order)


def test_payments_in_one_batch_count_as_they_come(world: World) -> None:
    users = [world.user(10_000) for _ in range(3)]
    in_force(world, RuleKind.MANY_PAYMENTS, count=2, minutes=5)
    work = [(orders.PAY, world.a_payment(world.place(10), one)) for one in users for _ in range(3)]
    found = world.batch(work)
    assert [isinstance(one, Order) for one in found] == [True, True, False] * 3
    world.now = Instant(world.now + 5 * MINUTE)
    assert isinstance(_pay(world, users[0], 10), Order)


def test_wrong_pins_and_returns_are_remembered_while_a_rule_counts_them(world: World) -> None:
    user, order = world.user(10_000), world.place()
    wrong = world.proof(right=False)
    assert refused(world.pay(order, user, proof=wrong), Reason.CREDENTIAL_WRONG)
    pins = in_force(world, RuleKind.WRONG_PINS, count=2, minutes=5)
    for _ in range(2):
        assert isinstance(_pay(world, user, 10), Order)
        assert refused(world.pay(order, user, proof=wrong), Reason.CREDENTIAL_WRONG)
    assert refused(_pay(world, user, 10), Reason.RISK_REFUSED)
    decide(world, pins, RuleEvent.END)
    in_force(world, RuleKind.MANY_RETURNS, count=2, minutes=60)
    for _ in range(2):
        paid = _pay(world, user, 100)
        assert isinstance(paid, Order), paid
        assert not isinstance(world.refund(paid, 1), Refused)
    assert refused(_pay(world, user, 10), Reason.RISK_REFUSED)
    world.now = Instant(world.now + HOUR)
    assert isinstance(_pay(world, user, 10), Order)
    world.audit()


def test_a_rule_judges_the_movements_it_names_and_no_others(world: World) -> None:
    user, payee = world.user(10_000), world.user()
    large: Any = {"currency": CNY.number, "amount": 500}
    in_force(world, RuleKind.LARGE, movements=(Movement.TRANSFER, Movement.WITHDRAWAL), **large)
    assert isinstance(_pay(world, user, 500), Order)
    assert not isinstance(gifts.give(world, user, 500), Refused)
    before = world.rows()
    for outcome in (_transfer(world, user, 500, payee), _withdrawal(world, user, 500)):
        assert refused(outcome, Reason.RISK_REFUSED)
    changed = {name for name, rows in world.rows().items() if rows != before[name]}
    assert changed <= {"risk_hits", "risk_unseen", "journal"}
    assert not isinstance(_transfer(world, user, 499, payee), Refused)
    stopped = [one.attempted for one in hits(world)]
    assert {(one.movement, one.receiver_id) for one in stopped} == {
        (Movement.TRANSFER, payee), (Movement.WITHDRAWAL, 0),
    }  # fmt: skip
    world.audit()


def test_what_was_moved_together_is_counted_and_added_up(world: World) -> None:
    user = world.user(10_000)
    both = (Movement.TRANSFER, Movement.PACKET)
    sums = in_force(
        world, RuleKind.LARGE_SUM, currency=CNY.number, amount=1_000, minutes=10, movements=both
    )
    assert not isinstance(gifts.give(world, user, 500), Refused)
    assert not isinstance(_pay(world, user, 5_000), Refused)
    assert not isinstance(_transfer(world, user, 499), Refused)
    assert refused(_transfer(world, user, 1), Reason.RISK_REFUSED)
    world.now = Instant(world.now + 10 * MINUTE)
    assert not isinstance(_transfer(world, user, 999), Refused)
    decide(world, sums, RuleEvent.END)
    in_force(world, RuleKind.MANY_PAYMENTS, count=2, minutes=10, movements=both)
    for way in (_transfer, gifts.give):
        assert not isinstance(way(world, user, 10), Refused)
    assert refused(gifts.give(world, user, 10), Reason.RISK_REFUSED)
    assert not isinstance(_withdrawal(world, user, 10), Refused)
    world.audit()


def test_a_receiver_is_new_until_something_was_transferred(world: World) -> None:
    user, payee = world.user(10_000), world.user(1_000)
    assert not isinstance(_transfer(world, payee, 1, user), Refused)
    new: Any = {"currency": CNY.number, "amount": 500, "movements": (Movement.TRANSFER,)}
    in_force(world, RuleKind.NEW_RECEIVER, **new)
    assert refused(_transfer(world, user, 500, payee), Reason.RISK_REFUSED)
    assert not isinstance(_transfer(world, user, 499, payee), Refused)
    assert not isinstance(_transfer(world, user, 500, payee), Refused)


def test_two_people_put_a_rule_in_force(world: World) -> None:
    user = world.user(10_000)
    rule = draft(world, RuleKind.LISTED, users=(user,))
    assert world.do(risk_rules.DRAFT, rule) == rule
    assert refused(decide(world, rule, RuleEvent.APPROVE, ONE), Reason.RISK_RULE_SELF_APPROVAL)
    assert isinstance(_pay(world, user), Order)
    assert refused(decide(world, rule, RuleEvent.END), Reason.RISK_RULE_STATE)
    assert isinstance(decide(world, rule, RuleEvent.WITHDRAW, ONE), Rule)
    assert refused(decide(world, rule, RuleEvent.APPROVE), Reason.RISK_RULE_STATE)
    nobody = Rule(RiskRuleId(7), RuleKind.LISTED, RiskAction.NOTE, "x", ONE, users=(UserId(5),))
    assert refused(world.do(risk_rules.DRAFT, nobody), Reason.RISK_RULE_INVALID)
    missing = DecideRule(RiskRuleId(7), RuleEvent.APPROVE, OTHER)
    assert refused(world.do(risk_rules.DECIDE, missing), Reason.RISK_RULE_NOT_FOUND)
    stranger = ClearPayer(UserId(5), world.now, "x", ONE)
    assert refused(world.do(risk_rules.CLEAR, stranger), Reason.USER_NOT_FOUND)


def test_no_race_passes_more_payments_than_a_window_allows(address: str) -> None:
    """Two committers, as two processes would: what passed of a person is never one too many."""
    first = World(address)
    buyers = [first.user(50_000) for _ in range(6)]
    in_force(first, RuleKind.MANY_PAYMENTS, count=5, minutes=60)
    worlds = [first, World(address, node=1)] if "postgresql" in address else [first]
    passed: list[UserId] = []
    reasons: set[Reason] = set()

    def race(world: World) -> None:
        for _ in range(4):
            placed = [(buyer, world.place(10)) for buyer in buyers]
            found = world.batch(
                [(orders.PAY, world.a_payment(order, buyer)) for buyer, order in placed]
            )
            assert not any(isinstance(one, Exception) for one in found)
            reasons.update(one.reason for one in found if isinstance(one, Refused))
            passed.extend(one.payer_id for one in found if isinstance(one, Order))

    threads = [threading.Thread(target=race, args=(world,)) for world in worlds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for _ in range(5):
        passed.extend(buyer for buyer in buyers if isinstance(_pay(first, buyer, 10), Order))
    assert reasons <= {Reason.RISK_REFUSED, Reason.BUSY}
    assert [passed.count(buyer) for buyer in buyers] == [5] * len(buyers)
    assert all(first.balance(chart.wallet(buyer, CNY)) == 50_000 - 50 for buyer in buyers)
    first.audit()
    for world in worlds:
        world.close()


def test_no_race_moves_more_than_a_sum_allows(address: str) -> None:
    """Transfers of two committers: of each person less than the rule's sum left, and no more."""
    first = World(address)
    payee, givers = first.user(), [first.user(50_000) for _ in range(4)]
    in_force(
        first, RuleKind.LARGE_SUM, currency=CNY.number, amount=1_000, minutes=60,
        movements=(Movement.TRANSFER,),
    )  # fmt: skip
    worlds = [first, World(address, node=1)] if "postgresql" in address else [first]
    reasons: set[Reason] = set()

    def race(world: World) -> None:
        for amount in (170, 230, 310, 390):
            found = world.batch(
                [
                    (wallet.TRANSFER, people.a_transfer(world, one, payee, amount))
                    for one in givers
                    for _ in range(2)
                ]
            )
            assert not any(isinstance(one, Exception) for one in found)
            reasons.update(one.reason for one in found if isinstance(one, Refused))

    threads = [threading.Thread(target=race, args=(world,)) for world in worlds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in givers:
        for _ in range(6):
            _transfer(first, one, 170, payee)
    assert reasons <= {Reason.RISK_REFUSED, Reason.BUSY}
    left = [50_000 - first.balance(chart.wallet(one, CNY)) for one in givers]
    assert all(1_000 - 170 <= one < 1_000 for one in left)
    assert first.balance(chart.wallet(payee, CNY)) == sum(left)
    first.audit()
    for world in worlds:
        world.close()


@pytest.mark.parametrize("count", [1, 2])
def test_a_return_that_another_process_commits_in_between_is_counted(
    postgresql: postgres.Server, count: int
) -> None:
    """One committer decides a payment, another refunds, and then the first one commits."""
    with postgresql.borrowed() as address:
        first = World(address)
        second = World(address, node=1)
        users = [first.user(10_000) for _ in range(2)]
        sold = [_pay(first, users[0], 100) for _ in range(3)]
        in_force(first, RuleKind.MANY_RETURNS, count=count, minutes=60)
        for one in sold[1:count]:
            assert isinstance(first.refund(one, 1), Refund)
        tries: list[Any] = []

        def meanwhile(tx: UnitOfWork, command: PayOrder, now: Instant) -> Any:
            tries.append(orders.PAY.run(tx, command, now))
            if len(tries) == 1:
                # Payments to the merchant that come in between are no reason to begin again.
                assert isinstance(_pay(first, users[0], 10), Order)
                assert isinstance(first.refund(sold[0], 1), Refund)
            return tries[-1]

        slow = Operation("orders.pay", meanwhile, orders.PAY.keys)
        late = second.do(slow, second.a_payment(first.place(10), users[1]))
        assert isinstance(tries[0], Order)
        assert refused(late, Reason.RISK_REFUSED)
        assert first.balance(chart.wallet(users[1], CNY)) == 10_000
        first.audit()
        for world in (first, second):
            world.close()


def test_payments_to_one_merchant_do_not_make_each_other_begin_again(
    postgresql: postgres.Server,
) -> None:
    with postgresql.borrowed() as address:
        first = World(address)
        second = World(address, node=1)
        users = [first.user(10_000) for _ in range(2)]
        in_force(first, RuleKind.MANY_RETURNS, count=5, minutes=60)
        assert isinstance(_pay(first, users[0], 10), Order)
        tries: list[Any] = []

        def meanwhile(tx: UnitOfWork, command: PayOrder, now: Instant) -> Any:
            tries.append(orders.PAY.run(tx, command, now))
            assert isinstance(_pay(first, users[0], 10), Order)
            return tries[-1]

        slow = Operation("orders.pay", meanwhile, orders.PAY.keys)
        assert isinstance(second.do(slow, second.a_payment(first.place(10), users[1])), Order)
        assert len(tries) == 1
        first.audit()
        for world in (first, second):
            world.close()
