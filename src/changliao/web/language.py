"""Which language a page is in, and its words.

Order: `?lang`, the cookie, `Accept-Language`, Chinese. Catalogues are compiled when they are read.
"""

from functools import cache
from importlib import resources
from io import BytesIO
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from starlette.requests import Request

COOKIE: Final = "cl_lang"
LANGUAGES: Final = {"zh": "zh-Hans", "en": "en"}


def choose(request: Request) -> str:
    """`zh` or `en`."""
    for asked in (request.query_params.get("lang"), request.cookies.get(COOKIE)):
        if asked in LANGUAGES:
            return asked
    for part in request.headers.get("accept-language", "").split(","):
        tag = part.split(";")[0].strip()[:2].lower()
        if tag in LANGUAGES:
            return tag
    return "zh"


@cache
def translations(language: str) -> NullTranslations:
    """The words of a language, of all its catalogues; Chinese needs none."""
    if language == "zh":
        return NullTranslations()
    folder = resources.files("changliao.web") / "i18n" / language
    words = Catalog(locale=language)
    for path in sorted(folder.iterdir(), key=lambda one: one.name):
        with path.open("rb") as source:
            for message in read_po(source, locale=language):
                words[message.id] = message
    compiled = BytesIO()
    write_mo(compiled, words)
    compiled.seek(0)
    return Translations(compiled)
