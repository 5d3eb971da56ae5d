"""A forgotten PIN: what may be done while it is being reset, by whom it ends, and when."""

from typing import Any

import pytest

from changliao.core import chart
from changliao.core.clock import DAY, Instant
from changliao.core.credentials import RESET_WAITS, Credential, CredentialKind, Proof
from changliao.core.ids import TransferId, UserId
from changliao.core.money import CNY, Money
from changliao.core.nonces import Nonce
from changliao.core.outcome import Reason
from changliao.core.passkeys import AddPasskey, Assertion, Passkey, UsePasskey
from changliao.core.wallet import TransferMoney, WalletTransfer
from changliao.operations import credentials, passkeys, paycodes, wallet
from changliao.operations.credentials import ChangeCredential
from changliao.operations.pin_resets import (
    ASK,
    CANCEL,
    RESET,
    AskReset,
    CancelReset,
    ResetPin,
)
from tests.world import World, refused


class Owner:
    """Somebody with a password, a PIN, money and one who waits for some of it."""

    def __init__(self, world: World) -> None:
        self.world, self.set_at = world, world.now
        self.id, self.payee = world.user(1000), world.user()
        password = Credential(self.id, CredentialKind.PASSWORD, "hash", world.now)
        world.do(credentials.SET, password)

    def proof(self, *, right: bool = True) -> Proof:
        return Proof(right, self.set_at)

    def ask(self, *, right: bool = True) -> Any:
        return self.world.do(ASK, AskReset(self.id, self.proof(right=right)))

    def reset(self, passkey: UsePasskey | None = None, *, right: bool = True) -> Any:
        pin = Credential(self.id, CredentialKind.PIN, "new", self.world.now)
        return self.world.do(RESET, ResetPin(pin, self.proof(right=right), passkey))

    def send(self, set_at: Instant | None = None) -> Any:
        amount = Money(100, CNY)
        moved = WalletTransfer(TransferId(self.world.ids.new()), self.id, self.payee, amount)
        proof = Proof(True, set_at or self.set_at)
        return self.world.do(wallet.TRANSFER, TransferMoney(moved, proof))

    def pay_code(self) -> Any:
        return self.world.do(paycodes.MAKE, paycodes.new_code(self.id, self.world.now))


@pytest.fixture
def owner(world: World) -> Owner:
    return Owner(world)


def test_nothing_leaves_the_wallet_meanwhile_and_cancelling_gives_the_pin_back(
    owner: Owner, world: World
) -> None:
    assert owner.ask().reset_at == world.now + RESET_WAITS
    before = world.rows()
    for outcome in (owner.send(), owner.pay_code(), owner.reset()):
        assert isinstance(outcome.reason, Reason)
        assert outcome.reason in (Reason.PIN_RESET_WAITING, Reason.PIN_RESET_NOT_OPEN)
    assert world.rows() == before
    # What others send comes in.
    world.top_up(owner.id, 50)
    assert world.balance(chart.wallet(owner.id, CNY)) == 1050
    assert not world.do(CANCEL, CancelReset(owner.id)).reset_at
    assert not world.do(CANCEL, CancelReset(owner.id)).reset_at
    assert isinstance(owner.send(), WalletTransfer)
    assert not refused(owner.pay_code(), Reason.PIN_RESET_WAITING)
    world.now = Instant(world.now + RESET_WAITS)
    assert refused(owner.reset(), Reason.PIN_RESET_NOT_OPEN)


def test_after_the_wait_the_password_sets_another_pin_once(owner: Owner, world: World) -> None:
    owner.ask()
    world.now = Instant(world.now + RESET_WAITS)
    assert refused(owner.send(), Reason.PIN_RESET_WAITING)
    assert refused(owner.reset(right=False), Reason.CREDENTIAL_WRONG)
    made = owner.reset()
    assert (made.hash, made.reset_at) == ("new", 0)
    assert refused(owner.send(), Reason.CREDENTIAL_WRONG)
    assert isinstance(owner.send(made.set_at), WalletTransfer)
    assert refused(owner.reset(), Reason.PIN_RESET_NOT_OPEN)


def test_asking_needs_the_password_and_its_tries_count(owner: Owner, world: World) -> None:
    for _ in range(4):
        assert refused(owner.ask(right=False), Reason.CREDENTIAL_WRONG)
    assert refused(owner.ask(right=False), Reason.CREDENTIAL_LOCKED)
    assert refused(owner.ask(), Reason.CREDENTIAL_LOCKED)
    assert isinstance(owner.send(), WalletTransfer)
    nobody = UserId(world.ids.new())
    assert refused(world.do(CANCEL, CancelReset(nobody)), Reason.USER_NOT_FOUND)


def test_another_password_takes_the_wish_back(owner: Owner, world: World) -> None:
    owner.ask()
    password = Credential(owner.id, CredentialKind.PASSWORD, "another", world.now)
    change = ChangeCredential(password, owner.proof(), b"")
    assert world.do(credentials.CHANGE, change) is None
    assert isinstance(owner.send(), WalletTransfer)
    world.now = Instant(world.now + RESET_WAITS)
    assert refused(owner.reset(), Reason.PIN_RESET_NOT_OPEN)


def test_an_old_passkey_saves_the_wait_and_a_new_one_does_not(owner: Owner, world: World) -> None:
    passkey = Passkey(b"credential", owner.id, "phone", b"", 0, world.now)

    def challenge(number: int) -> Nonce:
        return Nonce(0, b"%032d" % number, b"", world.now)

    def answer(number: int) -> UsePasskey:
        return UsePasskey(owner.id, Assertion(passkey.credential, number, challenge(number)))

    world.do(passkeys.ADD, AddPasskey(passkey, challenge(1)))
    assert refused(owner.reset(answer(2)), Reason.PIN_RESET_NOT_OPEN)
    world.now = Instant(world.now + DAY)
    # Another person's passkey resets nothing: whoever sends it is not its owner.
    other = Owner(world)
    theirs = UsePasskey(other.id, answer(3).assertion)
    assert refused(other.reset(theirs), Reason.PASSKEY_NOT_FOUND)
    assert refused(owner.reset(answer(4), right=False), Reason.CREDENTIAL_WRONG)
    made = owner.reset(answer(5))
    assert isinstance(made, Credential)
    assert refused(owner.reset(answer(5)), Reason.PASSKEY_EXPIRED)
    assert isinstance(owner.send(made.set_at), WalletTransfer)


def test_a_locked_pin_is_free_again_once_it_is_reset(owner: Owner, world: World) -> None:
    for _ in range(5):
        owner.world.do(
            credentials.CHECK,
            credentials.CheckCredential(owner.id, CredentialKind.PIN, Proof(False, owner.set_at)),
        )
    assert refused(owner.send(), Reason.CREDENTIAL_LOCKED)
    owner.ask()
    world.now = Instant(world.now + RESET_WAITS)
    made = owner.reset()
    assert isinstance(owner.send(made.set_at), WalletTransfer)
