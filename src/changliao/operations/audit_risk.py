"""The audit of risk: what is in force was approved by another, and hits are of rules there were."""

from changliao.core import ids
from changliao.core.members import same_hands
from changliao.core.risk import RiskAction, RuleState
from changliao.store.engine import Reader
from changliao.store.views import risk


def first_fault(reader: Reader) -> str | None:
    """What is wrong with risk rules and hits; None: nothing."""
    rules = {one.id: one for one in risk.all_rules(reader)}
    agreed = [one for one in rules.values() if one.state is RuleState.IN_FORCE]
    if risk.rulebook(reader).rules != tuple(sorted(agreed, key=lambda one: one.id)):
        return "the risk rules in force are not those that were approved"
    for rule in rules.values():
        alone = rule.decided_by and same_hands(rule.decided_by, rule.drafted_by)
        if alone or bool(rule.decided_by) != (rule.state in (RuleState.IN_FORCE, RuleState.ENDED)):
            return f"{ids.show('rsk', rule.id)} is in force without a second person"
    newest: dict[int, tuple[int, int]] = {}
    for hit in risk.all_hits(reader):
        last, many = newest.get(hit.attempted.payer_id, (hit.id, 0))
        newest[hit.attempted.payer_id] = (last, many + 1)
        its = rules.get(hit.rule_id)
        shown = ids.show("hit", hit.id)
        judged = its is not None and hit.attempted.movement in its.movements
        if not judged or its is None or its.action is not hit.action or not its.decided_by:
            return f"{shown} is of no rule there was"
        if hit.passed and hit.action is RiskAction.REFUSE:
            return f"{shown} passed a rule that refuses"
    for one in risk.all_unseen(reader):
        last, many = newest.get(one.payer_id, (0, 0))
        if one.hits > many or one.last > last:
            return f"{ids.show('usr', one.payer_id)} has fewer hits than are waited for"
    return None
