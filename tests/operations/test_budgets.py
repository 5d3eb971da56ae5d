"""Budgets: set aside up to a cap, promised, paid, given back, and never one unit above."""

import threading
from contextlib import closing
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from changliao.core import chart
from changliao.core.budgets import (
    Budget,
    BudgetEvent,
    BudgetKind,
    BudgetState,
    ChangeBudget,
    EndBudget,
    FundBudget,
)
from changliao.core.clock import DAY, Instant
from changliao.core.discounts import (
    ClaimCoupon,
    Coupon,
    CouponState,
    ExpireCoupon,
    worth,
)
from changliao.core.ids import (
    AppId,
    BudgetId,
    CouponId,
    MerchantId,
    OrderId,
    PaymentId,
    RefundId,
    UserId,
)
from changliao.core.ledger import Account
from changliao.core.money import CNY, Money
from changliao.core.orders import Discount, Order, OrderState, PayOrder, Scene
from changliao.core.outcome import Reason
from changliao.core.refunds import Refund, Refunding, RefundOrder, decide_refund
from changliao.operations import budgets, orders, refunds
from changliao.operations.operation import Operation
from changliao.store.views import budgets as views
from changliao.store.views import deadlines
from tests import postgres
from tests.operations.test_acceptance import known
from tests.world import World, overtaken, refused

LATER = Instant(DAY)


class Shop:
    """A merchant with earnings and people who buy."""

    def __init__(self, world: World, earned: int = 10_000) -> None:
        self.world = world
        self.id = known(world, MerchantId(world.ids.new()))
        if earned:
            buyer = world.user(earned)
            placed = world.place(earned, merchant_id=self.id, fee_bps=0)
            assert isinstance(world.pay(placed, buyer), Order)

    def budget(self, funded: int | None = None, **changes: Any) -> Any:
        fields: dict[str, Any] = {
            "id": BudgetId(self.world.ids.new()),
            "owner_id": self.id,
            "name": "满减",
            "kind": BudgetKind.COUPON,
            "cap": Money(1_000, CNY),
            "face": 100,
            "threshold": 500,
            "starts_at": Instant(0),
            "ends_at": Instant(self.world.now + 7 * DAY),
            "coupon_lives": 2 * DAY,
        }
        fields |= changes
        if fields["kind"] is BudgetKind.SUBSIDY:
            fields["coupon_lives"] = 0
        made = self.world.do(budgets.OPEN, Budget(**fields))
        if isinstance(made, Budget):
            funding = FundBudget(made.owner_id, made.id, made.cap.amount)
            return self.world.do(
                budgets.FUND, funding if funded is None else replace(funding, funded=funded)
            )
        return made

    def claim(self, made: Budget, user: UserId) -> Any:
        command = ClaimCoupon(CouponId(self.world.ids.new()), self.id, made.id, user)
        return self.world.do(budgets.CLAIM, command)

    def change(self, made: Budget, event: BudgetEvent) -> Any:
        return self.world.do(budgets.CHANGE, ChangeBudget(self.id, made.id, event))

    def buy(
        self, user: UserId, made: Budget, off: int, coupon: int = 0, amount: int = 1_000, **at: Any
    ) -> Any:
        placed = self.world.place(amount, **({"merchant_id": self.id} | at))
        return self.world.do(orders.PAY, self.payment(placed, user, made, off, coupon))

    def payment(self, placed: Order, user: UserId, made: Budget, off: int, coupon: int = 0) -> Any:
        discount = Discount(made.owner_id, made.id, off, CouponId(coupon))
        payment_id = PaymentId(self.world.ids.new())
        return PayOrder(
            payment_id, placed.merchant_id, placed.id, user, placed.amount, discount=discount
        )

    def left(self, made: Budget) -> tuple[int, int]:
        """Free and promised."""
        with self.world.engine.reader() as reader:
            found = views.figures(reader, made)
        return found.left, found.promised

    def earned(self) -> int:
        return self.world.balance(chart.payable(self.id, CNY))


def has(world: World, user: UserId) -> int:
    return world.balance(chart.wallet(user, CNY))


@pytest.fixture
def shop(world: World) -> Shop:
    return Shop(world)


