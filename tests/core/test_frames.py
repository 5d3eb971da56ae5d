"""What is an origin that may show a code, and what a merchant's list becomes."""

import pytest

from changliao.core.frames import MOST, ChangeOrigin, FrameOrigins, decide_origin, origin
from changliao.core.ids import MerchantId
from changliao.core.outcome import Reason, Refused

SHOP = MerchantId(7)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://Shop.Example", "https://shop.example"),
        ("https://shop.example/", "https://shop.example"),
        ("https://shop.example:443", "https://shop.example"),
        ("https://shop.example:8443", "https://shop.example:8443"),
        ("http://localhost:5000", "http://localhost:5000"),
        ("http://127.0.0.1", "http://127.0.0.1"),
        ("http://shop.example", None),
        ("https://*.example", None),
        ("https://shop.example/path", None),
        ("https://shop.example?x", None),
        ("https://me@shop.example", None),
        ("https://shop.example:99999", None),
        ("https://shop.example; script-src *", None),
        ("https://shop.example https://other.example", None),
        ("https://shop.example\n", "https://shop.example"),
        ("https://-shop", None),
        ("https://[::1]", None),
        ("https://商店.example", None),
        ("*", None),
        ("'self'", None),
        ("data:", None),
        ("", None),
        ("https://" + "a." * 130 + "example", None),
    ],
)
def test_an_origin_is_as_a_browser_writes_it(text: str, shown: str | None) -> None:
    assert origin(text, sandbox=True) == shown
    if text.startswith("http:"):
        assert origin(text, sandbox=False) is None


def test_the_list_grows_to_ten_and_the_same_again_is_no_change() -> None:
    known = None
    for number in range(MOST):
        after = decide_origin(ChangeOrigin(SHOP, f"https://s{number}.example", True), known)
        assert isinstance(after, FrameOrigins)
        assert (
            decide_origin(ChangeOrigin(SHOP, f"https://s{number}.example/", True), after) is after
        )
        known = after
    assert known is not None
    assert (len(known.origins), known.revision) == (MOST, MOST)
    more = decide_origin(ChangeOrigin(SHOP, "https://more.example", True), known)
    assert isinstance(more, Refused)
    assert more.reason is Reason.ORIGIN_INVALID
    less = decide_origin(ChangeOrigin(SHOP, "https://s3.example", False), known)
    assert isinstance(less, FrameOrigins)
    assert "https://s3.example" not in less.origins
    assert decide_origin(ChangeOrigin(SHOP, "nonsense", False), less) is less
