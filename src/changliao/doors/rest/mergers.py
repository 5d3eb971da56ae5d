"""Merging platforms over REST: plan, draft, approve, preview, run in steps, report."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

from msgspec import UNSET

from changliao.core import chart, ids
from changliao.core.clock import NEVER
from changliao.core.ids import MerchantId, MergerId, made_at
from changliao.core.ledger import Account
from changliao.core.members import Right
from changliao.core.merger_plans import (
    Conflict,
    Kind,
    moves,
    policy_conflicts,
    store_conflicts,
)
from changliao.core.mergers import (
    AdvanceMerger,
    Answer,
    ApproveMerger,
    CancelMerger,
    CollectMerger,
    Joined,
    Keep,
    Merger,
    MergerState,
    Step,
    decide_plan,
    steps_left,
)
from changliao.core.money import BY_NUMBER
from changliao.core.outcome import Reason, Refused
from changliao.core.platforms import Store
from changliao.doors.rest.call import Call, Door, perform, read_id
from changliao.doors.rest.endpoint import Endpoint, Who
from changliao.doors.rest.errors import refusal
from changliao.doors.rest.fields import Nothing, Page, moment
from changliao.doors.rest.members import doing, perform_by
from changliao.doors.rest.merger_forms import (
    AnswerForm,
    BalanceShown,
    ConflictShown,
    JoinedShown,
    KeepName,
    MergerPreview,
    MergerReport,
    MergerShown,
    MergersQuery,
    MergerStateName,
    NewMerger,
    PlanQuery,
    PlanShown,
    Run,
    SideShown,
    StepName,
    WaitingShown,
)
from changliao.operations.mergers import ADVANCE, APPROVE, CANCEL, COLLECT, DRAFT
from changliao.store.views import acceptance, ledger, mergers, platforms
from changliao.store.views.mergers import Waiting

_EARNED: Final = (chart.Purpose.PAYABLE, chart.Purpose.AVAILABLE)


async def plan(door: Door, call: Call[Nothing, PlanQuery]) -> PlanShown:
    """Show what two platforms have, what contradicts, and the answer proposed for each."""
    asked = call.query
    source_id = MerchantId(read_id("mch", asked.source_id))
    target_id = MerchantId(read_id("mch", asked.target_id))
    imagined = Merger(MergerId(0), source_id, target_id, "", "")
    refused = decide_plan(imagined)
    if refused is not None:
        raise refusal(refused)
    both = await door.network.report(mergers.payers, source_id, target_id)
    return PlanShown(
        await _side(door, source_id, both.source),
        await _side(door, target_id, both.target),
        both.both,
        await _conflicts(door, imagined),
    )


async def draft(door: Door, call: Call[NewMerger, Nothing]) -> Any:
    """Draft a merger for another operator to approve.

    Conflicts that it does not answer are answered as the plan proposes.
    """
    form = call.form
    merger = Merger(
        id=MergerId(door.network.ids.new()),
        source_id=MerchantId(read_id("mch", form.source_id)),
        target_id=MerchantId(read_id("mch", form.target_id)),
        reason=form.reason,
        drafted_by=call.caller.name,
        answers=tuple(
            Answer(MerchantId(read_id("mch", one.merchant_id)), Keep[one.keep.upper()])
            for one in form.answers
        ),
        own_policies=form.own_policies,
    )
    return await perform_by(door, call, _DRAFT, merger, _merger, subject=ids.show("mrg", merger.id))


async def search(door: Door, call: Call[Nothing, MergersQuery]) -> Page[MergerShown]:
    """List mergers, newest first."""
    asked = call.query.platform_id
    platform_id = read_id("mch", asked) if asked else 0
    return Page([_merger(one) for one in await door.network.read(mergers.mergers, platform_id)])


async def show(door: Door, call: Call[Nothing, Nothing]) -> MergerShown:
    """Show a merger and how far it got."""
    return _merger(await _find(door, call))


async def preview(door: Door, call: Call[Nothing, Nothing]) -> MergerPreview:
    """Show what a merger will do, with counts and sums as they are now."""
    known, network = await _find(door, call), door.network
    source = await network.report(platforms.stores, known.source_id, 0)
    target = await network.report(platforms.stores, known.target_id, 0)
    found = moves(known, source, target)
    stores = found.alone + found.target_terms + found.source_terms
    opened = await network.report(mergers.open_orders, known.source_id, network.clock())
    held = await network.report(mergers.escrows, known.source_id)
    return MergerPreview(
        merger_id=ids.show("mrg", known.id),
        steps_left=steps_left(known, stores),
        stores_alone=found.alone,
        stores_on_target_terms=found.target_terms,
        stores_on_source_terms=found.source_terms,
        balances=await _moving(door, known.source_id),
        open_orders=_waiting(opened),
        escrows=_waiting(held),
        conflicts=await _conflicts(door, known),
    )


async def approve(door: Door, call: Call[Nothing, Nothing]) -> Any:
    """Approve another operator's merger: it may run.

    Until its end both platforms take part in no other. The body is not read.
    """
    command = ApproveMerger(_id(call), call.caller.name)
    subject = ids.show("mrg", command.merger_id)
    return await perform_by(door, call, _APPROVE, command, _merger, subject=subject)


async def cancel(door: Door, call: Call[Nothing, Nothing]) -> Any:
    """Take a merger back before it runs.

    Taking it back again is no change. The body is not read.
    """
    command = CancelMerger(_id(call), call.caller.name)
    return await perform(door, call, CANCEL, command, _merger)


async def run(door: Door, call: Call[Run, Nothing]) -> Any:
    """Run one step of an approved merger.

    Name the `position` it shows. A step that was done already is no change, so that a run that
    broke off goes on by asking again.
    """
    command = AdvanceMerger(_id(call), call.form.position)
    return await perform(door, call, ADVANCE, command, _merger)


async def collect(door: Door, call: Call[Nothing, Nothing]) -> Any:
    """Bring what the source has earned since its merger to the target.

    When there is nothing, nothing happens. The body is not read.
    """
    return await perform(door, call, COLLECT, CollectMerger(_id(call)), _merger)


async def report(door: Door, call: Call[Nothing, Nothing]) -> MergerReport:
    """Show what a merger moved: sums before are sums after."""
    known = await _find(door, call)
    lent = await door.network.report(mergers.loans, known.id)
    return MergerReport(
        merger=_merger(known),
        joined=[_joined(one) for one in known.joined],
        collected=[_book(book, amount) for book, amount in known.collected],
        lent=[_book(book, amount) for book, amount in lent.items()],
        source_now=await _balances(door, known.source_id),
        target_now=await _balances(door, known.target_id),
    )


async def _side(door: Door, platform_id: MerchantId, users: int) -> SideShown:
    network = door.network
    known = await network.read(platforms.platforms)
    if platform_id not in [one.merchant_id for one in known]:
        raise refusal(Refused(Reason.PLATFORM_NOT_FOUND))
    found: list[Store] = await network.report(platforms.stores, platform_id, 0)
    agreed = await network.read(acceptance.of_platform, platform_id)
    opened = await network.report(mergers.open_orders, platform_id, network.clock())
    return SideShown(
        platform_id=ids.show("mch", platform_id),
        stores=dict(Counter(one.state.name.lower() for one in found)),
        users=users,
        balances=await _balances(door, platform_id),
        open_orders=_waiting(opened),
        escrows=_waiting(await network.report(mergers.escrows, platform_id)),
        policies=len(agreed.policies),
    )


async def _conflicts(door: Door, merger: Merger) -> list[ConflictShown]:
    network, sides = door.network, (merger.source_id, merger.target_id)
    source, target = [await network.report(platforms.stores, one, 0) for one in sides]
    own, other = [await network.read(acceptance.of_platform, one) for one in sides]
    found = store_conflicts(merger, source, target)
    found += policy_conflicts(merger, own, other, network.clock())
    same = await network.report(mergers.same_references, *sides)
    if same:
        found.append(Conflict(Kind.REFERENCES, str(same), str(same), "apart"))
    return [
        ConflictShown(
            one.kind.value,
            one.source,
            one.target,
            one.answer,
            one.field or UNSET,
            ids.show("mch", one.merchant_id) if one.merchant_id else UNSET,
        )
        for one in found
    ]


async def _balances(door: Door, platform_id: MerchantId) -> list[BalanceShown]:
    found: list[Account] = await door.network.read(ledger.accounts_of, platform_id)
    return [_book(one.id.book, one.balance) for one in found if chart.purpose(one.id) in _EARNED]


async def _moving(door: Door, platform_id: MerchantId) -> list[BalanceShown]:
    """What a merger takes: what is earned and may be spent."""
    found: list[Account] = await door.network.read(ledger.accounts_of, platform_id)
    earned = [one for one in found if chart.purpose(one.id) is chart.Purpose.PAYABLE]
    return [_book(one.id.book, one.spendable) for one in earned if one.spendable > 0]


def _book(book: int, amount: int) -> BalanceShown:
    account = chart.account(0, book)
    return BalanceShown(chart.purpose(account).name.lower(), chart.currency(account).code, amount)


def _waiting(found: Iterable[Waiting]) -> list[WaitingShown]:
    return [WaitingShown(BY_NUMBER[one.currency].code, one.orders, one.amount) for one in found]


def _joined(one: Joined) -> JoinedShown:
    shown = _book(one.book, one.amount)
    return JoinedShown(
        purpose=shown.purpose,
        currency=shown.currency,
        amount=one.amount,
        source_before=one.source_before,
        target_before=one.target_before,
        source_after=one.source_after,
        target_after=one.target_after,
        sum_before=one.source_before + one.target_before,
        sum_after=one.source_after + one.target_after,
    )


def _merger(known: Merger) -> MergerShown:
    decided = known.decided_at != NEVER
    return MergerShown(
        id=ids.show("mrg", known.id),
        source_id=ids.show("mch", known.source_id),
        target_id=ids.show("mch", known.target_id),
        reason=known.reason,
        answers=[
            AnswerForm(ids.show("mch", one.merchant_id), _KEEPS[one.keep])
            for one in known.answers
        ],
        own_policies=known.own_policies,
        state=_STATES[known.state],
        step=_STEPS[known.step],
        position=known.position,
        stores_moved=known.stores,
        drafted_by=known.drafted_by,
        drafted_at=moment(made_at(known.id)),
        decided_by=known.decided_by if decided else UNSET,
        decided_at=moment(known.decided_at) if decided else UNSET,
        ended_at=moment(known.ended_at) if known.ended_at != NEVER else UNSET,
    )  # fmt: skip


def _id(call: Call[Any, Any]) -> MergerId:
    return MergerId(read_id("mrg", call.path["merger_id"]))


async def _find(door: Door, call: Call[Any, Any]) -> Merger:
    found = await door.network.read(mergers.merger, _id(call))
    if found is None:
        raise refusal(Refused(Reason.MERGER_NOT_FOUND))
    return found


_KEEPS: Final[dict[Keep, KeepName]] = {Keep.TARGET: "target", Keep.SOURCE: "source"}
_STATES: Final[dict[MergerState, MergerStateName]] = {
    MergerState.DRAFTED: "drafted",
    MergerState.APPROVED: "approved",
    MergerState.RUNNING: "running",
    MergerState.DONE: "done",
    MergerState.CANCELLED: "cancelled",
}
_STEPS: Final[dict[Step, StepName]] = {
    Step.CLOSE: "close",
    Step.STORES: "stores",
    Step.BALANCES: "balances",
    Step.END: "end",
}
_APPROVE: Final = doing(APPROVE, Right.APPROVE_MERGER)
_DRAFT: Final = doing(DRAFT, Right.DRAFT_MERGER)
_ONE: Final = "/mergers/{merger_id}"
_MISSING: Final = (Reason.MERGER_NOT_FOUND,)
_DRAFTING: Final = (
    Reason.MERGER_INVALID, Reason.MERGER_UNDER_WAY, Reason.PLATFORM_MERGED,
    Reason.PLATFORM_NOT_FOUND,
)  # fmt: skip
ENDPOINTS: Final = (
    Endpoint(
        "GET", "/merger-plan", plan, Who.OPERATOR, Nothing, PlanQuery, PlanShown, 200,
        (Reason.MERGER_INVALID, Reason.PLATFORM_NOT_FOUND),
    ),
    Endpoint(
        "POST", "/mergers", draft, Who.MEMBER, NewMerger, Nothing, MergerShown, 201,
        (*_DRAFTING, Reason.MEMBER_NOT_PERMITTED), right=Right.DRAFT_MERGER,
    ),
    Endpoint(
        "GET", "/mergers", search, Who.OPERATOR, Nothing, MergersQuery, Page[MergerShown], 200,
    ),
    Endpoint("GET", _ONE, show, Who.OPERATOR, Nothing, Nothing, MergerShown, 200, _MISSING),
    Endpoint(
        "GET", f"{_ONE}/preview", preview, Who.OPERATOR, Nothing, Nothing, MergerPreview, 200,
        _MISSING,
    ),
    Endpoint(
        "POST", f"{_ONE}/approve", approve, Who.MEMBER, Nothing, Nothing, MergerShown, 200,
        (*_MISSING, *_DRAFTING, Reason.MEMBER_NOT_PERMITTED, Reason.MERGER_SELF_APPROVAL,
         Reason.MERGER_STATE), repeats=True, right=Right.APPROVE_MERGER,
    ),
    Endpoint(
        "POST", f"{_ONE}/cancel", cancel, Who.OPERATOR, Nothing, Nothing, MergerShown, 200,
        (*_MISSING, Reason.MERGER_STATE), repeats=True, right=Right.DRAFT_MERGER,
    ),
    Endpoint(
        "POST", f"{_ONE}/run", run, Who.OPERATOR, Run, Nothing, MergerShown, 200,
        (*_MISSING, Reason.MERGER_STATE), repeats=True, right=Right.APPROVE_MERGER,
    ),
    Endpoint(
        "POST", f"{_ONE}/collect", collect, Who.OPERATOR, Nothing, Nothing, MergerShown, 200,
        (*_MISSING, Reason.MERGER_STATE), repeats=True,
    ),
    Endpoint(
        "GET", f"{_ONE}/report", report, Who.OPERATOR, Nothing, Nothing, MergerReport, 200,
        _MISSING,
    ),
)  # fmt: skip
