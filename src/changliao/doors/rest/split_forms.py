"""What profit sharing over REST takes and shows."""

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from changliao.core import ids
from changliao.core.ids import made_at
from changliao.core.splits import (
    MOST_RECEIVERS,
    Part,
    PartyKind,
    Receiver,
    ReceiverState,
    Return,
    Share,
    Sharing,
)
from changliao.doors.rest.fields import (
    Count,
    FeeBps,
    MerchantIdText,
    Minor,
    Moment,
    OrderIdText,
    Reference,
    ReturnIdText,
    ShareIdText,
    UserIdText,
    moment,
)
from changliao.web.addresses import ADDRESS

Description = Annotated[str, Meta(max_length=80)]
Address = Annotated[str, Meta(max_length=255, pattern=rf"^({ADDRESS})?\Z")]


class SharingChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What is left out stays as it is."""

    ratio_bps: FeeBps | None = None
    notify_url: Address | None = None


class SharingShown(Struct, frozen=True):
    """At most `ratio_bps` of an order may be shared. `notify_url` hears of what is received."""

    merchant_id: MerchantIdText
    ratio_bps: FeeBps
    notify_url: str


class PartyForm(Struct, frozen=True, forbid_unknown_fields=True):
    """A merchant or a user."""

    merchant_id: MerchantIdText | None = None
    user_id: UserIdText | None = None


class ReceiverForm(PartyForm, frozen=True, forbid_unknown_fields=True):
    """Who may receive shares, and what they are to the merchant."""

    relation: Annotated[str, Meta(min_length=1, max_length=32)] = "PARTNER"


class ReceiverShown(Struct, frozen=True):
    """Who may receive shares of whom, while it is `active`."""

    owner_id: MerchantIdText
    relation: str
    active: bool
    merchant_id: MerchantIdText | UnsetType = UNSET
    user_id: UserIdText | UnsetType = UNSET


class PartForm(PartyForm, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What one receiver is to get."""

    amount: Minor
    description: Description = ""


class NewShare(Struct, frozen=True, forbid_unknown_fields=True):
    """A share of a held order. Without receivers only together with `release`."""

    reference: Reference
    receivers: Annotated[list[PartForm], Meta(max_length=MOST_RECEIVERS)] = []
    release: bool = False


class PartShown(Struct, frozen=True):
    """What one receiver got; `returned` of it came back."""

    amount: Minor
    returned: Count
    description: str
    merchant_id: MerchantIdText | UnsetType = UNSET
    user_id: UserIdText | UnsetType = UNSET


class SplitShown(Struct, frozen=True):
    """A share as made. `released` went to the merchant itself."""

    id: ShareIdText
    order_id: OrderIdText
    merchant_id: MerchantIdText
    reference: str
    receivers: list[PartShown]
    released: Count
    created_at: Moment


class NewReturn(Struct, frozen=True, forbid_unknown_fields=True):
    """What a merchant that received gives back."""

    reference: Reference
    merchant_id: MerchantIdText
    amount: Minor
    description: Description = ""


class ReturnShown(Struct, frozen=True):
    """What came back of a share, and from whom."""

    id: ReturnIdText
    share_id: ShareIdText
    merchant_id: MerchantIdText
    receiver_id: MerchantIdText
    reference: str
    amount: Minor
    created_at: Moment


class ShareReceipt(Struct, frozen=True):
    """What a receiver is told. `returned`: this came back; else it was received."""

    share_id: ShareIdText
    order_id: OrderIdText
    merchant_id: MerchantIdText
    receiver_id: MerchantIdText
    amount: Minor
    description: str
    at: Moment
    return_id: ReturnIdText | UnsetType = UNSET


def show_terms(known: Sharing) -> SharingShown:
    """How a merchant may share."""
    return SharingShown(ids.show("mch", known.merchant_id), known.ratio_bps, known.notify_url)


def show_receiver(known: Receiver) -> ReceiverShown:
    """A relation."""
    return ReceiverShown(
        owner_id=ids.show("mch", known.merchant_id),
        relation=known.relation,
        active=known.state is ReceiverState.ACTIVE,
        **_named(known.kind, known.party_id),
    )


def show_share(known: Share, parts: tuple[Part, ...]) -> SplitShown:
    """A share with what each receiver got."""
    return SplitShown(
        id=ids.show("shr", known.id),
        order_id=ids.show("ord", known.order_id),
        merchant_id=ids.show("mch", known.merchant_id),
        reference=known.reference,
        receivers=[
            PartShown(one.amount, one.returned, one.description, **_named(one.kind, one.party_id))
            for one in parts
        ],
        released=known.released,
        created_at=moment(made_at(known.id)),
    )


def show_return(known: Return) -> ReturnShown:
    """What came back."""
    return ReturnShown(
        id=ids.show("srt", known.id),
        share_id=ids.show("shr", known.share_id),
        merchant_id=ids.show("mch", known.merchant_id),
        receiver_id=ids.show("mch", known.receiver_id),
        reference=known.reference,
        amount=known.amount,
        created_at=moment(made_at(known.id)),
    )


def show_receipt(share: Share, part: Part, returned: Return | None) -> ShareReceipt:
    """A fact for the receiver."""
    return ShareReceipt(
        share_id=ids.show("shr", share.id),
        order_id=ids.show("ord", share.order_id),
        merchant_id=ids.show("mch", share.merchant_id),
        receiver_id=ids.show("mch", part.party_id),
        amount=returned.amount if returned else part.amount,
        description=returned.description if returned else part.description,
        at=moment(made_at(returned.id if returned else share.id)),
        return_id=ids.show("srt", returned.id) if returned else UNSET,
    )


def _named(kind: PartyKind, party_id: int) -> dict[str, Any]:
    if kind is PartyKind.MERCHANT:
        return {"merchant_id": ids.show("mch", party_id)}
    return {"user_id": ids.show("usr", party_id)}