def test_a_coupon_is_promised_used_and_its_part_comes_back(world: World, shop: Shop) -> None:
    made = shop.budget()
    assert (shop.earned(), shop.left(made)) == (9_000, (1_000, 0))
    buyer = world.user(900)
    coupon = shop.claim(made, buyer)
    assert shop.left(made) == (900, 100)
    paid = shop.buy(buyer, made, 100, coupon.id, fee_bps=0)
    assert (paid.amount.amount, paid.discount, has(world, buyer)) == (1_000, 100, 0)
    assert (shop.earned(), shop.left(made)) == (10_000, (900, 0))

    # 333 of 1,000: 33.3 of the 100 come back to the budget, rounded down; then exactly the rest.
    world.refund(paid, 333)
    assert (has(world, buyer), shop.left(made)) == (300, (933, 0))
    world.refund(paid, 667)
    assert (has(world, buyer), shop.left(made), shop.earned()) == (900, (1_000, 0), 9_000)
    world.audit()


def test_a_subsidy_is_a_part_of_the_order_up_to_its_face(world: World, shop: Shop) -> None:
    made = shop.budget(kind=BudgetKind.SUBSIDY, rate_bps=1_000, face=80, most_each=2)
    buyer = world.user(5_000)
    assert shop.buy(buyer, made, 60, amount=600).discount == 60
    assert shop.buy(buyer, made, 80, amount=1_000).discount == 80
    third = shop.buy(buyer, made, 80, amount=1_000)
    assert refused(third, Reason.BUDGET_TAKEN)
    assert has(world, buyer) == 5_000 - 540 - 920
    assert shop.left(made) == (860, 0)
    world.audit()


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"off": 99}, Reason.AMOUNT_CHANGED),
        ({"amount": 499}, Reason.BUDGET_UNSUITED),
        ({"currency": "USD"}, Reason.BUDGET_UNSUITED),
        ({"other": True}, Reason.BUDGET_UNSUITED),
        ({"poor": True}, Reason.INSUFFICIENT_FUNDS),
        ({"coupon": 7}, Reason.COUPON_NOT_FOUND),
        ({"somebody": True}, Reason.COUPON_NOT_FOUND),
        ({"budget": 9}, Reason.BUDGET_NOT_FOUND),
        ({"late": 2 * DAY}, Reason.COUPON_EXPIRED),
        ({"paid": True}, Reason.ORDER_ALREADY_PAID),
    ],
    ids=str,
)
def test_what_does_not_fit_moves_nothing(
    world: World, shop: Shop, wrong: dict[str, Any], reason: Reason
) -> None:
    made = shop.budget()
    buyer, somebody = world.user(0 if wrong.get("poor") else 2_000), world.user(2_000)
    coupon = shop.claim(made, buyer)
    currency = wrong.get("currency", "CNY")
    placed = world.place(
        wrong.get("amount", 1_000), currency,
        merchant_id=Shop(world, 0).id if wrong.get("other") else shop.id,
        expires_at=Instant(world.now + 3 * DAY),
    )  # fmt: skip
    if wrong.get("paid"):
        assert isinstance(world.pay(placed, buyer), Order)
    world.now = Instant(world.now + wrong.get("late", 0))
    meant = replace(made, id=BudgetId(9)) if wrong.get("budget") else made
    payer = somebody if wrong.get("somebody") else buyer
    before = world.rows()
    command = shop.payment(
        placed, payer, meant, wrong.get("off", 100), wrong.get("coupon", coupon.id)
    )
    assert refused(world.do(orders.PAY, command), reason)
    after = world.rows()
    assert len(after.pop("payments")) == len(before.pop("payments")) + 1
    assert after == before
    # The answer stands for this payment.
    assert refused(world.do(orders.PAY, command), reason)
    world.audit()


