"""Any sequence of commands, in batches of any shape, leaves the books as a plain model says.

The model below knows nothing of ledgers, batches or SQL: it is a few dictionaries. Every command is
performed on both engines and must give the model's answer; balances must be the model's; where all
commands of a batch were refused, not a row of the store may have changed but the kept answers.
"""

from contextlib import closing
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from changliao.core import chart
from changliao.core.clock import DAY, HOUR, SECOND, Instant
from changliao.core.ids import MerchantId, PaymentId, PendingId, TopUpId, TransferId
from changliao.core.ledger import PendingEvent, PendingTransfer
from changliao.core.money import CNY, Money, portion
from changliao.core.orders import CloseOrder, ExpireOrder, Order
from changliao.core.outcome import Reason, Refused
from changliao.core.wallet import TopUp, TransferMoney, WalletTransfer
from changliao.operations import ledger, orders, refunds, wallet
from changliao.operations.ledger import PostPending, ReleasePending
from changliao.store.views import ledger as ledger_views
from tests.world import World

USERS = 3
START = 3_000
EXAMPLES = {"sqlite": 200, "postgresql": 60}
amounts = st.one_of(st.integers(1, 30), st.integers(-1, 2_000))
people = st.integers(0, USERS - 1)
pick = st.integers(0, 1 << 16)
slightly = st.sampled_from([0, 0, 0, 1])


