"""What a merchant says of an order is kept once, and moves nothing."""

from typing import Any

from changliao.core.clock import Instant
from changliao.core.fulfilments import Fulfilment
from changliao.core.ids import OrderId
from changliao.core.outcome import Reason
from changliao.operations import fulfilments
from changliao.store.views import fulfilments as views
from tests.world import refused


def test_what_was_said_first_stands(world: Any) -> None:
    order = world.place(1_000)
    said = Fulfilment(world.merchant, order.id, "f1", "CREDIT_AUTH", "COMPLETE", Instant(5))
    other = Fulfilment(world.merchant, order.id, "f1", "CREDIT_AUTH", "CANCEL", Instant(6))
    assert world.do(fulfilments.KEEP, said) == said
    assert world.do(fulfilments.KEEP, other) == said
    again = Fulfilment(world.merchant, order.id, "f2", "CREDIT_DEDUCT", "", Instant(4))
    assert world.batch([(fulfilments.KEEP, again)] * 2) == [again, again]
    with world.engine.reader() as reader:
        assert views.of_order(reader, world.merchant, order.id, 9) == [again, said]
    nobody = Fulfilment(world.merchant, OrderId(7), "f1", "CREDIT_AUTH", "", Instant(5))
    assert refused(world.do(fulfilments.KEEP, nobody), Reason.ORDER_NOT_FOUND)