def test_a_used_coupon_is_used_and_an_unused_one_returns_once(world: World, shop: Shop) -> None:
    made = shop.budget(most_each=3)
    buyer = world.user(5_000)
    used, waiting, late = (shop.claim(made, buyer) for _ in range(3))
    assert refused(shop.claim(made, buyer), Reason.BUDGET_TAKEN)
    assert shop.buy(buyer, made, 100, used.id).discount == 100
    assert refused(shop.buy(buyer, made, 100, used.id), Reason.COUPON_USED)
    expiry = ExpireCoupon(shop.id, waiting.id)
    assert refused(world.do(budgets.EXPIRE, expiry), Reason.COUPON_NOT_EXPIRED)
    assert shop.left(made) == (700, 200)
    world.now = Instant(world.now + 2 * DAY)
    for _ in range(2):
        assert world.do(budgets.EXPIRE, expiry).state is CouponState.EXPIRED
        assert shop.left(made) == (800, 100)
    assert world.do(budgets.EXPIRE, ExpireCoupon(shop.id, used.id)).state is CouponState.USED
    assert refused(shop.buy(buyer, made, 100, waiting.id), Reason.COUPON_EXPIRED)
    assert refused(shop.buy(buyer, made, 100, late.id), Reason.COUPON_EXPIRED)
    world.audit()


def test_a_paused_budget_keeps_its_promises_and_a_closed_one_pays_its_owner(
    world: World, shop: Shop
) -> None:
    made = shop.budget(most_each=3)
    buyer = world.user(5_000)
    first, second = shop.claim(made, buyer), shop.claim(made, buyer)
    before = shop.buy(buyer, made, 100, first.id, fee_bps=0)
    for _ in range(2):
        assert shop.change(made, BudgetEvent.PAUSE).state is BudgetState.PAUSED
    assert refused(shop.claim(made, buyer), Reason.BUDGET_PAUSED)
    assert shop.change(made, BudgetEvent.RESUME).state is BudgetState.OPEN
    had = shop.earned()
    for _ in range(2):
        assert shop.change(made, BudgetEvent.CLOSE).state is BudgetState.CLOSED
        assert (shop.left(made), shop.earned()) == ((0, 100), had + 800)
    for event in (BudgetEvent.PAUSE, BudgetEvent.RESUME):
        assert refused(shop.change(made, event), Reason.BUDGET_CLOSED)
    assert refused(shop.claim(made, buyer), Reason.BUDGET_CLOSED)

    # A promise is kept, and what comes back later goes to the owner, who had it before.
    after = shop.buy(buyer, made, 100, second.id, fee_bps=0)
    assert (shop.left(made), shop.earned()) == ((0, 0), had + 800 + 1_000)
    world.refund(before, 1_000)
    world.refund(after, 500)
    assert shop.earned() == had + 800 + 1_000 - 1_500 + 150
    world.audit()


def test_a_budget_ends_by_itself(world: World, shop: Shop) -> None:
    made = shop.budget()
    end = EndBudget(shop.id, made.id)
    assert refused(world.do(budgets.END, end), Reason.BUDGET_NOT_ENDED)
    world.now = made.ends_at
    buyer = world.user(1_000)
    assert refused(shop.claim(made, buyer), Reason.BUDGET_CLOSED)
    with world.engine.reader() as reader:
        assert made.id in [one.subject_id for one in deadlines.due(reader, world.now, 100)]
    for _ in range(2):
        assert world.do(budgets.END, end).state is BudgetState.CLOSED
    assert (shop.left(made), shop.earned()) == ((0, 0), 10_000)
    with world.engine.reader() as reader:
        assert made.id not in [one.subject_id for one in deadlines.due(reader, world.now, 100)]
    world.audit()


def test_money_is_set_aside_up_to_the_cap_and_never_taken_out(world: World, shop: Shop) -> None:
    made = shop.budget(0)
    assert refused(shop.claim(made, world.user()), Reason.BUDGET_SPENT)

    def fund(funded: int) -> Any:
        return world.do(budgets.FUND, FundBudget(shop.id, made.id, funded))

    assert fund(400).funded == fund(400).funded == 400
    assert (shop.left(made), shop.earned()) == ((400, 0), 9_600)
    before = world.rows()
    assert refused(fund(399), Reason.BUDGET_INVALID)
    assert refused(fund(1_001), Reason.BUDGET_CAPPED)
    assert world.rows() == before
    rich = shop.budget(0, cap=Money(100_000, CNY))
    more = FundBudget(shop.id, rich.id, 9_601)
    assert refused(world.do(budgets.FUND, more), Reason.MERCHANT_FUNDS_INSUFFICIENT)
    world.audit()


