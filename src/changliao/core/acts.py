"""Acts: who did what, with how it stood before and after, kept for good.

Facts say in words of ours how the thing stands that an act is about. What a member edits comes with
the version of the facts it was shown, and the commit compares: of two who edit one thing at once,
the second is told, and nobody's word is lost unseen.
"""

import hashlib
import json
from typing import Final

from msgspec import Struct

from changliao.core.clock import NEVER, Instant
from changliao.core.ids import ActId, MemberId

Facts = dict[str, str]
# Whoever did not say what it saw.
UNSEEN: Final = ""
_DIGITS: Final = 32


class Act(Struct, frozen=True):
    """What a member, or a key, did. `details` are words for people beside the facts.

    `member_id` 0: a key that is no member's; `details` name it. The id is made with the form, so a
    form that is sent twice is one act; `at` is when it was committed.
    """

    id: ActId
    member_id: MemberId
    action: str
    subject: str
    details: dict[str, str]
    address: str
    before: Facts = {}
    after: Facts = {}
    at: Instant = NEVER


class Changed(Struct, frozen=True):
    """Nothing was done: it stands otherwise than whoever asked has seen it."""

    now: Facts


def version(facts: Facts) -> str:
    """What names these facts: the same for the same ones."""
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]


def decide_seen(act: Act, seen: str, earlier: Act | None) -> Changed | None:
    """Does it stand as it was seen, or as this very form left it a moment ago?"""
    if seen in (UNSEEN, version(act.before)):
        return None
    again = earlier is not None and _by(earlier) == _by(act) and earlier.after == act.before
    return None if again else Changed(act.before)


def same_act(one: Act, other: Act) -> bool:
    """Is it the same form sent twice? How things stood before, the first time has changed."""
    return (*_by(one), one.details, one.after) == (*_by(other), other.details, other.after)


def _by(act: Act) -> tuple[int, str, str]:
    return act.member_id, act.action, act.subject
