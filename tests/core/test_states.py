"""State machines are total: every state answers every event."""

from itertools import product

import pytest

from changliao.core.authorizations import TRANSITIONS as AUTHORIZATION_TRANSITIONS
from changliao.core.authorizations import AuthorizationEvent, AuthorizationState
from changliao.core.budgets import TRANSITIONS as BUDGET_TRANSITIONS
from changliao.core.budgets import BudgetEvent, BudgetState
from changliao.core.channels import TRANSITIONS as CHANNEL_TRANSITIONS
from changliao.core.channels import RequestEvent, RequestState
from changliao.core.discounts import COUPON_TRANSITIONS, CouponEvent, CouponState
from changliao.core.disputes import TRANSITIONS as DISPUTE_TRANSITIONS
from changliao.core.disputes import DisputeEvent, DisputeState
from changliao.core.groupbills import TRANSITIONS as GROUP_BILL_TRANSITIONS
from changliao.core.groupbills import GroupBillEvent, GroupBillState
from changliao.core.ledger import PENDING_TRANSITIONS, PendingEvent, PendingState
from changliao.core.mergers import TRANSITIONS as MERGER_TRANSITIONS
from changliao.core.mergers import MergerEvent, MergerState
from changliao.core.orders import TRANSITIONS, OrderEvent, OrderState
from changliao.core.outcome import Reason
from changliao.core.packets import TRANSITIONS as PACKET_TRANSITIONS
from changliao.core.packets import PacketEvent, PacketState
from changliao.core.payouts import TRANSITIONS as PAYOUT_TRANSITIONS
from changliao.core.payouts import PayoutEvent, PayoutState
from changliao.core.refunds import REFUND_TRANSITIONS, RefundEvent, RefundState


@pytest.mark.parametrize(
    ("table", "states", "events"),
    [
        (TRANSITIONS, OrderState, OrderEvent),
        (REFUND_TRANSITIONS, RefundState, RefundEvent),
        (AUTHORIZATION_TRANSITIONS, AuthorizationState, AuthorizationEvent),
        (BUDGET_TRANSITIONS, BudgetState, BudgetEvent),
        (COUPON_TRANSITIONS, CouponState, CouponEvent),
        (CHANNEL_TRANSITIONS, RequestState, RequestEvent),
        (DISPUTE_TRANSITIONS, DisputeState, DisputeEvent),
        (GROUP_BILL_TRANSITIONS, GroupBillState, GroupBillEvent),
        (MERGER_TRANSITIONS, MergerState, MergerEvent),
        (PACKET_TRANSITIONS, PacketState, PacketEvent),
        (PAYOUT_TRANSITIONS, PayoutState, PayoutEvent),
        (PENDING_TRANSITIONS, PendingState, PendingEvent),
    ],
)
def test_every_state_answers_every_event(table, states, events):
    assert set(table) == set(product(states, events))
    assert all(isinstance(answer, (states, Reason)) for answer in table.values())


def test_nothing_pays_or_reopens_a_closed_or_paid_order():
    for state in (OrderState.PAID, OrderState.CLOSED):
        assert isinstance(TRANSITIONS[state, OrderEvent.PAY], Reason)
        for event in OrderEvent:
            assert TRANSITIONS[state, event] is not OrderState.OPEN