@pytest.mark.parametrize(
    "changes",
    [
        {"cap": Money(0, CNY)},
        {"face": 0},
        {"face": 1_001},
        {"rate_bps": 10_001},
        {"threshold": -1},
        {"most_each": 0},
        {"ends_at": Instant(0)},
        {"starts_at": Instant(1 << 60)},
        {"coupon_lives": 0},
    ],
    ids=str,
)
def test_a_budget_that_makes_no_sense_is_named_by_its_field(
    world: World, shop: Shop, changes: dict[str, Any]
) -> None:
    before = world.rows()
    found = shop.budget(**changes)
    assert refused(found, Reason.BUDGET_INVALID)
    [field] = changes
    assert found.detail.startswith(field.replace("coupon_lives", "coupon_days"))
    assert world.rows() == before


def test_the_same_id_again_finds_it_and_other_words_do_not(world: World, shop: Shop) -> None:
    made = shop.budget()
    assert world.do(budgets.OPEN, replace(made, funded=0)) == made
    other = replace(made, name="another", funded=0)
    assert refused(world.do(budgets.OPEN, other), Reason.BUDGET_REUSED)
    user = world.user()
    command = ClaimCoupon(CouponId(world.ids.new()), shop.id, made.id, user)
    assert world.do(budgets.CLAIM, command) == world.do(budgets.CLAIM, command)
    somebody = replace(command, user_id=world.user())
    assert refused(world.do(budgets.CLAIM, somebody), Reason.BUDGET_REUSED)
    assert shop.left(made) == (900, 100)


def test_an_id_that_names_somebody_elses_budget_is_refused(world: World, shop: Shop) -> None:
    """Its money waits in accounts of that id: whoever closed a second one would be paid it."""
    made = shop.budget()
    thief = Shop(world, earned=0)
    before = world.rows()
    assert refused(thief.budget(funded=0, id=made.id), Reason.BUDGET_REUSED)
    assert refused(thief.change(made, BudgetEvent.CLOSE), Reason.BUDGET_NOT_FOUND)
    assert world.rows() == before
    assert (thief.earned(), shop.left(made)) == (0, (1_000, 0))


def test_two_discounts_under_one_payments_name_leave_the_books_in_order(
    world: World, shop: Shop
) -> None:
    """Payers name their payments, and payments are found by merchant and name."""
    user, other = world.user(5_000), Shop(world)
    payment_id = PaymentId(world.ids.new())
    for one in (shop, other):
        made = one.budget(kind=BudgetKind.SUBSIDY, rate_bps=1_000)
        placed = world.place(1_000, merchant_id=one.id)
        paying = replace(one.payment(placed, user, made, 100), payment_id=payment_id)
        assert isinstance(world.do(orders.PAY, paying), Order)
        world.refund(placed, 300, reference=f"F{made.id}")
    assert has(world, user) == 5_000 - 2 * (900 - 270)
    world.audit()


