"""Code 128 in its set C: pairs of digits as bars, for scanners at a counter.

Source: ISO/IEC 15417. Each symbol is eleven modules wide, the stop thirteen; the check symbol is
the weighted sum modulo 103.
"""

from typing import Final

from markupsafe import Markup

_START_C: Final = 105
_STOP: Final = 106
_MODULUS: Final = 103
_QUIET_MODULES: Final = 10
_HEIGHT: Final = 40
# The widths of bars and spaces, in turn, of symbols 0 to 106.
_WIDTHS: Final = (
    "212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 "
    "122132 122231 113222 123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 "
    "321221 312212 322112 322211 212123 212321 232121 111323 131123 131321 112313 132113 132311 "
    "211313 231113 231311 112133 112331 132131 113123 113321 133121 313121 211331 231131 213113 "
    "213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224 111422 "
    "121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 "
    "241112 134111 111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 214121 "
    "412121 111143 111341 131141 114113 114311 411113 411311 113141 114131 311141 411131 211412 "
    "211214 211232 2331112"
)


def symbols(digits: str) -> list[int]:
    """Start, the pairs, the check symbol, stop. Raises ValueError for anything but pairs."""
    if not digits.isascii() or not digits.isdigit() or len(digits) % 2:
        raise ValueError("set C holds pairs of digits")
    pairs = [int(digits[at : at + 2]) for at in range(0, len(digits), 2)]
    check = (_START_C + sum(place * pair for place, pair in enumerate(pairs, 1))) % _MODULUS
    return [_START_C, *pairs, check, _STOP]


def widths(symbol: int) -> list[int]:
    """A symbol's bars and spaces in turn, in modules."""
    return [int(width) for width in _WIDTHS[7 * symbol : 7 * symbol + 7].rstrip()]


def code128(digits: str, label: str) -> Markup:
    """An inline SVG with its quiet zones, dark on white in both themes."""
    at, bars = _QUIET_MODULES, []
    for symbol in symbols(digits):
        for place, width in enumerate(widths(symbol)):
            if place % 2 == 0:
                bars.append(f"M{at} 0h{width}v{_HEIGHT}h-{width}z")
            at += width
    head = Markup(
        '<svg class="barcode" viewBox="0 0 {} {}" role="img" preserveAspectRatio="none" '
        'shape-rendering="crispEdges"><title>{}</title>'
        '<rect width="100%" height="100%" fill="#fff"/><path fill="#14212b" d="{}"/></svg>'
    )
    return head.format(at + _QUIET_MODULES, _HEIGHT, label, "".join(bars))
