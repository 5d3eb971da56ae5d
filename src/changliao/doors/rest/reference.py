"""The reference of this API as a page, drawn from the OpenAPI document: /docs/api.

It is whole on one page, so that the browser's own search finds everything, also offline.
"""

import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, Final

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from changliao.doors.rest import openapi
from changliao.web.pages import Pages

PATH: Final = "/docs/api"
_DEEPEST: Final = 4
_LIMITS: Final = {
    "minLength": "≥ {} chars",
    "maxLength": "≤ {} chars",
    "minimum": "≥ {}",
    "maximum": "≤ {}",
    "pattern": "{}",
    "default": "= {}",
}
_EXAMPLES: Final = {
    "integer": 1,
    "string": "…",
    "boolean": True,
    "number": 1,
    "object": {},
    "array": [],
}


class Field(Struct, frozen=True):
    """A parameter or member: `kind` is its type and limits, `link` the schema it leads to."""

    name: str
    kind: str
    required: bool
    said: str = ""
    link: str = ""


class Operation(Struct, frozen=True):
    """One operation as the page shows it. `errors` are statuses with their reasons."""

    id: str
    method: str
    path: str
    summary: str
    said: tuple[str, ...]
    parameters: tuple[Field, ...]
    body: str
    body_example: str
    status: str
    answer: str
    answer_example: str
    errors: tuple[tuple[str, str], ...]


class Schema(Struct, frozen=True):
    """A named form and its members."""

    name: str
    said: str
    fields: tuple[Field, ...]


class Reference(Struct, frozen=True):
    """The whole page: operations by subject, webhooks, forms."""

    subjects: tuple[tuple[str, tuple[Operation, ...]], ...]
    webhooks: tuple[tuple[str, str, str, str], ...]
    schemas: tuple[Schema, ...]


def made_once(public_url: str) -> Callable[[], Reference]:
    """What the page shows, made when it is first asked for."""

    @cache
    def whole() -> Reference:
        return reference(openapi.document(public_url))

    return whole


def routes(pages: Pages, whole: Callable[[], Reference]) -> list[Route]:
    """The page for everybody; the portal shows the same in its own."""

    async def show(request: Request) -> Response:
        return pages.render(request, "rest/reference.html", reference=whole())

    return [Route(PATH, show)]


def reference(document: dict[str, Any]) -> Reference:
    """What the page shows of a document."""
    components = document["components"]["schemas"]
    operations: dict[str, list[Operation]] = {tag["name"]: [] for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method, one in methods.items():
            for tag in one.get("tags", ()):
                operations[tag].append(_operation(method, path, one, components))
    return Reference(
        tuple((name, tuple(found)) for name, found in operations.items()),
        tuple(
            (name, one["post"]["summary"], *_form(one["post"]["requestBody"], components))
            for name, one in document["webhooks"].items()
        ),
        tuple(_schema(name, components[name]) for name in sorted(components)),
    )


def example(schema: dict[str, Any], components: dict[str, Any], depth: int = 0) -> Any:
    """A value of this form: its own example, default or first choice where it has one."""
    if "$ref" in schema:
        return example(components[_last(schema["$ref"])], components, depth)
    for name in "examples", "enum":
        if schema.get(name):
            return schema[name][0]
    if "const" in schema:
        return schema["const"]
    choices = [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]
    if choices:
        return example(choices[0], components, depth)
    if depth >= _DEEPEST:
        return None
    if "properties" in schema:
        return {
            name: example(one, components, depth + 1) for name, one in schema["properties"].items()
        }
    if "items" in schema:
        return [example(schema["items"], components, depth + 1)]
    if schema.get("default") not in (None, ""):
        return schema["default"]
    if schema.get("format") == "date-time":
        return "2026-11-25T10:00:00+08:00"
    prefix = re.match(r"\^(\w{3}_)", schema.get("pattern", ""))
    if prefix:
        return f"{prefix[1]}0SB09HB4C0000"
    return schema.get("minimum", _EXAMPLES.get(schema.get("type", ""), None))


def _operation(
    method: str, path: str, one: dict[str, Any], components: dict[str, Any]
) -> Operation:
    answers = one["responses"]
    status = min(answers)
    body, body_example = ("", "")
    if "requestBody" in one:
        body, body_example = _form(one["requestBody"], components)
    answer, answer_example = _form(answers[status], components)
    return Operation(
        id=one["operationId"],
        method=method.upper(),
        path=path,
        summary=one["summary"],
        said=tuple(part.replace("\n", " ") for part in one["description"].split("\n\n")),
        parameters=tuple(_parameter(part) for part in one["parameters"]),
        body=body,
        body_example=body_example,
        status=status,
        answer=answer,
        answer_example=answer_example,
        errors=tuple(
            (code, said["description"]) for code, said in answers.items() if code != status
        ),
    )


def _form(holder: dict[str, Any], components: dict[str, Any]) -> tuple[str, str]:
    """The name of a body's form, and an example of it."""
    schema = holder["content"]["application/json"]["schema"]
    made = msgspec.json.format(msgspec.json.encode(example(schema, components)))
    return _last(schema.get("$ref", "")), made.decode()


def _parameter(part: dict[str, Any]) -> Field:
    schema = part["schema"]
    said = part.get("description") or schema.get("description", "")
    return Field(part["name"], f"{part['in']} · {_kind(schema)}", part["required"], said)


def _schema(name: str, schema: dict[str, Any]) -> Schema:
    required = set(schema.get("required", ()))
    return Schema(
        name,
        schema.get("description", ""),
        tuple(
            Field(field, _kind(one), field in required, one.get("description", ""), _target(one))
            for field, one in schema.get("properties", {}).items()
        ),
    )


def _kind(schema: dict[str, Any]) -> str:
    """A type with its limits, in one line."""
    if "$ref" in schema:
        return _last(schema["$ref"])
    if "anyOf" in schema:
        return " | ".join(_kind(one) for one in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(str(one) for one in schema["enum"])
    parts = [str(schema.get("type", schema.get("const", "")))]
    if "items" in schema:
        parts.append(f"of {_kind(schema['items'])}")
    parts += _said_limits(schema)
    return ", ".join(part for part in parts if part)


def _said_limits(schema: dict[str, Any]) -> Iterable[str]:
    for name, words in _LIMITS.items():
        if schema.get(name) not in (None, ""):
            yield words.format(schema[name])
    if "format" in schema:
        yield schema["format"]


def _target(schema: dict[str, Any]) -> str:
    """The schema that a member leads to."""
    for one in (schema, schema.get("items", {}), *schema.get("anyOf", ())):
        if "$ref" in one:
            return _last(one["$ref"])
    return ""


def _last(reference_text: str) -> str:
    return reference_text.rpartition("/")[2]
