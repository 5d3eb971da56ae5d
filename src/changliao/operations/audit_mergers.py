"""The audit of mergers: what they say moved is what moved, and who was merged has one heir."""

from collections.abc import Mapping

from changliao.core import ids
from changliao.core.ids import MerchantId
from changliao.core.ledger import Code
from changliao.core.mergers import Merger, MergerState, Step, moved_in_all
from changliao.core.platforms import Platform
from changliao.store.engine import Reader
from changliao.store.views import mergers, platforms


def first_fault(reader: Reader, moved: Mapping[tuple[int, int], int]) -> str | None:
    """What is wrong with mergers; None: nothing. `moved` is by cause and code."""
    known = {one.merchant_id: one for one in platforms.platforms(reader)}
    found = mergers.mergers(reader, 0)
    for merger in found:
        shown = ids.show("mrg", merger.id)
        amount, said = moved.get((merger.id, Code.MERGER), 0), moved_in_all(merger)
        if amount != said:
            return f"{shown} moved {amount} and says {said}"
        if merger.decided_by == merger.drafted_by and merger.state is not MergerState.CANCELLED:
            return f"somebody approved {shown}, a draft of their own"
        if _closed(merger) and known[merger.source_id].heir_id != merger.target_id:
            return f"the source of {shown} has another heir"
    return _heirs(known, found) or _strangers(found, moved) or _circle(known)


def _closed(merger: Merger) -> bool:
    return merger.state is MergerState.DONE or (
        merger.state is MergerState.RUNNING and merger.step is not Step.CLOSE
    )


def _heirs(known: Mapping[MerchantId, Platform], found: list[Merger]) -> str | None:
    closed = {(merger.source_id, merger.target_id) for merger in found if _closed(merger)}
    for one in known.values():
        if one.heir_id and (one.merchant_id, one.heir_id) not in closed:
            return f"no merger gave {ids.show('mch', one.merchant_id)} its heir"
    return None


def _strangers(found: list[Merger], moved: Mapping[tuple[int, int], int]) -> str | None:
    known = {merger.id for merger in found}
    for cause, code in moved:
        if code in (Code.MERGER, Code.MERGER_LOAN) and cause not in known:
            return f"money moved for {ids.show('mrg', cause)}, which nobody drafted"
    return None


def _circle(known: Mapping[MerchantId, Platform]) -> str | None:
    for platform_id in known:
        seen, here = {platform_id}, known[platform_id].heir_id
        while here:
            if here in seen or here not in known:
                return f"{ids.show('mch', platform_id)} has no last heir"
            seen.add(here)
            here = known[here].heir_id
    return None
