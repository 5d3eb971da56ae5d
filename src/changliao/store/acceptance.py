"""Methods, terminals, drafts and what is agreed, as rows."""

import msgspec
from msgspec import Struct

from changliao.core.acceptance import Acceptance, Draft, Policy
from changliao.core.clock import Instant
from changliao.core.ids import MerchantId, PolicyDraftId
from changliao.store.engine import Row
from changliao.store.unit import Table

_POLICIES = msgspec.json.Decoder(tuple[Policy, ...])
_DRAFT = msgspec.json.Decoder(Draft)


class Method(Struct, frozen=True):
    """A way to pay; `connector` is the channel it goes through, empty for the network's own."""

    id: int
    code: str
    name_zh: str
    name_en: str
    connector: str


class Terminal(Struct, frozen=True):
    """Where a payer meets an order."""

    id: int
    code: str
    name_zh: str
    name_en: str


def acceptance_from_row(row: Row) -> Acceptance:
    """What is agreed, from its columns in the order of `acceptances_find`."""
    return Acceptance(
        MerchantId(row[0]), _POLICIES.decode(row[1]), MerchantId(row[2]), Instant(row[3])
    )


def draft_from_row(row: Row) -> Draft:
    """A draft, from its columns in the order of `policy_drafts_find`."""
    return _DRAFT.decode(row[2])


# How many policies there are tells two versions apart: approving only adds, and a platform is
# merged once.
ACCEPTANCES: Table[int, Acceptance] = Table(
    name="acceptances",
    key=lambda one: one.platform_id,
    to_row=lambda one: (
        one.platform_id,
        msgspec.json.encode(one.policies),
        len(one.policies),
        one.heir_id,
        one.heir_from,
    ),
    from_row=acceptance_from_row,
    change=lambda before, after: (
        after.platform_id,
        msgspec.json.encode(after.policies),
        len(after.policies),
        after.heir_id,
        after.heir_from,
        len(before.policies),
        before.heir_id,
    ),
)
DRAFTS: Table[PolicyDraftId, Draft] = Table(
    name="policy_drafts",
    key=lambda one: one.id,
    to_row=lambda one: (one.id, one.platform_id, msgspec.json.encode(one), one.state),
    from_row=draft_from_row,
    change=lambda before, after: (
        after.id,
        msgspec.json.encode(after),
        after.state,
        before.state,
    ),
)
METHODS: Table[int, Method] = Table(
    name="methods",
    key=lambda one: one.id,
    to_row=lambda one: (one.id, one.code, one.name_zh, one.name_en, one.connector),
    from_row=lambda row: Method(*row),
)
TERMINALS: Table[int, Terminal] = Table(
    name="terminals",
    key=lambda one: one.id,
    to_row=lambda one: (one.id, one.code, one.name_zh, one.name_en),
    from_row=lambda row: Terminal(*row),
)
