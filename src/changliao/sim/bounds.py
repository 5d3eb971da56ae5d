"""Between what numbers of a scenario may lie: beyond, utilities overflow and shares are none."""

from collections.abc import Iterator
from typing import Any, Final

from changliao.sim.scenario import Cap, Scenario, Subsidy

Way = list[str | int]
Found = Iterator[tuple[Way, str]]
_MOST_LOGITS: Final = 50.0
_LOGITS: Final = "is in logits: from -50 to 50"
_BOUNDS: Final = (
    (
        ("model",),
        ("visit_rate", "mobile", "forgive", "contagion"),
        (0.0, 1.0),
        "is a share: from 0 to 1",
    ),
    (
        ("wallet", "event"),
        ("share", "outrage", "p", "q"),
        (0.0, 1.0),
        "is a share: from 0 to 1",
    ),
    (
        ("model",),
        ("presence_half_life", "goodwill_half_life"),
        (1e-6, 1e6),
        "must be above 0",
    ),
    (("model",), ("wallet_scale",), (0.1, 100.0), "is from 0.1 to 100"),
    (
        ("model",),
        ("network", "boycott_cost", "boycott_wallet", "subsidy_effect"),
        (-50.0, 50.0),
        _LOGITS,
    ),
    # Below, the share who come back is zero to the last digit, and so is what divides by it.
    (("model",), ("habit",), (-20.0, 50.0), "is in logits: from -20 to 50"),
    (("wallet", "event"), ("goodwill", "appeal", "pc", "mobile"), (-50.0, 50.0), _LOGITS),
    (
        ("event",),
        ("amount", "subsidy", "budget"),
        (-1e15, 1e15),
        "must be a finite number",
    ),
    (
        ("calibrate",),
        ("equals", "low", "high"),
        (-1e15, 1e15),
        "must be a finite number",
    ),
)


def out_of_bounds(scenario: Scenario) -> Found:
    """Where it is, and what it should be."""
    parts: dict[str, list[tuple[Way, Any]]] = {"model": [(["model"], scenario.model)]}
    for kind in ("wallet", "event", "calibrate"):
        ones = enumerate(getattr(scenario.market, kind))
        parts[kind] = [(["market", kind, place], one) for place, one in ones]
    for kinds, names, bounds, say in _BOUNDS:
        for way, one in (part for kind in kinds for part in parts[kind]):
            yield from _outside(one, way, names, bounds, say)
    effect = scenario.model.subsidy_effect
    for place, event in enumerate(scenario.market.event):
        given = max(getattr(event, name, 0.0) for name in ("amount", "subsidy"))
        if isinstance(event, Subsidy | Cap) and abs(effect * given) > _MOST_LOGITS:
            yield ["market", "event", place], f"subsidy_effect times this {_LOGITS}"
    for place, people in enumerate(scenario.market.people):
        if any(not abs(logits) <= _MOST_LOGITS for logits in people.taste.values()):
            yield ["market", "people", place], f"taste {_LOGITS}"


def _outside(
    one: Any, way: Way, names: tuple[str, ...], bounds: tuple[float, float], say: str
) -> Found:
    for name in names:
        value = getattr(one, name, None)
        if isinstance(value, float | int) and not bounds[0] <= value <= bounds[1]:
            yield [*way, name], f"{name} {say}"