class Sold:
    """What the model knows of an order."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.amount = order.amount.amount
        self.state = "open"
        self.payer = -1
        self.paid_at = 0
        self.refunded = 0
        self.fee = 0
        self.fee_returned = 0
        self.refunds = 0


class Held:
    """What the model knows of a reservation."""

    def __init__(self, pending: PendingTransfer, user: int) -> None:
        self.pending = pending
        self.user = user
        self.state = "pending"
        self.posted = 0


class Books(RuleBasedStateMachine):
    """Rules queue commands and say what must come of each; `flush` performs them in one batch."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.world.merchant = MerchantId(self.world.ids.new())
        self.users = [self.world.user(balance=START) for _ in range(USERS)]
        self.money = [START] * USERS
        self.reserved = [0] * USERS
        self.payable = self.fees = 0
        self.sold: list[Sold] = []
        self.held: list[Held] = []
        self.queue: list[tuple[Any, Any, Reason | None]] = []
        self.done: list[tuple[Any, Any, Any]] = []

    @property
    def now(self) -> int:
        return self.world.now

    def ask(self, operation: Any, command: Any, refused: Reason | None) -> bool:
        """Queue a command; is it to be done?"""
        self.queue.append((operation, command, refused))
        return refused is None

    def free(self, user: int) -> int:
        return self.money[user] - self.reserved[user]

    @rule(user=people, amount=amounts)
    def top_up(self, user: int, amount: int) -> None:
        refused = None if amount > 0 else Reason.AMOUNT_NOT_POSITIVE
        top_up_id = TopUpId(self.world.ids.new())
        command = TopUp(top_up_id, self.users[user], Money(amount, CNY), chart.SANDBOX_BANK)
        if self.ask(wallet.TOP_UP, command, refused):
            self.money[user] += amount

    @rule(payer=people, payee=people, amount=amounts)
    def send(self, payer: int, payee: int, amount: int) -> None:
        refused = None
        if amount <= 0:
            refused = Reason.AMOUNT_NOT_POSITIVE
        elif payer == payee:
            refused = Reason.TRANSFER_TO_SELF
        elif amount > self.free(payer):
            refused = Reason.INSUFFICIENT_FUNDS
        moved = WalletTransfer(
            TransferId(self.world.ids.new()), self.users[payer], self.users[payee],
            Money(amount, CNY), "",
        )  # fmt: skip
        if self.ask(wallet.TRANSFER, TransferMoney(moved), refused):
            self.money[payer] -= amount
            self.money[payee] += amount

    @rule(amount=st.integers(1, 2_000), lives_s=st.sampled_from([1, 3600, 90_000]), bps=pick)
    def place(self, amount: int, lives_s: int, bps: int) -> None:
        expires_at = Instant(self.now + lives_s * SECOND)
        command = self.world.an_order(amount, expires_at=expires_at, fee_bps=bps % 500)
        self.ask(orders.PLACE, command, None)
        self.sold.append(Sold(command.order))

    @rule(which=pick, user=people, off=st.sampled_from([0, 0, 0, 0, 1]))
    def pay(self, which: int, user: int, off: int) -> None:
        if not self.sold:
            return
        sold = self.sold[which % len(self.sold)]
        refused = None
        if sold.state != "open":
            refused = Reason.ORDER_CLOSED if sold.state == "closed" else Reason.ORDER_ALREADY_PAID
        elif self.now >= sold.order.expires_at:
            refused = Reason.ORDER_EXPIRED
        elif off:
            refused = Reason.AMOUNT_CHANGED
        elif sold.amount > self.free(user):
            refused = Reason.INSUFFICIENT_FUNDS
        command = self.world.a_payment(
            sold.order,
            self.users[user],
            payment_id=PaymentId(self.world.ids.new()),
            amount=Money(sold.amount + off, CNY),
        )
        if self.ask(orders.PAY, command, refused):
            sold.state, sold.payer, sold.paid_at = "paid", user, self.now
            sold.fee = portion(sold.amount, sold.order.fee_bps)
            self.money[user] -= sold.amount
            self.payable += sold.amount - sold.fee
            self.fees += sold.fee

    @rule(which=pick, expire=st.booleans())
    def end(self, which: int, expire: bool) -> None:
        if not self.sold:
            return
        sold = self.sold[which % len(self.sold)]
        ids = (sold.order.merchant_id, sold.order.id)
        refused = Reason.ORDER_ALREADY_PAID if sold.state == "paid" else None
        if expire and sold.state == "closed":
            refused = Reason.ORDER_CLOSED
        elif expire and sold.state == "open" and self.now < sold.order.expires_at:
            refused = Reason.ORDER_NOT_EXPIRED
        operation = orders.EXPIRE if expire else orders.CLOSE
        command = ExpireOrder(*ids) if expire else CloseOrder(*ids)
        if self.ask(operation, command, refused):
            sold.state = "closed"

    @rule(which=pick, share=st.sampled_from([0, 30, 50, 100]), off=slightly)
    def refund(self, which: int, share: int, off: int) -> None:
        paid = [one for one in self.sold if one.state == "paid"]
        choice = paid if which % 4 and paid else self.sold
        if not choice:
            return
        sold = choice[which % len(choice)]
        amount = (sold.amount - sold.refunded) * share // 100 + off
        fee_back = 0
        refused = None
        if amount <= 0:
            refused = Reason.AMOUNT_NOT_POSITIVE
        elif sold.state != "paid":
            refused = Reason.ORDER_NOT_PAID
        elif self.now >= sold.paid_at + 365 * DAY:
            refused = Reason.REFUND_TOO_LATE
        elif amount > sold.amount - sold.refunded:
            refused = Reason.REFUND_EXCEEDS_PAYMENT
        elif sold.refunds >= 50:
            refused = Reason.REFUNDS_TOO_MANY
        else:
            back = sold.fee * (sold.refunded + amount) // sold.amount
            fee_back = back - sold.fee_returned
            if self.payable < amount - fee_back:
                refused = Reason.MERCHANT_FUNDS_INSUFFICIENT
        if self.ask(refunds.REFUND, self.world.a_refund(sold.order, amount), refused):
            sold.refunded += amount
            sold.refunds += 1
            sold.fee_returned += fee_back
            self.money[sold.payer] += amount
            self.payable -= amount - fee_back
            self.fees -= fee_back

    @rule(user=people, amount=amounts)
    def reserve(self, user: int, amount: int) -> None:
        refused = None
        if amount <= 0:
            refused = Reason.AMOUNT_NOT_POSITIVE
        elif amount > self.free(user):
            refused = Reason.INSUFFICIENT_FUNDS
        pending = PendingTransfer(
            id=PendingId(self.world.ids.new()),
            debit=chart.wallet(self.users[user], CNY),
            credit=chart.payable(self.world.merchant, CNY),
            amount=amount,
            expires_at=Instant(self.now + HOUR),
        )
        if self.ask(ledger.RESERVE, pending, refused):
            self.reserved[user] += amount
            self.held.append(Held(pending, user))

    @rule(which=pick, share=st.sampled_from([0, 30, 50, 100]), off=slightly)
    def post(self, which: int, share: int, off: int) -> None:
        if not self.held:
            return
        held = self.held[which % len(self.held)]
        amount = held.pending.amount * share // 100 + off
        refused = self._settled(held)
        if held.posted and held.posted == amount:
            again = PostPending(held.pending.id, held.pending.debit.owner, amount)
            self.ask(ledger.POST, again, None)
            return
        if refused is None:
            if self.now >= held.pending.expires_at:
                refused = Reason.PENDING_EXPIRED
            elif amount <= 0:
                refused = Reason.AMOUNT_NOT_POSITIVE
            elif amount > held.pending.amount:
                refused = Reason.PENDING_EXCEEDED
        command = PostPending(held.pending.id, held.pending.debit.owner, amount)
        if self.ask(ledger.POST, command, refused):
            held.state, held.posted = "posted", amount
            self.reserved[held.user] -= held.pending.amount
            self.money[held.user] -= amount
            self.payable += amount

    @rule(which=pick, expire=st.booleans())
    def release(self, which: int, expire: bool) -> None:
        if not self.held:
            return
        held = self.held[which % len(self.held)]
        refused = self._settled(held)
        if refused is None and expire and self.now < held.pending.expires_at:
            refused = Reason.PENDING_NOT_EXPIRED
        event = PendingEvent.EXPIRE if expire else PendingEvent.VOID
        command = ReleasePending(held.pending.id, held.pending.debit.owner, event)
        if self.ask(ledger.RELEASE, command, refused):
            held.state = "expired" if expire else "voided"
            self.reserved[held.user] -= held.pending.amount

    @rule(which=pick)
    def repeat(self, which: int) -> None:
        """An old command comes again: the answer is the old one and nothing moves."""
        again = [one for one in self.done if one[0] in (wallet.TOP_UP, wallet.TRANSFER, orders.PAY)]
        if not again or self.queue:
            return
        operation, command, outcome = again[which % len(again)]
        before = self._balances()
        repeated = self.world.do(operation, command)
        if isinstance(outcome, Refused):
            assert isinstance(repeated, Refused)
        else:
            assert not isinstance(repeated, Refused)
        assert self._balances() == before

    @rule(passes=st.sampled_from([SECOND, HOUR, DAY]))
    def wait(self, passes: int) -> None:
        self.flush()
        self.world.now = Instant(self.world.now + passes)

    @rule()
    def flush(self) -> None:
        queue, self.queue = self.queue, []
        if not queue:
            return
        nothing = all(refused is not None for _, _, refused in queue)
        before = self._stored() if nothing else None
        outcomes = self.world.batch([(operation, command) for operation, command, _ in queue])
        for (operation, command, refused), outcome in zip(queue, outcomes, strict=True):
            told = outcome.reason if isinstance(outcome, Refused) else None
            assert told is refused, (operation.name, command, outcome)
            # A payment refused for want of money stays refused under its id, whatever comes later.
            self.done.append((operation, command, outcome))
        if before is not None:
            assert self._stored() == before

    @invariant()
    def balances_are_the_models(self) -> None:
        if not self.queue:
            assert self._balances() == (self.money, self.reserved, self.payable, self.fees)

    def teardown(self) -> None:
        self.flush()
        self.world.audit()
        for sold in self.sold:
            assert 0 <= sold.refunded <= sold.amount
            assert sold.fee_returned <= sold.fee

    def _settled(self, held: Held) -> Reason | None:
        return {
            "posted": Reason.PENDING_POSTED,
            "voided": Reason.PENDING_VOIDED,
            "expired": Reason.PENDING_EXPIRED,
        }.get(held.state)

    def _stored(self) -> Any:
        """Every row but the kept answers of payers and deadlines that are done with."""
        rows = self.world.rows()
        return {name: rows[name] for name in rows if name not in ("payments", "deadlines")}

    def _balances(self) -> tuple[list[int], list[int], int, int]:
        with self.world.engine.reader() as reader:
            wallets = [ledger_views.account(reader, chart.wallet(user, CNY)) for user in self.users]
            payable = ledger_views.account(reader, chart.payable(self.world.merchant, CNY))
            fees = ledger_views.account(reader, chart.fees(self.world.merchant, CNY))
        balances = [one.balance for one in wallets]
        return balances, [one.debits_pending for one in wallets], payable.balance, fees.balance


def test_the_books_are_what_the_model_says(address: str) -> None:
    examples = EXAMPLES["postgresql" if "://" in address else "sqlite"]
    with closing(World(address)) as made:

        class OnThisEngine(Books):
            world = made

        run_state_machine_as_test(
            OnThisEngine,
            settings=settings(
                max_examples=examples,
                stateful_step_count=40,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
