"""What kind of device asks: pages differ, and some ways to pay are for PCs only."""

from typing import Final

from starlette.requests import Request

_PHONES: Final = ("iphone", "android", "mobile", "harmony")


def is_phone(request: Request) -> bool:
    """Does the browser say that it is a phone's?"""
    agent = request.headers.get("user-agent", "").lower()
    return any(phone in agent for phone in _PHONES)
