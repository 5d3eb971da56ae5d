"""Reading users, merchants, apps and keys."""

from collections.abc import Iterable

from msgspec import Struct

from changliao.core.clock import Instant
from changliao.core.credentials import Credential, CredentialKind
from changliao.core.ids import MerchantId, UserId
from changliao.core.parties import App, Key, Merchant, Partnership, User
from changliao.store.engine import Reader
from changliao.store.parties import (
    MOST_SESSIONS,
    Session,
    app_from_row,
    credential_from_row,
    key_from_row,
    merchant_from_row,
    session_from_row,
    user_from_row,
)


class PlatformKey(Struct, frozen=True):
    """A key pair the network signs with; the private key is sealed."""

    serial: str
    private_key: bytes
    certificate: bytes
    starts_at: Instant
    ends_at: Instant


def merchant(reader: Reader, merchant_id: int) -> Merchant | None:
    """By our own id."""
    rows = reader.select("merchant_by_id", {"merchant_id": merchant_id})
    return merchant_from_row(rows[0]) if rows else None


def merchant_by_number(reader: Reader, number: str) -> Merchant | None:
    """By the protocol's number."""
    rows = reader.select("merchant_by_number", {"number": number})
    return merchant_from_row(rows[0]) if rows else None


def merchants(reader: Reader, after: int, most: int) -> list[Merchant]:
    """A page in the order in which they came."""
    rows = reader.select("merchants_list", {"after": after, "most": most})
    return [merchant_from_row(row) for row in rows]


def matching(reader: Reader, text: str, after: int, most: int) -> list[Merchant]:
    """A page of those with the number, or with the text in their name; no text is everybody."""
    plain = "".join(f"!{one}" if one in "!%_" else one for one in text)
    keys = {"text": text, "pattern": f"%{plain}%", "after": after, "most": most}
    return [merchant_from_row(row) for row in reader.select("merchants_matching", keys)]


def called(reader: Reader, owners: Iterable[int]) -> tuple[list[Merchant], list[User]]:
    """Those of these ids who are merchants, and those who are users."""
    keys = [(one,) for one in sorted(set(owners))]
    if not keys:
        return [], []
    return (
        [merchant_from_row(row) for row in reader.find("merchants_find", keys)],
        [user_from_row(row) for row in reader.find("users_find", keys)],
    )


def names(reader: Reader) -> dict[int, str]:
    """What every merchant is called."""
    return dict(reader.select("merchant_names", {}))


def app(reader: Reader, app_id: int) -> App | None:
    """By our own id."""
    rows = reader.select("app_by_id", {"app_id": app_id})
    return app_from_row(rows[0]) if rows else None


def app_by_number(reader: Reader, number: str) -> App | None:
    """By the protocol's number."""
    rows = reader.select("app_by_number", {"number": number})
    return app_from_row(rows[0]) if rows else None


def apps_of(reader: Reader, merchant_id: int) -> list[App]:
    """Every app of a merchant, the oldest first."""
    rows = reader.select("apps_of_merchant", {"merchant_id": merchant_id})
    return [app_from_row(row) for row in rows]


def partners_of(reader: Reader, merchant_id: int) -> list[tuple[str, Instant]]:
    """The numbers of the providers that may act for a merchant, and since when."""
    rows = reader.select("partners_of_merchant", {"merchant_id": merchant_id})
    return [(row[0], Instant(row[1])) for row in rows]


def provider_ids(reader: Reader, merchant_id: int) -> list[int]:
    """The providers that may act for a merchant."""
    return [row[0] for row in reader.select("providers_of_merchant", {"merchant_id": merchant_id})]


def keys_of(reader: Reader, merchant_id: int) -> list[Key]:
    """Every key of a merchant."""
    rows = reader.select("keys_of_merchant", {"merchant_id": merchant_id})
    return [key_from_row(row) for row in rows]


def key_by_serial(reader: Reader, serial: str) -> Key | None:
    """A key whose serial we made, so that it is unique."""
    rows = reader.select("key_by_serial", {"serial": serial})
    return key_from_row(rows[0]) if rows else None


def partnership(reader: Reader, partner_id: int, merchant_id: int) -> Partnership | None:
    """None when the partner may not act for the merchant."""
    keys = {"partner_id": partner_id, "merchant_id": merchant_id}
    rows = reader.select("partnership", keys)
    if not rows:
        return None
    return Partnership(MerchantId(rows[0][0]), MerchantId(rows[0][1]), Instant(rows[0][2]))


def platform_keys(reader: Reader, role: str) -> list[PlatformKey]:
    """All that are for one purpose, the oldest first."""
    return [
        PlatformKey(row[0], bytes(row[1]), bytes(row[2]), Instant(row[3]), Instant(row[4]))
        for row in reader.select("platform_keys_of_role", {"role": role})
    ]


def user(reader: Reader, user_id: int) -> User | None:
    """By id."""
    rows = reader.select("user_by_id", {"user_id": user_id})
    return user_from_row(rows[0]) if rows else None


def users(reader: Reader, before: int, most: int) -> list[User]:
    """The newest first."""
    rows = reader.select("users_latest", {"before": before, "most": most})
    return [user_from_row(row) for row in rows]


def user_by_phone(reader: Reader, phone: str) -> User | None:
    """By phone number."""
    rows = reader.select("user_by_phone", {"phone": phone})
    return user_from_row(rows[0]) if rows else None


def user_of_session(reader: Reader, token: bytes, now: Instant) -> User | None:
    """Who a browser is; None once its session ended."""
    rows = reader.select("session_user", {"token": token, "now_us": now})
    return user_from_row(rows[0]) if rows else None


def sessions_of(reader: Reader, user_id: UserId, now: Instant) -> list[Session]:
    """Where a person is logged in, the newest first."""
    keys = {"user_id": user_id, "now_us": now, "most": MOST_SESSIONS}
    return [session_from_row(row) for row in reader.select("sessions_of_user", keys)]


def credential(reader: Reader, user_id: UserId, kind: CredentialKind) -> Credential | None:
    """A password or PIN as it is stored."""
    rows = reader.select("credential_of", {"user_id": user_id, "kind": int(kind)})
    return credential_from_row(rows[0]) if rows else None
