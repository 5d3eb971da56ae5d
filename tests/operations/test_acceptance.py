"""Acceptance in the books: a switch holds from its stated moment on, whoever pays and how."""

from typing import Any

import pytest
from msgspec.structs import replace

from changliao.core import chart
from changliao.core.acceptance import (
    LEAD,
    OWN_METHOD,
    Accepting,
    ApproveDraft,
    Cell,
    Draft,
    DraftState,
    UnderWay,
    WithdrawDraft,
)
from changliao.core.clock import NEVER, SECOND, Instant
from changliao.core.ids import MerchantId, PaymentId, PolicyDraftId
from changliao.core.money import CNY
from changliao.core.orders import OrderState, Scene
from changliao.core.outcome import Reason
from changliao.core.parties import Merchant
from changliao.core.paycodes import ChargeCode
from changliao.operations import acceptance, baskets, orders, paycodes
from changliao.operations.operation import Operation
from changliao.store.parties import MERCHANTS
from tests.operations.test_baskets import a_basket
from tests.world import World, refused

TAKE_ON: Operation[Merchant, None] = Operation(
    "tests.take_on", lambda tx, merchant, now: tx.insert(MERCHANTS, merchant), lambda _: ()
)
PC = 4


def known(world: World, merchant_id: MerchantId) -> MerchantId:
    number = f"{merchant_id % 10**10:010d}"
    merchant = Merchant(merchant_id, number, "platform", 0, b"", world.now)
    world.do(TAKE_ON, merchant)
    return merchant_id


def a_draft(world: World, *cells: Cell, **changes: Any) -> Draft:
    fields: dict[str, Any] = {
        "id": PolicyDraftId(world.ids.new()),
        "platform_id": known(world, world.merchant),
        "cells": cells or (Cell(OWN_METHOD, PC, Accepting.SUSPENDED),),
        "starts_at": NEVER,
        "ends_at": NEVER,
        "under_way": UnderWay.FINISH,
        "reason": "安全检查",
        "drafted_by": "mbr_000000000000A",
    }
    return Draft(**(fields | changes))


def switch(world: World, *cells: Cell, **changes: Any) -> Instant:
    """An approved change; when it begins."""
    made = world.do(acceptance.DRAFT, a_draft(world, *cells, **changes))
    assert isinstance(made, Draft), made
    approved = world.do(acceptance.APPROVE, ApproveDraft(made.id, "mbr_000000000000B"))
    assert isinstance(approved, Draft), approved
    return approved.starts_at


def test_every_attempt_from_the_stated_moment_on_is_refused_and_none_before(world: World) -> None:
    payer = world.user(100_000)
    early = [world.place() for _ in range(5)]
    starts_at = switch(world, under_way=UnderWay.STOP)
    assert starts_at == world.now + LEAD
    world.now = Instant(starts_at - 1)
    assert world.pay(early[0], payer).state is OrderState.PAID
    late = world.place()
    world.now = starts_at
    before = world.rows()
    for order in (*early[1:], late):
        assert refused(world.pay(order, payer), Reason.METHOD_SUSPENDED)
    after = world.rows()
    # The tries are kept with their answer; nothing else changed.
    assert [row[4] for row in after.pop("payments")].count("method_suspended") == 5
    before.pop("payments")
    assert after == before
    assert world.balance(chart.wallet(payer, CNY)) == 99_000


def test_a_refused_try_gets_the_same_answer_again(world: World) -> None:
    payer, order = world.user(1_000), world.place()
    world.now = switch(world, under_way=UnderWay.STOP)
    payment = world.a_payment(order, payer)
    for _ in range(2):
        assert refused(world.do(orders.PAY, payment), Reason.METHOD_SUSPENDED)


def test_what_was_begun_before_finishes_and_nothing_new_begins(world: World) -> None:
    payer, order = world.user(10_000), world.place()
    world.now = Instant(switch(world) + SECOND)
    assert refused(world.do(orders.PLACE, world.an_order()), Reason.METHOD_SUSPENDED)
    assert world.pay(order, payer).state is OrderState.PAID


def test_a_placed_order_is_found_again_while_its_method_is_off(world: World) -> None:
    placing = world.an_order()
    first = world.do(orders.PLACE, placing)
    world.now = Instant(switch(world) + SECOND)
    assert world.do(orders.PLACE, placing).id == first.id


