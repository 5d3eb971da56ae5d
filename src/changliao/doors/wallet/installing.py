"""What makes the wallet an app on a phone: a manifest, a worker, and a page without network."""

from functools import partial
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from changliao.doors.wallet.visit import Wallet
from changliao.web import language
from changliao.web.pages import static_files, static_url

_ICONS: Final = (
    ("icon.svg", "any", "image/svg+xml", "any"),
    ("icon-192.png", "192x192", "image/png", "any"),
    ("icon-512.png", "512x512", "image/png", "any"),
    ("icon-maskable.png", "512x512", "image/png", "maskable"),
)


def routes(wallet: Wallet) -> list[Route]:
    """For everybody: none of it is about anybody."""
    return [
        Route("/w/manifest.webmanifest", partial(manifest, wallet)),
        Route("/w/sw.js", worker),
        Route("/w/offline", partial(offline, wallet)),
    ]


async def manifest(wallet: Wallet, request: Request) -> Response:
    """In the language of the page that names it."""
    words = partial(wallet.pages.words, request)
    return JSONResponse(
        {
            "id": "/w/",
            "name": words("畅聊支付 钱包"),
            "short_name": words("畅聊支付"),
            "lang": language.LANGUAGES[language.choose(request)],
            "start_url": "/w/",
            "scope": "/w/",
            "display": "standalone",
            "background_color": "#f4f6f8",
            "theme_color": "#0b6e75",
            "icons": [
                {"src": static_url(name), "sizes": sizes, "type": kind, "purpose": purpose}
                for name, sizes, kind, purpose in _ICONS
            ],
        },
        media_type="application/manifest+json",
    )


async def worker(_: Request) -> Response:
    """Beside the pages it serves: a worker's own path bounds what it may answer for."""
    text = static_files()[static_url("js/sw.js").removeprefix("/static/")]
    return Response(text, media_type="text/javascript", headers={"Cache-Control": "no-cache"})


async def offline(wallet: Wallet, request: Request) -> Response:
    """Kept by the worker, and shown when the network cannot be reached."""
    return wallet.pages.render(request, "wallet/offline.html")
