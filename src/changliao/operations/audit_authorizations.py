"""The audit of authorizations: their steps moved what they say, and what is frozen is reserved."""

from collections import defaultdict
from collections.abc import Mapping

from changliao.core import chart, ids
from changliao.core.authorizations import AuthorizationState, StepKind
from changliao.core.chart import AccountId
from changliao.core.clock import NEVER
from changliao.core.ids import UserId
from changliao.core.ledger import Code
from changliao.core.money import BY_NUMBER
from changliao.store.engine import Reader
from changliao.store.views import audit

_CODES = {
    StepKind.FREEZE: Code.FREEZE,
    StepKind.CAPTURE: Code.PAYMENT,
    StepKind.RELEASE: Code.UNFREEZE,
}


def first_fault(
    reader: Reader, moved: Mapping[tuple[int, int], int], reserved: Mapping[AccountId, int]
) -> str | None:
    """What is wrong with authorizations; None: nothing. `moved` is by cause and code."""
    sums: dict[int, dict[StepKind, int]] = defaultdict(lambda: defaultdict(int))
    kept: dict[Code, int] = defaultdict(int)
    for authorization_id, step_id, kind, amount, payment_id in audit.authorization_steps(reader):
        code = _CODES[StepKind(kind)]
        if moved.get((payment_id or step_id, code), 0) != amount:
            return f"step {step_id} did not move {amount}"
        sums[authorization_id][StepKind(kind)] += amount
        kept[code] += amount
    for code in (Code.FREEZE, Code.UNFREEZE):
        in_all = sum(amount for (_, why), amount in moved.items() if why == code)
        if in_all != kept[code]:
            return f"{code.name.lower()} moved {in_all}, its steps say {kept[code]}"
    return _wrong_sums(reader, sums, reserved)


def _wrong_sums(
    reader: Reader,
    sums: Mapping[int, Mapping[StepKind, int]],
    reserved: Mapping[AccountId, int],
) -> str | None:
    frozen: dict[AccountId, int] = defaultdict(int)
    known = set()
    for row in audit.authorizations(reader):
        _, authorization_id, payer_id, currency, amount, state, captured, released, frozen_at = row
        known.add(authorization_id)
        shown = ids.show("aut", authorization_id)
        steps = sums.get(authorization_id, {})
        said = (amount if frozen_at != NEVER else 0, captured, released)
        if tuple(steps.get(kind, 0) for kind in StepKind) != said:
            return f"{shown} does not agree with its steps"
        left = said[0] - captured - released
        if left and state != AuthorizationState.FROZEN:
            return f"{shown} has ended and left {left} frozen"
        if state == AuthorizationState.FROZEN and not left:
            return f"{shown} is frozen and has nothing left"
        frozen[chart.reserved(UserId(payer_id), BY_NUMBER[currency])] += left
    if sums.keys() - known:
        return f"{len(sums.keys() - known)} authorizations have steps and no row"
    for account in {*reserved, *frozen}:
        if reserved.get(account, 0) != frozen.get(account, 0):
            return f"what is reserved of {account.owner} is not what is frozen"
    return None
