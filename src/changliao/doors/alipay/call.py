"""One authenticated call, what handlers work with, and reading contents into forms."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final, NoReturn, TypeVar

import msgspec
from msgspec import Struct

from changliao.core.ids import MerchantId
from changliao.core.parties import App, Merchant
from changliao.doors.alipay.errors import bad_content, invalid
from changliao.doors.alipay.platform import Platform
from changliao.operations.network import Network
from changliao.web.asgi import NUL
from changliao.web.pages import Pages
from changliao.web.twice import SaidTwice, once

F = TypeVar("F")
Node = dict[str, Any]
_PLACE: Final = re.compile(r" - at `\$\.?([^`]*)`")
_EXPECTED: Final = re.compile(r"missing required field `(\w+)`")


class Door(Struct, frozen=True):
    """What handlers work with. `public_url` is where payers reach us."""

    network: Network
    platform: Platform
    public_url: str
    pages: Pages


class Caller(Struct, frozen=True):
    """Whose key signed (`app`), and for which merchant's app it acts (`seller_app`)."""

    app: App
    seller_app: App
    seller: Merchant

    @property
    def partner_id(self) -> MerchantId:
        """Who acts for the seller; 0 when the seller acts for itself."""
        own = self.app.merchant_id == self.seller.id
        return MerchantId(0) if own else self.app.merchant_id


class Call(Struct, frozen=True):
    """A request whose signature was right. `public` are the parameters beside the content."""

    caller: Caller
    method: str
    content: Node
    public: Mapping[str, str]

    def given(self, name: str) -> str:
        """A public parameter, or a member of the content where the REST form has it."""
        inside = self.content.get(name, "")
        return self.public.get(name, "") or (inside if isinstance(inside, str) else "")


def decoded(content: bytes, codec: str = "utf-8") -> str:
    """A content's text. Raises AlipayError isv.illegal-json where it is in another charset."""
    try:
        return content.decode(codec)
    except UnicodeDecodeError as error:
        raise invalid("illegal-json", f"biz_content 不是 {codec} 编码") from error


def read_content(text: str) -> Node:
    """A JSON object, numbers kept as they are written. Raises AlipayError isv.illegal-json."""
    try:
        content = _DECODER.decode(text)
        # Half a surrogate pair is no text: nothing could keep or send it. Both come escaped.
        said = json.dumps(content, ensure_ascii=False).encode() if "\\u" in text else b""
    except SaidTwice as error:
        raise invalid("illegal-json", f"biz_content 中 {error.name} 出现两次且值不同") from error
    except (ValueError, RecursionError) as error:
        raise invalid("illegal-json", "biz_content 不是合法的 JSON") from error
    if not isinstance(content, dict):
        raise invalid("illegal-json", "biz_content 必须是 JSON 对象")
    if NUL in said:
        raise invalid("illegal-json", "biz_content 不能包含 U+0000")
    return {name: value for name, value in content.items() if value not in ("", None)}


def read_form(call: Call, form: type[F]) -> F:
    """The content as a form. Raises AlipayError 40004 that names the member."""
    try:
        return msgspec.convert(_present(call.content), form, strict=False)
    except msgspec.ValidationError as error:
        text = str(error)
        needed, place = _EXPECTED.search(text), _PLACE.search(text)
        if needed:
            raise bad_content(f"{needed[1]} 缺失") from error
        raise bad_content(f"{place[1] if place else 'biz_content'} 不合法") from error


def _present(value: Any) -> Any:
    """Without the members that SDKs send though they mean nothing by them."""
    if isinstance(value, dict):
        return {name: _present(one) for name, one in value.items() if one not in ("", None)}
    if isinstance(value, list):
        return [_present(one) for one in value]
    return value


def _no_constant(text: str) -> NoReturn:
    raise ValueError(text)


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=once, parse_int=str, parse_float=str, parse_constant=_no_constant
)
