"""Light or dark: `?theme`, then the cookie, then what the browser says by itself."""

from typing import Final

from starlette.requests import Request

COOKIE: Final = "cl_theme"
AUTO: Final = "auto"
THEMES: Final = (AUTO, "light", "dark")


def choose(request: Request) -> str:
    """`light` or `dark`; nothing where the browser decides."""
    for asked in (request.query_params.get("theme"), request.cookies.get(COOKIE)):
        if asked in THEMES:
            return "" if asked == AUTO else asked
    return ""