def test_counters_and_baskets_obey_the_same_rule(world: World) -> None:
    basket = a_basket(world)
    world.now = Instant(
        switch(world, *(Cell(OWN_METHOD, t, Accepting.BANNED) for t in range(1, 6))) + SECOND
    )
    assert refused(world.do(baskets.PLACE, basket), Reason.METHOD_BANNED)
    code = world.do(paycodes.MAKE, paycodes.new_code(world.user(10_000), world.now))
    charge = ChargeCode(world.an_order(), code.number, PaymentId(world.ids.new()))
    assert refused(world.do(paycodes.CHARGE, charge), Reason.METHOD_BANNED)


def test_a_service_provider_is_the_platform_of_what_it_places(world: World) -> None:
    store = MerchantId(world.ids.new())
    payer = world.user(10_000)
    sold = world.place(merchant_id=store, partner_id=world.merchant)
    own = world.place(merchant_id=store)
    world.now = switch(world, under_way=UnderWay.STOP)
    assert refused(world.pay(sold, payer), Reason.METHOD_SUSPENDED)
    assert world.pay(own, payer).state is OrderState.PAID


def test_payments_say_by_which_method_and_on_which_terminal(world: World) -> None:
    payer, order = world.user(10_000), world.place()
    world.pay(order, payer)
    assert [row[5:7] for row in world.rows()["payments"]] == [(OWN_METHOD, PC)]


def test_one_batch_may_bring_a_switch_and_payments_before_it(world: World) -> None:
    made = world.do(acceptance.DRAFT, a_draft(world, under_way=UnderWay.STOP))
    payer, order, late = world.user(10_000), world.place(), world.place()
    approval = (acceptance.APPROVE, ApproveDraft(made.id, "mbr_000000000000B"))
    first, second = world.batch([approval, (orders.PAY, world.a_payment(order, payer))])
    assert (first.state, second.state) == (DraftState.APPROVED, OrderState.PAID)
    world.now = first.starts_at
    assert refused(world.pay(late, payer), Reason.METHOD_SUSPENDED)


def test_two_approvals_of_one_platform_in_one_batch_are_both_kept(world: World) -> None:
    first = world.do(acceptance.DRAFT, a_draft(world, Cell(OWN_METHOD, 1, Accepting.BANNED)))
    other = (Cell(OWN_METHOD, 2, Accepting.BANNED),)
    second = world.do(
        acceptance.DRAFT, replace(first, id=PolicyDraftId(world.ids.new()), cells=other)
    )
    done = world.batch(
        [(acceptance.APPROVE, ApproveDraft(one.id, "mbr_000000000000B")) for one in (second, first)]
    )
    assert [one.state for one in done] == [DraftState.APPROVED] * 2
    assert len(world.rows()["acceptances"]) == 1
    world.audit()
    world.now = Instant(world.now + LEAD)
    for scene in (Scene.APP, Scene.JSAPI):
        order = world.an_order(scene=scene)
        assert refused(world.do(orders.PLACE, order), Reason.METHOD_BANNED)


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (ApproveDraft(PolicyDraftId(5), "mbr_000000000000B"), Reason.POLICY_NOT_FOUND),
        (WithdrawDraft(PolicyDraftId(5), "mbr_000000000000B"), Reason.POLICY_NOT_FOUND),
    ],
)
def test_a_draft_that_nobody_made_is_not_found(world: World, command: Any, reason: Reason) -> None:
    operation: Any = acceptance.APPROVE
    if isinstance(command, WithdrawDraft):
        operation = acceptance.WITHDRAW
    assert refused(world.do(operation, command), reason)


def test_refused_drafts_and_approvals_change_nothing(world: World) -> None:
    made = world.do(acceptance.DRAFT, a_draft(world))
    unknown = replace(made, id=PolicyDraftId(world.ids.new()), platform_id=MerchantId(3))
    before = world.rows()
    assert refused(world.do(acceptance.DRAFT, unknown), Reason.MERCHANT_NOT_FOUND)
    wrong = replace(
        made, id=PolicyDraftId(world.ids.new()), cells=(Cell(99, PC, Accepting.BANNED),)
    )
    assert refused(world.do(acceptance.DRAFT, wrong), Reason.METHOD_UNKNOWN)
    own = ApproveDraft(made.id, "mbr_000000000000A")
    assert refused(world.do(acceptance.APPROVE, own), Reason.POLICY_SELF_APPROVAL)
    assert world.rows() == before
