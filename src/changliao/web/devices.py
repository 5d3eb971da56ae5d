"""What kind of device asks: some pages and ways to pay are for one kind only; and its name."""

from typing import Final

from starlette.requests import Request

_PHONES: Final = ("iphone", "android", "mobile", "harmony")
# What is in a browser's words, and its name: the first that fits, as most of them also name those
# that they want to pass for.
_BROWSERS: Final = {
    "MicroMessenger/": "WeChat",
    "AlipayClient/": "Alipay",
    "Edg": "Edge",
    "OPR/": "Opera",
    "HuaweiBrowser/": "Huawei Browser",
    "MiuiBrowser/": "Mi Browser",
    "Firefox/": "Firefox",
    "FxiOS/": "Firefox",
    "Chrome/": "Chrome",
    "CriOS/": "Chrome",
    "Safari/": "Safari",
}
_SYSTEMS: Final = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "HarmonyOS": "HarmonyOS",
    "OpenHarmony": "HarmonyOS",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


def is_phone(request: Request) -> bool:
    """Does the browser say that it is a phone's?"""
    agent = request.headers.get("user-agent", "").lower()
    return any(phone in agent for phone in _PHONES)


def named(agent: str) -> str:
    """Such as Chrome · Windows, of a User-Agent; as it stands where neither is known."""
    found = [
        next((name for mark, name in known.items() if mark in agent), "")
        for known in (_BROWSERS, _SYSTEMS)
    ]
    return " · ".join(filter(None, found)) or agent
