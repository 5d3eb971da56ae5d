"""The bytes of answers: the node, its signature, and the envelope around both.

Source: alipay-openapi.md §3. Clients cut these bytes apart in a dozen ways; every rule here is one
that some client needs.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct

from changliao.doors.alipay import crypto
from changliao.doors.alipay.errors import MESSAGES
from changliao.doors.alipay.platform import Platform

ERROR_ROOT: Final = "error_response"
_HEAD: Final = ("code", "msg", "sub_code", "sub_msg")
_NOTHING: Final[tuple[object, ...]] = ("", None, {}, [])
_MISREAD: Final = str.maketrans({"{": "｛", "}": "｝", '"': "＂"})


class Style(Struct, frozen=True):
    """How one caller wants to be answered; `content_key` when its content was encrypted.

    `app` is the number the request gives, also where it turned out to be nobody's.
    """

    root: str
    app: str = ""
    codec: str = "utf-8"
    sign_type: str = crypto.RSA2
    certificate_mode: bool = False
    content_key: bytes = b""


def success(fields: Mapping[str, Any], code: str = "10000") -> dict[str, Any]:
    """The node of a call that did what was asked."""
    return {"code": code, "msg": MESSAGES[code], **fields}


def node_text(fields: Mapping[str, Any]) -> str:
    """Compact, slashes escaped, nothing empty, the head first and the rest by name."""
    names = [name for name in _HEAD if name in fields]
    names += sorted(name for name in fields if name not in _HEAD)
    kept = {name: fields[name] for name in names if fields[name] not in _NOTHING}
    return msgspec.json.encode(kept).decode().replace("/", "\\/")


def harmless(text: str) -> str:
    """Free text without the characters that make clients cut in the wrong place."""
    return text.translate(_MISREAD)


def envelope(platform: Platform, style: Style, fields: Mapping[str, Any]) -> bytes:
    """The whole answer, signed."""
    text = node_text(fields)
    if style.content_key:
        text = f'"{crypto.seal(style.content_key, text.encode(style.codec, "replace"))}"'
    node = text.encode(style.codec, "replace")
    signer = platform.signer(style.app)
    signature = crypto.sign(signer.key, node, style.sign_type)
    number = f',"alipay_cert_sn":"{signer.number}"' if style.certificate_mode else ""
    head, tail = f'{{"{style.root}":', f'{number},"sign":"{signature}"}}'
    return head.encode("ascii") + node + tail.encode("ascii")


def root_of(method: str) -> str:
    """Under which name a method answers."""
    return f"{method.replace('.', '_')}_response"
