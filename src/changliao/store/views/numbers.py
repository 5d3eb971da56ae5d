"""Reading parties' numbers."""

from changliao.store.engine import Reader


def number_of(reader: Reader, party_id: int) -> int | None:
    """The number of a party; None when it has none yet."""
    rows = reader.find("party_numbers_find", [(party_id,)])
    return int(rows[0][1]) if rows else None


def party_of(reader: Reader, number: int) -> int | None:
    """The party behind a number; None when it is nobody's."""
    rows = reader.find("numbered_parties_find", [(number,)])
    return int(rows[0][1]) if rows else None
