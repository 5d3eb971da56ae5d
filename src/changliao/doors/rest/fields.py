"""The kinds of fields this API speaks: ids, money, times, addresses, each with its limits.

The limits are checked when a body is decoded and shown in the OpenAPI document: both read these
types. Units: amounts are minor units, times in answers RFC 3339 with Beijing's offset.
"""

from typing import Annotated, Final, Generic, Literal, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType

from changliao.core import clock, ids
from changliao.core.clock import Instant
from changliao.core.money import MAX_AMOUNT
from changliao.web.addresses import ADDRESS

T = TypeVar("T")
MOST_IN_PAGE: Final = 100
_DIGITS: Final = r"[0-7][0-9A-HJKMNP-TV-Z]{12}\Z"

AppNumber = Annotated[str, Meta(pattern=r"^[0-9A-Za-z]{4,32}\Z", examples=["wx2421b1c4370ec43b"])]
BasketIdText = Annotated[str, Meta(pattern=f"^bsk_{_DIGITS}", examples=["bsk_0SB09HB4C0000"])]
BudgetIdText = Annotated[str, Meta(pattern=f"^bdg_{_DIGITS}", examples=["bdg_0SB09HB4C0000"])]
ChannelCode = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,31}\Z", examples=["sandbox_bank"])]
ChannelRequestIdText = Annotated[str, Meta(pattern=f"^chr_{_DIGITS}")]
Count = Annotated[int, Meta(ge=0)]
CouponIdText = Annotated[str, Meta(pattern=f"^cpn_{_DIGITS}", examples=["cpn_0SB09HB4C0000"])]
CurrencyCode = Annotated[
    str, Meta(pattern=r"^[A-Z]{3}\Z", description="ISO 4217", examples=["CNY"])
]
CursorText = Annotated[
    str, Meta(pattern=f"^cur_{_DIGITS}", description="`next` of the page before")
]
Date = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z", examples=["2026-11-25"])]
DifferenceIdText = Annotated[str, Meta(pattern=f"^dif_{_DIGITS}", examples=["dif_0SB09HB4C0000"])]
DifferenceName = Literal["missing", "extra", "twice", "amount", "not_as_asked"]
DisputeIdText = Annotated[str, Meta(pattern=f"^dsp_{_DIGITS}", examples=["dsp_0SB09HB4C0000"])]
DraftIdText = Annotated[str, Meta(pattern=f"^drf_{_DIGITS}", examples=["drf_0SB09HB4C0000"])]
EventIdText = Annotated[str, Meta(pattern=f"^evt_{_DIGITS}", examples=["evt_0SB09HB4C0000"])]
FeeBps = Annotated[int, Meta(ge=0, le=10_000, description="Basis points of the amount")]
GroupBillIdText = Annotated[str, Meta(pattern=f"^gbl_{_DIGITS}", examples=["gbl_0SB09HB4C0000"])]
GroupShareIdText = Annotated[str, Meta(pattern=f"^gsh_{_DIGITS}")]
LegIdText = Annotated[str, Meta(pattern=f"^leg_{_DIGITS}")]
Limit = Annotated[int, Meta(ge=1, le=MOST_IN_PAGE, description="The most items in one page")]
MerchantIdText = Annotated[str, Meta(pattern=f"^mch_{_DIGITS}", examples=["mch_0SB09HAXG0000"])]
MethodCode = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,31}\Z", examples=["netbank"])]
MerchantNumber = Annotated[str, Meta(pattern=r"^[0-9]{8,12}\Z", examples=["1900000109"])]
MergerIdText = Annotated[str, Meta(pattern=f"^mrg_{_DIGITS}", examples=["mrg_0SB09HB4C0000"])]
Minor = Annotated[int, Meta(ge=1, le=MAX_AMOUNT, description="Minor units", examples=[1800])]
MinorSum = Annotated[int, Meta(description="Minor units")]
Moment = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
Name = Annotated[str, Meta(min_length=1, max_length=64)]
Version = Annotated[
    str,
    Meta(
        pattern=r"^[0-9a-f]{32}\Z", description="Sent as If-Match it stops a change on top of one"
    ),
]
OrderIdText = Annotated[str, Meta(pattern=f"^ord_{_DIGITS}", examples=["ord_0SB09HB4C0000"])]
AuthorizationIdText = Annotated[
    str, Meta(pattern=f"^ath_{_DIGITS}", examples=["ath_0SB09HB4C0000"])
]
PacketIdText = Annotated[str, Meta(pattern=f"^pkt_{_DIGITS}", examples=["pkt_0SB09HB4C0000"])]
PacketClaimIdText = Annotated[str, Meta(pattern=f"^pcl_{_DIGITS}", examples=["pcl_0SB09HB4C0000"])]
PaymentIdText = Annotated[str, Meta(pattern=f"^pay_{_DIGITS}", examples=["pay_0SB09HB4C0000"])]
PayoutIdText = Annotated[str, Meta(pattern=f"^pot_{_DIGITS}", examples=["pot_0SB09HB4C0000"])]
Pem = Annotated[str, Meta(min_length=1, max_length=16_384, description="PEM")]
Phone = Annotated[str, Meta(pattern=r"^\+?[0-9]{6,15}\Z", examples=["13800000001"])]
Reference = Annotated[str, Meta(min_length=1, max_length=64, examples=["A-1"])]
RefundIdText = Annotated[str, Meta(pattern=f"^rfd_{_DIGITS}", examples=["rfd_0SB09HB4C0000"])]
RefundProposalIdText = Annotated[
    str, Meta(pattern=f"^rfp_{_DIGITS}", examples=["rfp_0SB09HB4C0000"])
]
ReturnIdText = Annotated[str, Meta(pattern=f"^srt_{_DIGITS}", examples=["srt_0SB09HB4C0000"])]
RiskHitIdText = Annotated[str, Meta(pattern=f"^hit_{_DIGITS}", examples=["hit_0SB09HB4C0000"])]
RiskRuleIdText = Annotated[str, Meta(pattern=f"^rsk_{_DIGITS}", examples=["rsk_0SB09HB4C0000"])]
SettlementIdText = Annotated[str, Meta(pattern=f"^stl_{_DIGITS}", examples=["stl_0SB09HB4C0000"])]
ShareIdText = Annotated[str, Meta(pattern=f"^shr_{_DIGITS}", examples=["shr_0SB09HB4C0000"])]
Text128 = Annotated[str, Meta(max_length=128)]
TopUpIdText = Annotated[str, Meta(pattern=f"^top_{_DIGITS}", examples=["top_0SB09HB4C0000"])]
TopUpRefundIdText = Annotated[str, Meta(pattern=f"^tur_{_DIGITS}", examples=["tur_0SB09HB4C0000"])]
TransferIdText = Annotated[str, Meta(pattern=f"^trf_{_DIGITS}", examples=["trf_0SB09HB4C0000"])]
Url = Annotated[
    str,
    Meta(max_length=255, pattern=rf"^{ADDRESS}\Z", examples=["https://shop.example/paid"]),
]
UserIdText = Annotated[str, Meta(pattern=f"^usr_{_DIGITS}", examples=["usr_0SB09HB4C0000"])]
WithdrawalIdText = Annotated[str, Meta(pattern=f"^wdl_{_DIGITS}", examples=["wdl_0SB09HB4C0000"])]


class Nothing(Struct, frozen=True):
    """No body, or no query."""


class Page(Struct, Generic[T], frozen=True):
    """Some of a list. Only a missing `next` says that it is the last page: pages may be short."""

    data: list[T]
    next: CursorText | UnsetType = UNSET


def show_cursor(last: int) -> str:
    """The cursor of the page after this item."""
    return ids.show("cur", last)


def page(shown: list[T], numbers: list[int], limit: int) -> Page[T]:
    """A page from what was asked for with one item more than the limit, and their ids."""
    if len(shown) <= limit:
        return Page(shown)
    return Page(shown[:limit], show_cursor(numbers[limit - 1]))


def moment(instant: Instant) -> str:
    """A time as answers show it."""
    return clock.to_rfc3339(instant)
