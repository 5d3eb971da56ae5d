"""A network driven synchronously, with a clock that only moves when told."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

from changliao.core import chart
from changliao.core.clock import HOUR, Instant
from changliao.core.credentials import Credential, CredentialKind, Proof
from changliao.core.ids import AppId, MerchantId, OrderId, PaymentId, RefundId, TopUpId, UserId
from changliao.core.money import CURRENCIES, Money
from changliao.core.orders import Order, PayOrder, PlaceOrder, Scene, Terms
from changliao.core.outcome import Reason, Refused
from changliao.core.parties import User
from changliao.core.refunds import Refund, RefundOrder
from changliao.core.wallet import TopUp
from changliao.operations import audit, orders, parties, refunds, wallet
from changliao.operations.committer import Committer, Ticket
from changliao.operations.ids import Ids
from changliao.operations.operation import Operation
from changliao.store.engines import open_engine
from changliao.store.unit import UnitOfWork
from changliao.store.views import ledger

START = Instant(1_795_500_000_000_000)
TABLES = [
    "accounts",
    "legs",
    "pending_transfers",
    "journal",
    "orders",
    "order_terms",
    "deadlines",
    "baskets",
    "pay_codes",
    "payments",
    "refunds",
    "holdings",
    "receivers",
    "sharing",
    "shares",
    "share_parts",
    "share_returns",
    "top_ups",
    "wallet_transfers",
    "events",
    "event_bodies",
    "deliveries",
    "users",
    "phones",
    "credentials",
    "sessions",
    "merchants",
    "apps",
    "keys",
    "partnerships",
    "party_numbers",
    "numbered_parties",
    "platform_keys",
    "kept_answers",
    "webhook_tests",
    "test_exchanges",
    "day_ends",
    "sandbox_rules",
    "sandbox_requests",
    "acceptances",
    "platforms",
    "disputes",
    "reconciliations",
    "mergers",
    "dispute_notes",
    "stores",
    "policy_drafts",
    "methods",
    "payouts",
    "payout_batches",
    "authorizations",
    "authorization_steps",
    "packets",
    "group_bills",
    "group_shares",
    "budgets",
    "budget_takers",
    "coupons",
    "discounts",
    "packet_claims",
    "channels",
    "channel_requests",
    "tenders",
    "channel_differences",
    "bank_entries",
    "bank_faults",
    "members",
    "member_sessions",
    "acts",
    "market_positions",
    "market_volumes",
    "market_months",
    "market_lives",
    "market_seen",
    "market_flows",
    "market_cohorts",
    "market_groups",
    "synthetic_people",
    "limits",
    "identities",
    "spendings",
    "settlement_cycles",
    "settlements",
    "method_fees",
    "passkeys",
    "nonces",
    "causes",
    "refund_thresholds",
    "refund_proposals",
    "risk_rules",
    "risk_rulebooks",
    "risk_memories",
    "risk_clearances",
    "risk_hits",
    "risk_unseen",
    "frame_origins",
]


def _told(operation: Operation[Any, Any]) -> Operation[Any, Any]:
    """The operation; what changes rows has to change its facts too, which the audit log keeps."""
    facts = operation.facts
    if facts is None:
        return operation

    def run(tx: UnitOfWork, command: Any, now: Instant) -> Any:
        before, rows = facts(tx, command, now), _rows(tx)
        outcome = operation.run(tx, command, now)
        if not isinstance(outcome, Refused) and _rows(tx) != rows:
            after = facts(tx, command, now)
            assert after != before, f"{operation.name} changed what its facts do not say: {after}"
        return outcome

    return Operation(operation.name, run, operation.keys, facts)


def _rows(tx: UnitOfWork) -> dict[Any, Any]:
    """What this batch has changed so far."""
    return {(table.name, table.key(row)): row for table in tx._rows for _, row in tx.changes(table)}


class World:
    """`do` performs one command as a batch of its own, `batch` several in one."""

    def __init__(self, address: str, now: Instant = START, node: int = 0) -> None:
        self.address = address
        self.engine = open_engine(address)
        self.engine.migrate()
        self.now = now
        self.ids = Ids(self.engine.claim_node(node), lambda: self.now)
        self.committer = Committer(
            self.engine, lambda: self.now, self.ids, lambda batch: None, lambda tx: None
        )
        self.committer.connect()
        self.merchant = MerchantId(self.ids.new())
        self._phones = 0

    def close(self) -> None:
        self.committer.close()
        self.engine.close()

    def do(self, operation: Operation[Any, Any], command: Any) -> Any:
        return self.batch([(operation, command)])[0]

    def batch(self, work: Sequence[tuple[Operation[Any, Any], Any]]) -> list[Any]:
        tickets = [Ticket(_told(operation), command, None) for operation, command in work]
        self.committer.commit(tickets)
        return [one.outcome if one.fault is None else one.fault for one in tickets]

    def heard(self, operation: Operation[Any, Any], command: Any) -> Any:
        """`do` as a caller does it that is told the network is busy: again."""
        while (outcome := self.batch([(operation, command)])[0]) == Refused(Reason.BUSY):
            pass
        return outcome

    def user(self, balance: int = 0, currency: str = "CNY") -> UserId:
        """A person, with money if wanted."""
        self._phones += 1
        user = User(UserId(self.ids.new()), f"138{self._phones:08d}", "someone", self.now)
        pin = Credential(user.id, CredentialKind.PIN, "hash", self.now)
        assert self.do(parties.SIGN_UP, parties.SignUp(user, (pin,))) == user
        if balance:
            self.top_up(user.id, balance, currency)
        return user.id

    def top_up(self, user_id: UserId, amount: int, currency: str = "CNY") -> Any:
        money = Money(amount, CURRENCIES[currency])
        command = TopUp(TopUpId(self.ids.new()), user_id, money, chart.SANDBOX_BANK)
        return self.do(wallet.TOP_UP, command)

    def an_order(self, amount: int = 1000, currency: str = "CNY", **changes: Any) -> PlaceOrder:
        """An order to be placed; `changes` are fields of it."""
        order_id = OrderId(self.ids.new())
        fields: dict[str, Any] = {
            "id": order_id,
            "merchant_id": self.merchant,
            "app_id": AppId(1),
            "reference": f"R{order_id}",
            "amount": Money(amount, CURRENCIES[currency]),
            "scene": Scene.NATIVE,
            "expires_at": Instant(self.now + 2 * HOUR),
            "fee_bps": 60,
            "digest": b"0123456789abcdef",
            "notifies": True,
        }
        order = Order(**(fields | changes))
        terms = Terms(
            order.id, order.merchant_id, "shoes", "", "http://127.0.0.1:9/", "rest", b"{}"
        )
        return PlaceOrder(order, terms)

    def place(self, amount: int = 1000, currency: str = "CNY", **changes: Any) -> Order:
        outcome = self.do(orders.PLACE, self.an_order(amount, currency, **changes))
        assert isinstance(outcome, Order), outcome
        return outcome

    def a_payment(self, order: Order, payer: UserId, **changes: Any) -> PayOrder:
        fields: dict[str, Any] = {
            "payment_id": PaymentId(self.ids.new()),
            "merchant_id": order.merchant_id,
            "order_id": order.id,
            "payer_id": payer,
            "amount": order.amount,
        }
        return PayOrder(**(fields | changes))

    def pay(self, order: Order, payer: UserId, **changes: Any) -> Any:
        return self.do(orders.PAY, self.a_payment(order, payer, **changes))

    def a_refund(self, order: Order, amount: int, **changes: Any) -> RefundOrder:
        refund_id = RefundId(self.ids.new())
        fields: dict[str, Any] = {
            "id": refund_id,
            "merchant_id": order.merchant_id,
            "order_id": order.id,
            "reference": f"F{refund_id}",
            "amount": amount,
            "digest": b"%d" % amount,
            "notify_url": "http://127.0.0.1:9/",
        }
        total, currency = order.amount.amount, order.amount.currency.code
        return RefundOrder(Refund(**(fields | changes)), total, currency)

    def refund(self, order: Order, amount: int, **changes: Any) -> Any:
        return self.do(refunds.REFUND, self.a_refund(order, amount, **changes))

    def balance(self, account: chart.AccountId) -> int:
        with self.engine.reader() as reader:
            return ledger.account(reader, account).balance

    def proof(self, *, right: bool = True) -> Proof:
        return Proof(right, self.now)

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """Everything that is stored, to see that a refusal changed nothing."""
        return {table: self.table(table) for table in TABLES}

    def table(self, name: str) -> list[tuple[Any, ...]]:
        """All rows of one."""
        return dump(self.engine, name)

    def audit(self) -> audit.Report:
        with self.engine.snapshot() as reader:
            report = audit.check(reader)
        assert report.fault is None, report.fault
        return report


Worlds = Callable[[], AbstractContextManager[World]]


def overtaken(operation: Operation[Any, Any], other: World, *by: Any) -> Operation[Any, Any]:
    """The operation, which another process's command overtakes between deciding and committing."""
    waiting = [by]

    def run(tx: UnitOfWork, command: Any, now: Instant) -> Any:
        outcome = operation.run(tx, command, now)
        if waiting:
            other.do(*waiting.pop())
        return outcome

    return Operation("tests.overtaken", run, operation.keys)


def dump(engine: Any, table: str) -> list[tuple[Any, ...]]:
    """All rows of a table, in order."""
    with engine.reader() as reader:
        connection = reader._connection
        found = connection.execute(f"SELECT * FROM {table}").fetchall()
    return sorted(tuple(bytes(v) if isinstance(v, memoryview) else v for v in row) for row in found)


def refused(outcome: Any, reason: Any) -> bool:
    """Is it a no for this reason?"""
    return isinstance(outcome, Refused) and outcome.reason is reason
