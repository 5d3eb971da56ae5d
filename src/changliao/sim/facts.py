"""Facts: expressions over what a run found, and nothing else.

The language is Python's arithmetic, comparisons, `and`, `or`, `not`, and the functions below. A
question asked with `variant='name'` is put to that variant of the story. A result of many runs at
once gives an answer for each.
"""

import ast
import operator
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from msgspec import Struct

from changliao.sim import forms
from changliao.sim.result import NotThere, Result

MOST_LETTERS: Final = 2_000
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
        "survivors": forms.survivors,
        "entrant_among_many": forms.entrant_among_many,
        "entrant_against_one": forms.entrant_against_one,
    }
)
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
            try:
                if ast.unparse(call.func) in OUTPUTS:
                    _called(call, nothing)
                elif not all(map(_is_number, call.args)):
                    yield f"{ast.unparse(call)}: theory is asked with numbers"
            except (NotThere, NotAQuestion) as error:
                yield str(error)
            except (LookupError, ValueError) as error:
                yield f"{ast.unparse(call)}: {error}"
            except ArithmeticError:
                pass  # nothing was bought in an empty result


def compiled(text: str) -> Question:
    """Raises NotAQuestion."""
    if len(text) > MOST_LETTERS:
        raise NotAQuestion(f"an expression has at most {MOST_LETTERS} letters")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise NotAQuestion(f"{text!r} is not an expression: {error}") from error
    for node in ast.walk(tree):
        _check(node)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    days: dict[str, frozenset[int]] = {}
    for call in calls:
        name = _variant(call)
        days[name] = days.get(name, frozenset()) | _days(call)
    return Question(text, tree, days)


def _check(node: ast.AST) -> None:
    match node:
        case ast.Constant(value=str() | int() | float()):
            return
        case ast.BinOp(left=left, right=right) if not (_is_number(left) and _is_number(right)):
            pass
        case ast.UnaryOp(operand=one) if not _is_number(one):
            pass
        case ast.List() | ast.Tuple() | ast.Load() | ast.And() | ast.Or():
            return
        case ast.BinOp() | ast.UnaryOp() | ast.Compare() | ast.BoolOp() | ast.keyword():
            return
        case ast.Call(func=ast.Name(id=name)) if name in OUTPUTS or name in THEORY:
            return
        case ast.Name(id=name) if name in OUTPUTS or name in THEORY:
            return
        case _ if type(node) in _ARITHMETIC:
            return
    known = ", ".join(sorted([*OUTPUTS, *THEORY]))
    raise NotAQuestion(
        f"{ast.unparse(node)!r} is not allowed: a fact compares numbers and asks {known}"
    )


def _is_number(node: ast.expr) -> bool:
    """May it be one? Names in quotes and lists are not for sums: `'a' * 10**9` is a gigabyte."""
    match node:
        case ast.Constant(value=value):
            return not isinstance(value, str)
        case ast.List() | ast.Tuple():
            return False
    return True


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
    try:
        if name in THEORY:
            return THEORY[name](*given, **named)
        return OUTPUTS[name](of(_variant(call)), *given, **named)
    except (TypeError, AttributeError) as error:
        raise NotAQuestion(f"{ast.unparse(call)}: {error}") from error
