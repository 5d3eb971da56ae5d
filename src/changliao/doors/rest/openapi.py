"""The OpenAPI 3.1 document of this API, made from the table of routes and its types.

Source: spec.openapis.org/oas/v3.1.1. Nothing here is written twice: fields and their limits come
from the types that decode requests, statuses from the reasons each operation may give.
"""

import inspect
import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from importlib.metadata import version
from typing import Any, Final

import msgspec

from changliao.core.outcome import Reason
from changliao.doors.rest.endpoint import API, Endpoint, Who
from changliao.doors.rest.errors import STATUS_OF, ProblemShown
from changliao.doors.rest.fields import Nothing
from changliao.doors.rest.routes import TABLE
from changliao.doors.rest.webhooks import WEBHOOKS, Webhook

_END: Final = r"\Z"
_REF: Final = "#/components/schemas/{name}"
_PATH_PART: Final = re.compile(r"\{(\w+)\}")
_PART_OF_NAME: Final = re.compile(r"_?Page_(\w+)_")
_DIGITS: Final = "_[0-7][0-9A-HJKMNP-TV-Z]{12}$"
_PARTS: Final = {
    "appid": {"type": "string", "pattern": "^[0-9A-Za-z]{4,32}$"},
    "authorization_id": {"type": "string", "pattern": f"^ath{_DIGITS}"},
    "basket_id": {"type": "string", "pattern": f"^bsk{_DIGITS}"},
    "budget_id": {"type": "string", "pattern": f"^bdg{_DIGITS}"},
    "channel_code": {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,31}$"},
    "credential": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,1364}$"},
    "difference_id": {"type": "string", "pattern": f"^dif{_DIGITS}"},
    "dispute_id": {"type": "string", "pattern": f"^dsp{_DIGITS}"},
    "draft_id": {"type": "string", "pattern": f"^drf{_DIGITS}"},
    "event_id": {"type": "string", "pattern": f"^evt{_DIGITS}"},
    "bill_id": {"type": "string", "pattern": f"^gbl{_DIGITS}"},
    "merger_id": {"type": "string", "pattern": f"^mrg{_DIGITS}"},
    "number": {"type": "string", "pattern": "^[0-9]{8,12}$", "description": "Merchant number"},
    "order_id": {"type": "string", "pattern": f"^ord{_DIGITS}"},
    "packet_id": {"type": "string", "pattern": f"^pkt{_DIGITS}"},
    "payment_id": {"type": "string", "pattern": f"^pay{_DIGITS}"},
    "payout_id": {"type": "string", "pattern": f"^pot{_DIGITS}"},
    "proposal_id": {"type": "string", "pattern": f"^rfp{_DIGITS}"},
    "refund_id": {"type": "string", "pattern": f"^rfd{_DIGITS}"},
    "serial": {"type": "string", "pattern": "^[0-9A-Za-z_]{1,64}$", "description": "Key serial"},
    "share_id": {"type": "string", "pattern": f"^shr{_DIGITS}"},
    "top_up_id": {"type": "string", "pattern": f"^top{_DIGITS}"},
    "user_id": {"type": "string", "pattern": f"^usr{_DIGITS}"},
    "rule_id": {"type": "string", "pattern": f"^rsk{_DIGITS}"},
    "settlement_id": {"type": "string", "pattern": f"^stl{_DIGITS}"},
    "withdrawal_id": {"type": "string", "pattern": f"^wdl{_DIGITS}"},
}
# What any operation may answer, by what it has.
_SIGNED: Final = (
    "unsigned", "stale", "unknown_key", "wrong_signature", "replayed", "malformed", "fault",
    "unavailable", "body_too_large", "not_found",
)  # fmt: skip
_BY_WHO: Final = {
    Who.MERCHANT: ("not_permitted", "merchant_disabled"),
    Who.OPERATOR: ("not_permitted",),
    Who.MEMBER: ("not_permitted",),
    Who.EITHER: ("merchant_disabled",),
}
_IDEMPOTENCY_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Within 24 hours the same key with the same request gets the same answer",
    "schema": {"type": "string", "pattern": "^[\x21-\x7e]{1,64}$"},
}
_IF_MATCH: Final = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The `version` that was seen, in quotes: if somebody has changed it since, "
    "nothing is done (412)",
    "schema": {"type": "string", "pattern": '^"[0-9a-f]{32}"$'},
}
_HEADER_WORDS: Final = {
    "Changliao-Request-Id": "Finds the request in the network's log",
    "Changliao-Timestamp": "Unix seconds; signed",
    "Changliao-Signature": "Over timestamp and body, each followed by a line feed",
}
_HEADERS: Final = {name: {"$ref": f"#/components/headers/{name}"} for name in _HEADER_WORDS}
_SCHEMES: Final = ("hmac", "ed25519")
_SIGNING: Final = (
    'CHANGLIAO-{scheme} key="key_…",timestamp="…",nonce="…",signature="…": the signature covers '
    "method, target, timestamp, nonce and body, each followed by a line feed."
)
_DESCRIPTION: Final = (
    "Amounts are whole minor units. Every request is signed with a merchant's or an operator's "
    "key. Lists come in pages: `next` is the cursor of the page after. A no is "
    "application/problem+json; programs read its `reason`."
)


