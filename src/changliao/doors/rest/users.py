"""Users over REST, for the operator of the wallets."""

from typing import Annotated, Any, Final

from msgspec import UNSET, Meta, Struct, UnsetType

from changliao.core import chart, ids
from changliao.core.credentials import CredentialKind
from changliao.core.ids import UserId
from changliao.core.outcome import Reason, Refused
from changliao.core.parties import User
from changliao.doors.rest.call import Call, Door, perform, read_id
from changliao.doors.rest.endpoint import Endpoint, Who
from changliao.doors.rest.errors import refusal
from changliao.doors.rest.fields import (
    CurrencyCode,
    CursorText,
    Limit,
    MinorSum,
    Moment,
    Name,
    Nothing,
    Page,
    Phone,
    UserIdText,
    moment,
    page,
)
from changliao.operations.parties import SIGN_UP, SignUp
from changliao.store.views import ledger, parties


class NewUser(Struct, frozen=True, forbid_unknown_fields=True):
    """A person. One without password and PIN pays only on the operator's word."""

    phone: Phone
    name: Name
    password: Annotated[str, Meta(min_length=8, max_length=128)] | None = None
    pin: Annotated[str, Meta(pattern=r"^[0-9]{6}\Z")] | None = None


class BalanceShown(Struct, frozen=True):
    """Money in one currency. `available` is what may be spent: the rest is reserved."""

    currency: CurrencyCode
    balance: MinorSum
    available: MinorSum


class UserShown(Struct, frozen=True):
    """A user. `balances` are shown with one user, not in lists."""

    id: UserIdText
    phone: str
    name: str
    created_at: Moment
    balances: list[BalanceShown] | UnsetType = UNSET


class UsersQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """`phone` finds the one user with this number."""

    phone: Phone | None = None
    cursor: CursorText | None = None
    limit: Limit = 50


async def sign_up(door: Door, call: Call[NewUser, Nothing]) -> Any:
    """Open a wallet."""
    form, network = call.form, door.network
    now = network.clock()
    user = User(UserId(network.ids.new()), form.phone, form.name, now)
    given = [(CredentialKind.PASSWORD, form.password), (CredentialKind.PIN, form.pin)]
    hashed = await network.in_thread(
        lambda: tuple(
            network.secrets.hash(user.id, kind, secret, now)
            for kind, secret in given
            if secret is not None
        )
    )
    return await perform(door, call, SIGN_UP, SignUp(user, hashed), show_user)


async def show(door: Door, call: Call[Nothing, Nothing]) -> UserShown:
    """Show a user and every balance."""
    user_id = await find(door, call)
    user = await door.network.read(parties.user, user_id)
    if user is None:
        raise refusal(Refused(Reason.USER_NOT_FOUND))
    accounts = await door.network.read(ledger.wallets_of, user_id)
    balances = [
        BalanceShown(chart.currency(one.id).code, one.balance, one.spendable) for one in accounts
    ]
    return show_user(user, balances)


async def search(door: Door, call: Call[Nothing, UsersQuery]) -> Page[UserShown]:
    """List users, newest first."""
    asked = call.query
    if asked.phone is not None:
        one = await door.network.read(parties.user_by_phone, asked.phone)
        return Page([show_user(one)] if one else [])
    before = read_id("cur", asked.cursor) if asked.cursor else ids.NEWEST
    found = await door.network.read(parties.users, before, asked.limit + 1)
    return page([show_user(one) for one in found], [one.id for one in found], asked.limit)


async def find(door: Door, call: Call[Any, Any]) -> UserId:
    """The user in the path. Raises Problem 404."""
    user_id = UserId(read_id("usr", call.path["user_id"]))
    if await door.network.read(parties.user, user_id) is None:
        raise refusal(Refused(Reason.USER_NOT_FOUND))
    return user_id


def show_user(user: User, balances: list[BalanceShown] | UnsetType = UNSET) -> UserShown:
    """A user as this API shows it."""
    return UserShown(
        ids.show("usr", user.id), user.phone, user.name, moment(user.created_at), balances
    )


ENDPOINTS: Final = (
    Endpoint(
        "POST", "/users", sign_up, Who.OPERATOR, NewUser, Nothing, UserShown, 201,
        (Reason.PHONE_TAKEN,),
    ),
    Endpoint("GET", "/users", search, Who.OPERATOR, Nothing, UsersQuery, Page[UserShown]),
    Endpoint(
        "GET", "/users/{user_id}", show, Who.OPERATOR, Nothing, Nothing, UserShown, 200,
        (Reason.USER_NOT_FOUND,),
    ),
)  # fmt: skip
