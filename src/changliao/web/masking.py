"""Taking secrets out of what is shown: by the names of fields, whatever form they come in."""

import re
from typing import Any, Final

import msgspec

MASK: Final = "***"
SECRETS: Final = frozenset(
    {
        "aes_key", "api_key", "api_v3_key", "app_auth_code", "app_auth_token", "app_private_key",
        "auth_code", "auth_token", "authcode", "content_key", "operator_secret", "password",
        "pay_code", "pin", "private_key", "refresh_token", "rest_secret", "secret", "token",
    }
)  # fmt: skip
_NAMES: Final = "|".join(sorted(SECRETS))
_MEMBER: Final = re.compile(
    rf'(\\?"(?:{_NAMES})\\?"\s*:\s*)(?:\\?"(?:[^"\\]|\\.)*"?|[^\s,}}\]]+)', re.IGNORECASE
)
_PARAMETER: Final = re.compile(rf"((?:^|[&?\s])(?:{_NAMES})=)[^&\s]*", re.IGNORECASE)
_PRIVATE: Final = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL
)
# As the doors' headers carry it, and as a parameter of the gateway.
_SIGNATURES: Final = (
    re.compile(r'(signature=")([^"]*)'),
    re.compile(r"((?:^|[,&?])sign=)([^&\s]*)"),
)
_SIGNATURE_SHOWN: Final = 8


def masked(text: str) -> str:
    """The text without secrets; JSON is looked at value by value, other text by its shape."""
    try:
        decoded = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return _by_shape(text)
    if not isinstance(decoded, (dict, list)):
        return _by_shape(text)
    hidden = _hidden(decoded)
    return text if hidden == decoded else msgspec.json.encode(hidden).decode()


def unsigned(text: str) -> str:
    """A header, address or body without the signature that would let others send it again.

    Its beginning stays, so that two can be told apart.
    """
    for pattern in _SIGNATURES:
        text = pattern.sub(lambda found: found[1] + _beginning(found[2]), text)
    return text


def _beginning(signature: str) -> str:
    shown = signature[:_SIGNATURE_SHOWN]
    return shown if shown == signature else f"{shown}…"


def _hidden(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: MASK if str(name).lower() in SECRETS and inner else _hidden(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_hidden(one) for one in value]
    return _by_shape(value) if isinstance(value, str) else value


def _by_shape(text: str) -> str:
    text = _PRIVATE.sub(MASK, text)
    text = _MEMBER.sub(rf'\1"{MASK}"', text)
    return _PARAMETER.sub(rf"\1{MASK}", text)