@pytest.mark.parametrize("kind", list(BudgetKind))
def test_ten_thousand_claims_stop_at_the_cap(address: str, kind: BudgetKind) -> None:
    """Several committers, as several processes would: never one unit above the cap."""
    first = World(address)
    shop = Shop(first, 100_000)
    made = shop.budget(kind=kind, cap=Money(33_350, CNY), face=7, threshold=0, most_each=1_000)
    buyers = [first.user(100_000) for _ in range(20)]
    worlds = [first, World(address, node=1)] if "postgresql" in address else [first]
    taken: list[int] = []
    reasons: set[Reason] = set()

    def race(world: World) -> None:
        shop_here = Shop(world, 0)
        for _ in range(50 // len(worlds)):
            work: list[Any] = []
            for turn in range(200):
                buyer = buyers[turn % len(buyers)]
                if kind is BudgetKind.COUPON:
                    coupon_id = CouponId(world.ids.new())
                    work.append((budgets.CLAIM, ClaimCoupon(coupon_id, shop.id, made.id, buyer)))
                    continue
                command = world.an_order(20, merchant_id=shop.id, fee_bps=0)
                payment = shop_here.payment(command.order, buyer, made, 7)
                work += [(orders.PLACE, command), (orders.PAY, payment)]
            found = [getattr(one, "reason", one) for one in world.batch(work)]
            taken.append(sum(isinstance(one, Coupon) for one in found))
            taken.append(sum(isinstance(one, Order) and one.discount == 7 for one in found))
            assert not any(isinstance(one, Exception) for one in found)
            reasons.update(one for one in found if isinstance(one, Reason))

    threads = [threading.Thread(target=race, args=(world,)) for world in worlds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # 33,350 is 4,764 times 7 and two units over.
    assert reasons <= {Reason.BUDGET_SPENT, Reason.BUSY}, reasons
    assert sum(taken) == 4_764
    assert shop.left(made) == ((2, 33_348) if kind is BudgetKind.COUPON else (2, 0))
    first.audit()
    for world in worlds:
        world.close()


@given(
    amount=st.integers(2, 100_000),
    face=st.integers(1, 100_000),
    parts=st.lists(st.integers(1, 50_000), max_size=8),
)
def test_any_refunds_bring_exactly_the_budgets_part_back(
    amount: int, face: int, parts: list[int]
) -> None:
    seller = MerchantId(2)
    paid = Order(
        OrderId(1), seller, AppId(3), "R", Money(amount, CNY), Scene.NATIVE, LATER, 60, b"",
        state=OrderState.PAID, payer_id=UserId(7),
    )  # fmt: skip
    made = Budget(
        BudgetId(5), seller, "", BudgetKind.SUBSIDY, Money(100_000, CNY), face, LATER, LATER
    )
    off = worth(made, paid)
    assert 1 <= off <= min(face, amount - 1)
    paid = replace(paid, discount=off)
    rich = Account(chart.payable(seller, CNY), credits_posted=10 * amount)
    back = 0
    for part in [*parts, amount]:
        asked = Refund(RefundId(9), seller, paid.id, "F", min(part, amount - paid.refunded), b"")
        if not asked.amount:
            break
        refunding = decide_refund(RefundOrder(asked, amount, "CNY"), paid, rich, Instant(1))
        assert isinstance(refunding, Refunding)
        assert 0 <= refunding.refund.discount <= asked.amount
        back += refunding.refund.discount
        paid = refunding.order
    assert back == off


@pytest.mark.parametrize("what", ["refund", "expiry", "use", "claim", "subsidy"])
def test_a_budget_that_is_closed_meanwhile_keeps_nothing(
    postgresql: postgres.Server, what: str
) -> None:
    """Whoever loses the race decides anew: what comes back then is its owner's."""
    with (
        postgresql.borrowed() as address,
        closing(World(address)) as world,
        closing(World(address, node=1)) as other,
    ):
        shop = Shop(world)
        kind = BudgetKind.SUBSIDY if what == "subsidy" else BudgetKind.COUPON
        made = shop.budget(kind=kind, threshold=0)
        buyer = world.user(10_000)
        operation: Operation[Any, Any]
        command: Any
        if what == "subsidy":
            placed = world.place(1_000, merchant_id=shop.id)
            operation, command = orders.PAY, shop.payment(placed, buyer, made, 100)
        elif what == "claim":
            operation = budgets.CLAIM
            command = ClaimCoupon(CouponId(world.ids.new()), shop.id, made.id, buyer)
        else:
            coupon = shop.claim(made, buyer)
        if what == "expiry":
            world.now = other.now = coupon.expires_at
            operation, command = budgets.EXPIRE, ExpireCoupon(shop.id, coupon.id)
        elif what == "use":
            placed = world.place(50, merchant_id=shop.id)
            operation, command = orders.PAY, shop.payment(placed, buyer, made, 49, coupon.id)
        elif what == "refund":
            paid = shop.buy(buyer, made, 100, coupon.id)
            operation, command = refunds.REFUND, world.a_refund(paid, 1_000)
        closing_it = ChangeBudget(shop.id, made.id, BudgetEvent.CLOSE)
        world.do(overtaken(operation, other, budgets.CHANGE, closing_it), command)
        assert shop.left(made)[0] == 0
        world.audit()
