"""Facts: expressions over what a run found, and nothing else.

The language is Python's arithmetic, comparisons, `and`, `or`, `not`, and the functions below. A
question asked with `variant='name'` is put to that variant of the story. A result of many runs at
once gives an answer for each.
"""

import ast
import operator
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from inspect import signature
from types import MappingProxyType
from typing import Any, Final, Literal

import numpy as np
from msgspec import Struct

from changliao.sim import forms
from changliao.sim.result import NotThere, Result

MOST_LETTERS: Final = 2_000
MOST_DEEP: Final = 100
Kind = Literal["number", "truth", "names"]
_SAID: Final[Mapping[Kind, str]] = {
    "number": "a number",
    "truth": "true or false",
    "names": "a name",
}
# What a fact may ask of a run; the names are methods of Result.
OUTPUTS: Final[Mapping[str, Callable[..., Any]]] = MappingProxyType(
    {
        "share": Result.share,
        "bought": Result.bought,
        "flow": Result.moved,
        "users": Result.last_at,
        "mobile": Result.mobile,
        "paid_with": Result.paid_with,
        "holders": Result.holders,
        "boycott": Result.boycott,
        "takes": Result.takes,
        "hhi": Result.hhi,
        "competitors": Result.competitors,
    }
)
# What it may ask of theory.
THEORY: Final[Mapping[str, Callable[..., Any]]] = MappingProxyType(
    {
        "war_profit": forms.war_profit,
        "implied_scale": forms.implied_scale,
        "survivors": forms.survivors,
        "entrant_among_many": forms.entrant_among_many,
        "entrant_against_one": forms.entrant_against_one,
    }
)
_ASKED: Final[Mapping[str, Callable[..., Any]]] = MappingProxyType({**OUTPUTS, **THEORY})
_ARITHMETIC: Final[Mapping[type[ast.AST], Callable[..., Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.USub: operator.neg,
    ast.Not: np.logical_not,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


class NotAQuestion(Exception):
    """An expression does something else than read outputs."""


class Question(Struct, frozen=True):
    """A checked expression; `days` are those it asks of each variant, '' being the story."""

    text: str
    tree: ast.expr
    kind: Kind
    days: Mapping[str, frozenset[int]]

    @property
    def variants(self) -> frozenset[str]:
        """Which it asks, beside the story itself."""
        return frozenset(self.days) - {""}

    def answer(self, of: Callable[[str], Result]) -> Any:
        """Its value; `of` gives the result of a variant. Raises NotThere."""
        return _value(self.tree, of)

    def problems(self, nothing: Callable[[str], Result]) -> Iterator[str]:
        """What it asks for that a scenario does not have; `nothing` gives empty runs."""
        for call in (node for node in ast.walk(self.tree) if isinstance(node, ast.Call)):
            theory = ast.unparse(call.func) in THEORY
            try:
                _called(call, nothing)
            except (NotThere, NotAQuestion) as error:
                yield str(error)
            except (LookupError, ValueError) as error:
                yield f"{ast.unparse(call)}: {error}"
            except ArithmeticError as error:
                if theory:  # of an empty result it is that nothing was bought
                    yield f"{ast.unparse(call)}: {error}"


def compiled(text: str) -> Question:
    """Raises NotAQuestion."""
    if len(text) > MOST_LETTERS:
        raise NotAQuestion(f"an expression has at most {MOST_LETTERS} letters")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise NotAQuestion(f"{text!r} is not an expression: {error}") from error
    kind = _kind(tree, MOST_DEEP)
    if not _asks(tree):
        raise NotAQuestion(f"{text!r} asks nothing: ask {', '.join(sorted(_ASKED))}")
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and not _asks(node):
            try:
                _value(node, _no_run)
            except ArithmeticError as error:
                raise NotAQuestion(f"{ast.unparse(node)}: {error}") from error
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    days: dict[str, frozenset[int]] = {}
    for call in calls:
        name = _variant(call)
        days[name] = days.get(name, frozenset()) | _days(call)
    return Question(text, tree, kind, days)


def _kind(node: ast.expr, deep: int) -> Kind:
    """What a node's value is. Raises NotAQuestion when it has no place in a question."""
    if not deep:
        raise NotAQuestion(f"the expression is too deep: at most {MOST_DEEP} parts in parts")
    match node:
        case ast.Constant(value=str()) | ast.List() | ast.Tuple():
            return _names(node)
        case ast.Constant(value=int() | float()) if not isinstance(node.value, bool):
            return "number"
        case ast.UnaryOp(op=ast.Not(), operand=one):
            return _wanted("truth", one, deep=deep)
        case ast.UnaryOp(op=ast.USub(), operand=one):
            return _wanted("number", one, deep=deep)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
            return _wanted("number", left, right, deep=deep)
        case ast.BoolOp(values=parts):
            return _wanted("truth", *parts, deep=deep)
        case ast.Compare(left=left, ops=ops, comparators=others) if _known(ops):
            _wanted("number", left, *others, deep=deep)
            return "truth"
        case ast.Call(func=ast.Name(id=name), args=args, keywords=named) if name in _ASKED:
            given = [*args, *(keyword.value for keyword in named)]
            if any(_kind(one, deep - 1) == "truth" for one in given):
                raise NotAQuestion(f"{ast.unparse(node)}: it is asked as {_form(name)}")
            if name in THEORY and any(map(_asks, given)):
                raise NotAQuestion(f"{ast.unparse(node)}: theory is asked with numbers")
            return "truth" if name == "takes" else "number"
    raise _not_allowed(node)


def _wanted(kind: Kind, *nodes: ast.expr, deep: int) -> Kind:
    """All are of this kind."""
    for node in nodes:
        found = _kind(node, deep - 1)
        if found != kind:
            raise NotAQuestion(f"{ast.unparse(node)!r} is {_SAID[found]}, not {_SAID[kind]}")
    return kind


def _asks(node: ast.expr) -> bool:
    return any(isinstance(one, ast.Call) for one in ast.walk(node))


def _known(ops: list[ast.cmpop]) -> bool:
    return all(type(op) in _ARITHMETIC for op in ops)


def _names(node: ast.expr) -> Kind:
    parts = node.elts if isinstance(node, ast.List | ast.Tuple) else [node]
    if all(isinstance(part, ast.Constant) and isinstance(part.value, str) for part in parts):
        return "names"
    raise NotAQuestion(f"{ast.unparse(node)!r} is not allowed: a list has names in quotes")


def _not_allowed(node: ast.expr) -> NotAQuestion:
    text = ast.unparse(node)
    name = node.func if isinstance(node, ast.Call) else node
    if isinstance(name, ast.Name) and name.id in _ASKED:
        return NotAQuestion(f"{text!r} is asked as {_form(name.id)}")
    close = get_close_matches(name.id, _ASKED, 1) if isinstance(name, ast.Name) else []
    mend = f"did you mean {close[0]!r}?" if close else (
        f"a fact compares numbers and asks {', '.join(sorted(_ASKED))}"
    )  # fmt: skip
    return NotAQuestion(f"{text!r} is not allowed: {mend}")


def _form(name: str) -> str:
    """How a question is asked."""
    own = [one for one in signature(_ASKED[name]).parameters if one != "self"]
    return f"{name}({', '.join(own)})"


def _variant(call: ast.Call) -> str:
    for keyword in call.keywords:
        if keyword.arg == "variant":
            if not isinstance(keyword.value, ast.Constant):
                raise NotAQuestion("variant is a name in quotes")
            return str(keyword.value.value)
        if keyword.arg is None:
            raise NotAQuestion("** is not allowed")
    return ""


def _days(call: ast.Call) -> frozenset[int]:
    """What days a call may ask about: every whole number it is given; theory has none."""
    if not isinstance(call.func, ast.Name) or call.func.id in THEORY:
        return frozenset()
    days = set[int]()
    for node in (*call.args, *(keyword.value for keyword in call.keywords)):
        try:
            value = _value(node, _no_run)
        except (ArithmeticError, NotAQuestion, TypeError):
            continue
        if isinstance(value, int):
            days.add(value)
    return frozenset(days)


def _no_run(variant: str) -> Result:
    raise NotAQuestion(f"a day does not depend on a run of {variant!r}")


def _value(node: ast.AST, of: Callable[[str], Result]) -> Any:
    match node:
        case ast.Constant(value=value):
            return value
        case ast.List(elts=parts) | ast.Tuple(elts=parts):
            return [_value(part, of) for part in parts]
        case ast.UnaryOp(op=op, operand=one):
            return _ARITHMETIC[type(op)](_value(one, of))
        case ast.BinOp(left=left, op=op, right=right):
            return _ARITHMETIC[type(op)](_value(left, of), _value(right, of))
        case ast.BoolOp(op=ast.And(), values=parts):
            return _joined(np.logical_and, (_value(part, of) for part in parts), enough=False)
        case ast.BoolOp(values=parts):
            return _joined(np.logical_or, (_value(part, of) for part in parts), enough=True)
        case ast.Compare(left=left, ops=ops, comparators=others):
            values = [_value(part, of) for part in (left, *others)]
            pairs = zip(values, ops, values[1:], strict=False)
            found = (_ARITHMETIC[type(op)](one, two) for one, op, two in pairs)
            return _joined(np.logical_and, found, enough=False)
        case ast.Call():
            return _called(node, of)
    raise NotAQuestion(f"{ast.unparse(node)!r} has no value")


def _joined(by: Callable[..., Any], values: Iterator[Any], *, enough: bool) -> Any:
    """By `and` or `or`: what comes after is not asked when one value, for all runs, is enough."""
    found: Any = not enough
    for value in values:
        found = by(found, value)
        if np.all(found == enough):
            break
    return found


def _called(call: ast.Call, of: Callable[[str], Result]) -> Any:
    name = ast.unparse(call.func)
    given = [_value(one, of) for one in call.args]
    named = {str(one.arg): _value(one.value, of) for one in call.keywords if one.arg != "variant"}
    if name in THEORY and not all(
        isinstance(one, int | float) for one in (*given, *named.values())
    ):
        raise NotAQuestion(f"{ast.unparse(call)}: theory is asked with numbers")
    if name in OUTPUTS:
        given = [of(_variant(call)), *given]
    try:
        signature(_ASKED[name]).bind(*given, **named)
    except TypeError as error:
        raise NotAQuestion(f"{ast.unparse(call)}: it is asked as {_form(name)}") from error
    return _ASKED[name](*given, **named)
