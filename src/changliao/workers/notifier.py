"""What a door knows of telling its merchants: the letter, the signature, when to try again."""

from typing import Protocol

from changliao.core.clock import Instant
from changliao.core.events import Event, Letter, Outgoing


class Notifier(Protocol):
    """A door's way to tell its merchants, and its schedule: see core/events.py."""

    @property
    def retry_after_s(self) -> tuple[int, ...]:
        """How long to wait after each attempt that failed."""
        ...

    async def compose(self, event: Event) -> Letter | None:
        """The letter for an event; None when it has nowhere to go."""
        ...

    def sign(self, letter: Letter, now: Instant) -> Outgoing:
        """One attempt, signed now."""
        ...

    def acknowledged(self, status: int, answer: str) -> bool:
        """Has the receiver taken it? `answer` is the beginning of its body."""
        ...
