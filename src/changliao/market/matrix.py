"""The acceptance matrix in small: how each method stands at each platform now."""

from typing import Final

from msgspec import Struct

from changliao.core.acceptance import Accepting, stands
from changliao.core.clock import Instant
from changliao.core.ids import MerchantId
from changliao.market.names import Label, Names
from changliao.store.engine import Reader
from changliao.store.views import acceptance

STOPPED: Final = (Accepting.SUSPENDED, Accepting.BANNED)


class Standing(Struct, frozen=True):
    """On how many terminals a method stands so, the least accepting state of them."""

    state: Accepting
    terminals: int
    of: int


class Matrix(Struct, frozen=True):
    """Rows are platforms, columns methods. `stopped` counts cells by terminal, `stopping` rows."""

    methods: tuple[Label, ...]
    rows: tuple[tuple[Label, tuple[Standing, ...]], ...]
    stopped: int
    stopping: int


def standing(reader: Reader, names: Names, now: Instant) -> Matrix:
    """What holds now: of every platform, and of every merchant that has a policy of its own.

    Those that were merged obey their heir.
    """
    agreed = {one.platform_id: one for one in acceptance.every(reader)}
    terminals = [one.id for one in acceptance.terminals(reader)]
    rows, stopped, stopping = [], 0, 0
    alone = [one for one, known in agreed.items() if known.policies and one not in names.platforms]
    for platform_id in (*names.platforms, *alone):
        if platform_id in names.heirs:
            continue
        known = agreed.get(MerchantId(platform_id))
        policies = known.policies if known is not None else ()
        cells, here = [], 0
        for method_id in names.methods:
            states = [stands(policies, method_id, terminal, now) for terminal in terminals]
            here += sum(state in STOPPED for state in states)
            worst = max(states, key=lambda state: (state in STOPPED, state))
            cells.append(Standing(worst, states.count(worst), len(states)))
        rows.append((names.platform(platform_id), tuple(cells)))
        stopped += here
        stopping += bool(here)
    return Matrix(tuple(names.methods.values()), tuple(rows), stopped, stopping)
