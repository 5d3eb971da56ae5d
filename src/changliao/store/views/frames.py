"""Reading whose pages may show a merchant's codes."""

from changliao.store.engine import Reader
from changliao.store.frames import from_row


def origins_of(reader: Reader, *merchant_ids: int) -> list[str]:
    """What these merchants registered."""
    keys = [(one,) for one in merchant_ids]
    found = [from_row(row).origins for row in reader.find("frame_origins_find", keys)]
    return sorted({origin for origins in found for origin in origins})
