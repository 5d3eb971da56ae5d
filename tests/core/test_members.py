"""Two names that may be one person's are taken for one person's."""

import pytest

from changliao.core.members import same_hands

ONE, OTHER = "mbr_000000000000A", "mbr_000000000000B"
KEY = "key_000000000000A"


@pytest.mark.parametrize(
    ("by", "drafted_by", "same"),
    [
        (ONE, ONE, True),
        (ONE, OTHER, False),
        (KEY, ONE, True),  # nobody knows who holds a machine's key
        (ONE, KEY, True),
        (KEY, "key_000000000000B", True),
        ("", ONE, True),
    ],
)
def test_only_two_members_are_two_people(by: str, drafted_by: str, same: bool) -> None:
    assert same_hands(by, drafted_by) is same