def document(public_url: str) -> dict[str, Any]:
    """The whole document; made once, when the door opens."""
    types = [*_types_of(TABLE), *(one.body for one in WEBHOOKS), ProblemShown]
    schemas, components = msgspec.json.schema_components(types, ref_template=_REF)
    by_type = dict(zip(map(_key, types), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = defaultdict(dict)
    for one in TABLE:
        paths[API + one.path][one.method.lower()] = _operation(one, by_type, components)
    for one in TABLE:
        components.pop(one.query.__name__, None)  # queries are parameters, not schemas
    whole = {
        "openapi": "3.1.0",
        "info": {
            "title": "Changliao Pay",
            "version": version("changliao"),
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": public_url}],
        "tags": [{"name": name} for name in dict.fromkeys(one.subject for one in TABLE)],
        "paths": dict(paths) | _unsigned(),
        "webhooks": {one.name: {"post": _webhook(one, by_type)} for one in WEBHOOKS},
        "components": {
            "schemas": components,
            "securitySchemes": _security(),
            "headers": _header_schemas(),
        },
    }
    renamed: dict[str, Any] = _renamed(whole)
    return renamed


@cache
def encoded(public_url: str) -> bytes:
    """The document as it is sent, made when first asked for: a start need not wait for it."""
    return msgspec.json.encode(document(public_url))


def reasons(one: Endpoint[Any, Any]) -> list[str]:
    """Every reason an operation may give, with those that any may."""
    found = {str(reason) for reason in (*one.refuses, *_SIGNED, *_BY_WHO[one.who])}
    if one.needs is not None:
        found |= {"not_permitted"}
    if one.method == "POST":
        found |= {Reason.BUSY.value}
    if one.edits:
        found |= {Reason.EDITED_MEANWHILE.value}
    if one.keeps_answers:
        found |= {Reason.IDEMPOTENCY_KEY_REUSED.value}
    if not _PATH_PART.search(one.path) and one.query is Nothing and one.form is Nothing:
        found -= {"not_found"}
    return sorted(found)


def _operation(
    one: Endpoint[Any, Any], schemas: dict[Any, Any], components: dict[str, Any]
) -> dict[str, Any]:
    summary, _, rest = (inspect.getdoc(one.handler) or "").partition("\n")
    made: dict[str, Any] = {
        "operationId": one.name.replace(".", "_"),
        "tags": [one.subject],
        "summary": summary.rstrip("."),
        "description": f"For: {one.who}.{_right(one)}\n\n{rest.strip()}".strip(),
        "security": [{scheme: []} for scheme in _SCHEMES],
        "parameters": [
            *_path_parameters(one.path),
            *_query_parameters(one, schemas, components),
            *([_IDEMPOTENCY_KEY] if one.keeps_answers else []),
            *([_IF_MATCH] if one.edits else []),
        ],
        "responses": _responses(one, schemas),
    }
    if one.form is not Nothing:
        made["requestBody"] = {"required": True, "content": _json(schemas[_key(one.form)])}
    return made


def _right(one: Endpoint[Any, Any]) -> str:
    return f" A member's role needs the right {one.needs}." if one.needs is not None else ""


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": _PARTS[name]}
        for name in _PATH_PART.findall(path)
    ]


def _query_parameters(
    one: Endpoint[Any, Any], schemas: dict[Any, Any], components: dict[str, Any]
) -> list[dict[str, Any]]:
    if one.query is Nothing:
        return []
    schema = components[schemas[_key(one.query)]["$ref"].rpartition("/")[2]]
    return [
        {
            "name": name,
            "in": "query",
            "required": name in schema["required"],
            "schema": _without_null(field),
        }
        for name, field in schema["properties"].items()
    ]


def _without_null(field: dict[str, Any]) -> dict[str, Any]:
    """A query has no null: a parameter that may be left out is just not required."""
    choices = [one for one in field.get("anyOf", []) if one.get("type") != "null"]
    kept = {name: value for name, value in field.items() if name not in ("anyOf", "default")}
    if "enum" in kept:
        kept["enum"] = [one for one in kept["enum"] if one is not None]
    if field.get("default") is not None:
        kept["default"] = field["default"]
    return kept | (choices[0] if len(choices) == 1 else {})


def _responses(one: Endpoint[Any, Any], schemas: dict[Any, Any]) -> dict[str, Any]:
    answers: dict[str, Any] = {
        str(one.status): {
            "description": "Done" if one.status == 200 else "Made, or made before",
            "content": _json(schemas[_key(one.answer)]),
            "headers": _HEADERS,
        }
    }
    by_status: dict[int, list[str]] = defaultdict(list)
    for reason in reasons(one):
        by_status[STATUS_OF[reason]].append(reason)
    for status, given in sorted(by_status.items()):
        answers[str(status)] = {
            "description": ", ".join(given),
            "headers": _HEADERS,
            "content": {
                "application/problem+json": {
                    "schema": {
                        "allOf": [
                            schemas[_key(ProblemShown)],
                            {"properties": {"reason": {"enum": given}}},
                        ]
                    }
                }
            },
        }
    return answers


def _webhook(one: Webhook, schemas: dict[Any, Any]) -> dict[str, Any]:
    return {
        "operationId": f"webhook_{one.name.replace('.', '_')}",
        "summary": one.summary,
        "description": one.description,
        "parameters": [
            {"name": name, "in": "header", "required": True, "schema": {"type": "string"}}
            for name in ("Changliao-Timestamp", "Changliao-Nonce", "Changliao-Signature")
        ],
        "requestBody": {"required": True, "content": _json(schemas[_key(one.body)])},
        "responses": {
            "200": {"description": "Taken"},
            "204": {"description": "Taken"},
            "default": {"description": "Not taken: it is sent again later"},
        },
    }


def _unsigned() -> dict[str, Any]:
    """What anybody may read."""
    told = {"200": {"description": "Done", "content": {"application/x-pem-file": {"schema": {}}}}}
    key = {"operationId": "public_key", "summary": "The key that signs answers and webhooks"}
    shown = {"200": {"description": "Done", "content": _json({"type": "object"})}}
    this = {"operationId": "openapi", "summary": "This document"}
    return {
        f"{API}/public-key": {"get": key | {"security": [], "responses": told}},
        f"{API}/openapi.json": {"get": this | {"security": [], "responses": shown}},
    }


def _header_schemas() -> dict[str, Any]:
    return {
        name: {"description": said, "schema": {"type": "string"}}
        for name, said in _HEADER_WORDS.items()
    }


def _security() -> dict[str, Any]:
    names = {"hmac": "HMAC-SHA256", "ed25519": "ED25519"}
    return {
        scheme: {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": _SIGNING.format(scheme=names[scheme]),
        }
        for scheme in _SCHEMES
    }


def _types_of(table: Iterable[Endpoint[Any, Any]]) -> list[Any]:
    found = (
        kind for one in table for kind in (one.form, one.query, one.answer) if kind is not Nothing
    )
    return list({_key(kind): kind for kind in found}.values())


def _key(kind: Any) -> str:
    return str(kind)


def _json(schema: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _renamed(node: Any) -> Any:
    """`OrderShown` is called Order and `Page_OrderShown_` OrderPage outside.

    The end of a text is `$` in JSON Schema; in Python that would let a line feed follow.
    """
    match node:
        case dict():
            return {_name(key): _renamed(value) for key, value in node.items()}
        case list():
            return [_renamed(one) for one in node]
        case str() if node.startswith(_REF[:21]):
            return _REF.format(name=_name(node.rpartition("/")[2]))
        case str() if node.endswith(_END):
            return node.removesuffix(_END) + "$"
    return node


def _name(text: str) -> str:
    text = _PART_OF_NAME.sub(r"\1Page", text)
    return text.replace("ShownPage", "Page").removesuffix("Shown")
