"""A passkey in the place of the PIN: every command takes an answer for itself, once."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from changliao.core import chart
from changliao.core.channels import AskChannel, RequestKind
from changliao.core.clock import Instant
from changliao.core.confirmations import Act, Confirmation, PermitPasskey
from changliao.core.credentials import Credential, CredentialKind
from changliao.core.ids import UserId
from changliao.core.money import CNY
from changliao.core.nonces import Nonce
from changliao.core.orders import Hold
from changliao.core.outcome import Reason, Refused
from changliao.core.packets import GivePacket
from changliao.core.passkeys import AddPasskey, Assertion, Passkey, RemovePasskey, UsePasskey
from changliao.operations import (
    authorizations,
    baskets,
    channels,
    groupbills,
    orders,
    packets,
    settling,
)
from changliao.operations import credentials as secrets
from changliao.operations import wallet as wallets
from changliao.operations.confirmations import PERMIT
from changliao.operations.operation import Operation
from changliao.operations.passkeys import ADD, REMOVE
from changliao.operations.settling import ConfirmReceipt
from tests.operations import test_authorizations as freezes
from tests.operations import test_baskets as together
from tests.operations import test_channels as banks
from tests.operations import test_groupbills as friends
from tests.operations import test_packets as gifts
from tests.operations import test_wallet as people
from tests.world import World, refused

Asked = tuple[Operation[Any, Any], Any]


class Device:
    """A passkey of somebody's, permitted unless said otherwise."""

    def __init__(self, world: World, owner: UserId, *, permitted: bool = True) -> None:
        self.world, self.owner, self.count = world, owner, 0
        self.credential = b"passkey of %d" % owner
        made = Passkey(self.credential, owner, "phone", b"key", 0, world.now)
        added = world.do(ADD, AddPasskey(made, self._nonce()))
        assert added == made
        if permitted:
            assert self.permit() != made

    def permit(self, *, right: bool = True, on: bool = True) -> Any:
        proof = self.world.proof(right=right)
        return self.world.do(PERMIT, PermitPasskey(self.owner, self.credential, on, proof))

    def answer(self, act: Act, **changes: Any) -> Confirmation:
        self.count += 1
        assertion = Assertion(self.credential, self.count, self._nonce())
        use = UsePasskey(changes.get("owner", self.owner), assertion)
        return Confirmation(act, use)

    def _nonce(self) -> Nonce:
        return Nonce(self.owner, b"%032d" % self.world.ids.new(), b"", self.world.now)


def _payment(world: World, user: UserId) -> Asked:
    return orders.PAY, world.a_payment(world.place(), user)


def _basket(world: World, user: UserId) -> Asked:
    filled = world.do(baskets.PLACE, together.a_basket(world, 900, 100))
    return baskets.PAY, together.a_payment(world, filled, user)


def _transfer(world: World, user: UserId) -> Asked:
    return wallets.TRANSFER, people.a_transfer(world, user, world.user(), 1_000)


def _packet(world: World, user: UserId) -> Asked:
    return packets.GIVE, GivePacket(gifts.a_packet(world, user))


def _withdrawal(world: World, user: UserId) -> Asked:
    home = chart.wallet(user, CNY)
    return channels.ASK, AskChannel(banks.a_request(world, home, RequestKind.PAYOUT))


def _share(world: World, user: UserId) -> Asked:
    bill = friends.ask(world, world.user(), 2_000, shares=2)
    return groupbills.PAY, friends.a_share(world, bill, user, 1_000)


def _freeze(world: World, user: UserId) -> Asked:
    return authorizations.FREEZE, freezes.freezing(world, freezes.request(world, 1_000), user)


def _receipt(world: World, user: UserId) -> Asked:
    order = world.place(hold=Hold.RECEIPT)
    assert world.pay(order, user).payer_id == user
    return settling.CONFIRM, ConfirmReceipt(order.merchant_id, order.id, user)


WAYS: dict[str, Callable[[World, UserId], Asked]] = {
    "payment": _payment,
    "basket": _basket,
    "transfer": _transfer,
    "red packet": _packet,
    "withdrawal": _withdrawal,
    "part of a bill": _share,
    "freeze": _freeze,
    "receipt": _receipt,
}


