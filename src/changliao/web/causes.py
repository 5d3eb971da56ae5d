"""Why a signature failed: the closed set of what the doors can tell, and their words.

A log keeps causes with what is particular of one (`facts`), and says them to whoever reads it in
their language. Texts of callers stay in facts: they are never looked for in a catalogue.
"""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Final, NamedTuple


class Cause(StrEnum):
    """What went wrong, or what was probably signed instead."""

    ADDRESS_WHOLE = "address_whole"
    ANSWERED = "answered"
    APP_WITHOUT_KEY = "app_without_key"
    BODY_EMPTY_OBJECT = "body_empty_object"
    BODY_LEFT_OUT = "body_left_out"
    BODY_LINE_FEED = "body_line_feed"
    BODY_NULL = "body_null"
    BODY_TOO_LONG = "body_too_long"
    BODY_WHITESPACE = "body_whitespace"
    CLOCK = "clock"
    CLOCK_OR_UNITS = "clock_or_units"
    CONTENT = "content"
    CONTENT_LEFT_OUT = "content_left_out"
    HEADER_UNREAD = "header_unread"
    JSON_ESCAPES = "json_escapes"
    JSON_ORDER = "json_order"
    JSON_WHITESPACE = "json_whitespace"
    KEY_OTHER = "key_other"
    KEY_OR_TEXT = "key_or_text"
    KEY_UNKNOWN = "key_unknown"
    KEY_UNNAMED = "key_unnamed"
    LAST_LINE_FEED = "last_line_feed"
    LINE_ENDS = "line_ends"
    MERCHANT_UNKNOWN = "merchant_unknown"
    METHOD = "method"
    NOT_BASE64 = "not_base64"
    PATH_ENCODED = "path_encoded"
    PATH_OTHER = "path_other"
    PATH_PLAIN = "path_plain"
    PATH_SLASH_FIRST = "path_slash_first"
    PATH_SLASH_LAST = "path_slash_last"
    QUERY_EMPTY = "query_empty"
    QUERY_ENCODED = "query_encoded"
    QUERY_LEFT_OUT = "query_left_out"
    SHA1 = "sha1"
    SIGN_TYPE_LEFT_OUT = "sign_type_left_out"
    SPACES_AS_PLUS = "spaces_as_plus"
    TEXT_OTHER = "text_other"
    UNSORTED = "unsorted"
    VALUES_ENCODED = "values_encoded"


class Said(NamedTuple):
    """One cause, and what is particular of it this time."""

    cause: Cause
    facts: dict[str, str]


WORDS: Final[Mapping[Cause, str]] = {
    Cause.ADDRESS_WHOLE: "签名时用了完整地址；只签路径和查询参数",
    Cause.ANSWERED: "回答说：%(message)s",
    Cause.APP_WITHOUT_KEY: "这个应用在这里没有公钥",
    Cause.BODY_EMPTY_OBJECT: "请求没有正文，签名的文本里却有 {}",
    Cause.BODY_LEFT_OUT: "正文没有签进去",
    Cause.BODY_LINE_FEED: "签名的正文后面多一个没有发出的换行",
    Cause.BODY_NULL: "请求没有正文，签名的文本里却有 null",
    Cause.BODY_TOO_LONG: "正文太长，没有再看一遍",
    Cause.BODY_WHITESPACE: "正文前后的空白没有签进去",
    Cause.CLOCK: "调用方的时钟与真实时间相差 %(seconds)s 秒",
    Cause.CLOCK_OR_UNITS: "调用方的时钟与真实时间相差 %(seconds)s 秒，或用了别的时间单位",
    Cause.CONTENT: "问题在 biz_content 里",
    Cause.CONTENT_LEFT_OUT: "biz_content 没有签进去",
    Cause.HEADER_UNREAD: "读不懂 Authorization 请求头：%(message)s",
    Cause.JSON_ESCAPES: "签名以后 JSON 又写了一遍，非 ASCII 文字的转义变了",
    Cause.JSON_ORDER: "签名以后 JSON 又写了一遍，成员的顺序变了",
    Cause.JSON_WHITESPACE: "签名以后 JSON 又写了一遍，空白变了",
    Cause.KEY_OTHER: "用密钥 %(used)s 签名，请求里写的却是 %(named)s",
    Cause.KEY_OR_TEXT: "密钥或签名的文本不同：请与我们的文本逐行比较",
    Cause.KEY_UNKNOWN: "我们知道的密钥都打不开这个签名：用了别的私钥，或签名被截断",
    Cause.KEY_UNNAMED: "商户没有密钥 %(named)s；它有 %(known)s",
    Cause.LAST_LINE_FEED: "少了最后一个换行：每一行都以换行结束，最后一行也是",
    Cause.LINE_ENDS: "签名的文本用 CR LF 换行；应当只用一个换行符",
    Cause.MERCHANT_UNKNOWN: "这个网络里没有商户 %(number)s",
    Cause.METHOD: "签名时的方法是 %(signed)s，请求的是 %(asked)s",
    Cause.NOT_BASE64: "签名不是 Base64",
    Cause.PATH_ENCODED: "路径先做了百分号编码再签名",
    Cause.PATH_OTHER: "签名的是另一个路径：%(signed)s",
    Cause.PATH_PLAIN: "路径在百分号编码之前就签了名",
    Cause.PATH_SLASH_FIRST: "签名的路径开头少了斜杠",
    Cause.PATH_SLASH_LAST: "签名的路径末尾少了斜杠",
    Cause.QUERY_EMPTY: "签名的路径有问号，却没有查询参数",
    Cause.QUERY_ENCODED: "查询参数在签名前多编码了一次",
    Cause.QUERY_LEFT_OUT: "查询参数没有签进路径",
    Cause.SHA1: "用了 SHA-1 签名；应当用 SHA-256",
    Cause.SIGN_TYPE_LEFT_OUT: "sign_type 没有签进去",
    Cause.SPACES_AS_PLUS: "空格按 + 签了名：地址多编码了一次",
    Cause.TEXT_OTHER: (
        "密钥是对的，但签名的是另一段文本：请与我们的逐行比较"
        "（方法、带查询参数的路径、时间戳、随机串、正文的每个字节）"
    ),
    Cause.UNSORTED: "参数没有排序就签了名",
    Cause.VALUES_ENCODED: "参数值先做了百分号编码再签名",
}


def told(translate: Callable[[str], str], causes: Iterable[tuple[str, Mapping[str, str]]]) -> str:
    """All of them, in one line."""
    parts = [translate(WORDS[Cause(cause)]) % facts for cause, facts in causes]
    return translate("；").join(parts)
