"""How a page is to everybody: findings of axe, sideways scroll, weight, Chinese left in English.

A page is loaded once in each language and looked at in both themes and all widths from there. Axe
runs whole in the light theme; in the dark one only its rules about colours run again, because
there is nothing else that a theme changes (tests/web/test_pages.py holds the style sheets to that).
"""

import gzip
import os
import re
from typing import Any, Final

from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import Page

from changliao.web.pages import static_files

HAN: Final = re.compile(r"[\u4e00-\u9fff]")
WIDTHS: Final = (1280, 768, 390, 360)
THEMES: Final = ("light", "dark")
OVERFLOW: Final = (
    "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
)
SIDEWAYS: Final = (
    "() => Math.max(...[...document.querySelectorAll('.scroll')].map("
    "one => one.scrollWidth - one.clientWidth))"
)
MOST_SCRIPT_BYTES: Final = 20_000
MOST_BYTES: Final = 40_000
MOST_BYTES_OF_CONSOLE: Final = 60_000
LARGER: Final = "text => { document.documentElement.style.fontSize = text; }"
_LOADED: Final = "() => typeof axe !== 'undefined'"
_RUN: Final = "options => axe.run(document, options)"
_COLOURS: Final = ("color-contrast", "link-in-text-block")
# Whatever is tapped on a phone, but links within a sentence (WCAG 2.5.8) and what nobody sees.
_SMALL: Final = """() => {
  const small = [];
  const all = "a[href],button,select,textarea,summary,input:not([type=hidden])";
  for (const one of document.querySelectorAll(all)) {
    if (!one.checkVisibility({ visibilityProperty: true })) continue;
    if (one.closest("dialog:not([open]),.hush,.skip,[aria-hidden=true]")) continue;
    const kind = one.type === "radio" || one.type === "checkbox" ? one.closest("label") : one;
    const { width, height } = (kind ?? one).getBoundingClientRect();
    const around = one.parentElement.textContent.trim().length;
    const within = getComputedStyle(one).display === "inline"
      && around > one.textContent.trim().length + 4;
    if (!within && (width < 43.5 || height < 43.5)) {
      small.push(`${one.outerHTML.slice(0, 120)} ${Math.round(width)}x${Math.round(height)}`);
    }
  }
  return small;
}"""
_FOLDER: Final = os.environ.get("SCREENSHOTS")


def accessible(page: Page, *rules: str) -> None:
    """Axe finds nothing on the page as it is; with `rules` only these are asked."""
    if not page.evaluate(_LOADED):
        page.evaluate(AXE_SCRIPT)
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = {"type": "rule", "values": list(rules)}
    found = AxeResults(page.evaluate(_RUN, options))
    assert found.violations_count == 0, (page.url, found.generate_report())


def accessible_in_both_themes(page: Page) -> None:
    """The same page, light and dark; it is left light."""
    page.emulate_media(color_scheme="light")
    accessible(page)
    page.emulate_media(color_scheme="dark")
    accessible(page, *_COLOURS)
    page.emulate_media(color_scheme="light")


def fits(page: Page, *widths: int) -> None:
    """Nothing to scroll sideways at these widths, nor on a phone with text half as large again."""
    size = page.viewport_size
    assert size is not None
    for width in widths:
        page.set_viewport_size({"width": width, "height": size["height"]})
        picture(page, str(width))
        assert page.evaluate(OVERFLOW) <= 0, (page.url, width)
        if width < 768:
            easily_tapped(page)
    page.evaluate(LARGER, "150%")
    assert page.evaluate(OVERFLOW) <= 0, (page.url, "150 % text")
    page.evaluate(LARGER, "")
    page.set_viewport_size(size)


def easily_tapped(page: Page) -> None:
    """On the wallet's and the cashier's pages a thumb meets what it wants: 44 px each way."""
    if page.url.split("/", 3)[3].startswith(("w/", "c/")):
        found = page.evaluate(_SMALL)
        if found:
            print("SMALL", page.url.split("/", 3)[3], *found, sep="\n   ")


def light(page: Page) -> None:
    """What a first visit brings over the network, compressed: WEB.md's limits for every page."""
    found = page.evaluate(
        "() => performance.getEntriesByType('resource').map((one) => new URL(one.name).pathname)"
    )
    kept = {f"/static/{name}": body for name, body in static_files().items()}
    files = {name: len(gzip.compress(kept[name])) for name in found if name in kept}
    scripts = sum(size for name, size in files.items() if name.endswith(".js"))
    first = len(gzip.compress(page.content().encode())) + sum(files.values())
    console = page.url.split("/", 3)[3].startswith(("console", "portal"))
    assert scripts <= MOST_SCRIPT_BYTES, (page.url, files)
    assert first <= (MOST_BYTES_OF_CONSOLE if console else MOST_BYTES), (page.url, files)


def whole_in_english(page: Page, part: str, *names: str) -> None:
    """No Chinese is left but `names`, which are data."""
    text = page.locator(part).inner_text()
    for name in ("中文", *names):
        text = text.replace(name, "")
    assert not HAN.search(text), (page.url, HAN.findall(text), text)


def picture(page: Page, name: str) -> None:
    """Kept in both themes for whoever wants to look, in the folder that SCREENSHOTS names."""
    if not _FOLDER:
        return
    place = re.sub(r"\W+", "-", page.url.split("/", 3)[3]).strip("-")
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        page.screenshot(path=f"{_FOLDER}/{place}-{name}-{theme}.png", full_page=True)
    page.emulate_media(color_scheme="light")


def is_well_made(page: Page, address: str, names: tuple[str, ...] = ()) -> None:
    """Every width, theme and language: one heading, no finding of axe, English is whole.

    `names` are data that stay as they are in English.
    """
    mark = "&" if "?" in address else "?"
    for language in ("en", "zh"):
        page.goto(f"{address}{mark}lang={language}")
        assert page.locator("h1").count() == 1, address
        light(page)
        accessible_in_both_themes(page)
        fits(page, *WIDTHS)
        if language == "en":
            whole_in_english(page, "body", *names)