def other(command: Any) -> Act:
    """The act of a command that differs in the amount."""
    act: Act = command.act()
    return replace(act, amount=act.amount - 1)


@pytest.mark.parametrize("way", WAYS)
def test_an_answer_confirms_its_own_command_once(world: World, way: str) -> None:
    user = world.user(10_000)
    device = Device(world, user)
    operation, command = WAYS[way](world, user)
    before = world.rows()
    for wrong in (
        device.answer(other(command)),
        device.answer(replace(command.act(), id=5)),
        device.answer(replace(command.act(), subject="x")),
    ):
        assert refused(world.do(operation, replace(command, proof=wrong)), Reason.PASSKEY_WRONG)
    assert world.rows() == before
    right = device.answer(command.act())
    done = world.do(operation, replace(command, proof=right))
    assert not isinstance(done, Refused | Exception), done
    assert world.do(operation, replace(command, proof=right)) == _again(done)
    assert world.balance(chart.wallet(user, CNY)) == 9_000
    # The next command takes no answer that was given for this one.
    following, anew = WAYS[way](world, user)
    left = world.balance(chart.wallet(user, CNY))
    again = world.do(following, replace(anew, proof=right))
    assert refused(again, Reason.PASSKEY_WRONG)
    used = Confirmation(anew.act(), right.use)
    assert refused(world.do(following, replace(anew, proof=used)), Reason.PASSKEY_EXPIRED)
    assert world.balance(chart.wallet(user, CNY)) == left
    world.audit()


def _again(done: Any) -> Any:
    """A request to a channel is told once to be asked."""
    return replace(done, fresh=False) if hasattr(done, "fresh") else done


def test_a_passkey_confirms_only_while_its_owner_lets_it(world: World) -> None:
    user = world.user(10_000)
    device = Device(world, user, permitted=False)

    def send(amount: int = 100, **changes: Any) -> Any:
        command = people.a_transfer(world, user, payee, amount)
        answer = device.answer(command.act(), **changes)
        return world.do(wallets.TRANSFER, replace(command, proof=answer))

    payee = world.user()
    assert refused(send(), Reason.PASSKEY_NOT_PERMITTED)
    assert refused(device.permit(right=False), Reason.CREDENTIAL_WRONG)
    assert refused(send(), Reason.PASSKEY_NOT_PERMITTED)
    assert not isinstance(device.permit(), Refused)
    assert not isinstance(send(), Refused)
    assert refused(send(20_000), Reason.INSUFFICIENT_FUNDS)
    assert refused(send(owner=payee), Reason.PASSKEY_NOT_FOUND)
    device.permit(on=False)
    assert refused(send(), Reason.PASSKEY_NOT_PERMITTED)
    device.permit()
    world.now = Instant(world.now + 1)
    pin = Credential(user, CredentialKind.PIN, "another", world.now)
    world.do(secrets.SET, pin)
    assert refused(send(), Reason.PASSKEY_NOT_PERMITTED)
    assert not isinstance(device.permit(), Refused)
    assert not isinstance(send(), Refused)
    world.do(REMOVE, RemovePasskey(user, device.credential))
    assert refused(send(), Reason.PASSKEY_NOT_FOUND)
    assert refused(device.permit(), Reason.PASSKEY_NOT_FOUND)
    assert world.balance(chart.wallet(payee, CNY)) == 200
    world.audit()


def test_two_with_one_answer_move_once(world: World) -> None:
    """The same answer in two commands of one batch, each of which it would fit but for its id."""
    user, payee = world.user(10_000), world.user()
    device = Device(world, user)
    commands = [people.a_transfer(world, user, payee, 100) for _ in range(2)]
    one = device.answer(commands[0].act())
    both = [(wallets.TRANSFER, replace(each, proof=Confirmation(each.act(), one.use)))
            for each in commands]  # fmt: skip
    first, second = world.batch(both)
    assert not isinstance(first, Refused)
    assert refused(second, Reason.PASSKEY_EXPIRED)
    assert world.balance(chart.wallet(payee, CNY)) == 100
