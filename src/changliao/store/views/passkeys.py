"""Reading passkeys."""

from changliao.core.passkeys import Passkey
from changliao.store.engine import Reader
from changliao.store.passkeys import passkey_from_row


def passkey(reader: Reader, credential: bytes) -> Passkey | None:
    """By what its authenticator calls it, also one that was removed."""
    rows = reader.select("passkey_named", {"token": credential})
    return passkey_from_row(rows[0]) if rows else None


def passkeys_of(reader: Reader, owner_id: int) -> list[Passkey]:
    """What a user or a member may log in with, the newest first."""
    rows = reader.select("passkeys_of_owner", {"owner_id": owner_id})
    return [passkey_from_row(row) for row in rows]
