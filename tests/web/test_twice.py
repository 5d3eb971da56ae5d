"""What is said twice and differently: members, parameters and headers."""

import pytest

from changliao.web import twice
from changliao.web.twice import SaidTwice


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (b'{"a":1,"a":2}', "a"),
        (b'{"a":"1","a":1}', "a"),
        (b'{"a":1,"a":true}', "a"),
        (b'{"a":9007199254740993,"a":9007199254740992}', "a"),
        (b'{"amount":{"total":1,"total":2}}', "total"),
        (b'{"a":[{},{"b":null,"b":[]}]}', "b"),
        (b'{"a":1,"\\u0061":2}', "a"),
        (b'{"a":{"x":1},"a":{"x":2}}', "a"),
        ('{"名":1,"名":2}'.encode(), ""),
        (b'{"\\ud800":1,"\\ud800":2}', ""),
        (b'{"<b>":1,"<b>":2}', ""),
        (b'{"a":1,"a":%s}' % (b"1" * 5_000), "a"),
    ],
)
def test_a_member_with_two_values_is_said(text: bytes, name: str) -> None:
    with pytest.raises(SaidTwice) as said:
        twice.check_members(text)
    assert said.value.name == name


@pytest.mark.parametrize(
    "text",
    [
        b"{}",
        b'{"a":1,"b":1,"c":{"a":2},"d":[{"a":3},{"a":4}]}',
        b'{"a":{"x":[1,"\\u0031"]},"a":{"x":[1,"1"]}}',
        b'{"a":"\\",\\"a\\":2"}',
        b'{"a":"\\ud800"}',
        b'{"a":%s}' % (b"1" * 5_000),
    ],
)
def test_saying_it_once_or_twice_the_same_is_no_matter(text: bytes) -> None:
    twice.check_members(text)


def test_parameters_and_headers() -> None:
    assert twice.parameters([("a", "1"), ("b", "2"), ("a", "1")]) == {"a": "1", "b": "2"}
    with pytest.raises(SaidTwice) as said:
        twice.parameters([("a", "1"), ("b", "2"), ("a", "")])
    assert said.value.name == "a"
    kinds = [(b"content-type", b"a"), (b"x-other", b"1"), (b"x-other", b"2")]
    twice.check_headers([*kinds, (b"content-type", b"a")])
    with pytest.raises(SaidTwice) as said:
        twice.check_headers([*kinds, (b"content-type", b"b")])
    assert said.value.name == "Content-Type"
