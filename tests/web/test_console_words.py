"""Whatever the network knows has its word in the console, in both languages."""

import ast
import inspect
import pkgutil
import re
from enum import Enum
from importlib import import_module, resources
from typing import Any

import pytest

from changliao import core, operations
from changliao.core.acceptance import Accepting, DraftState
from changliao.core.bank import BankFault
from changliao.core.budgets import BudgetEvent, BudgetKind, BudgetState
from changliao.core.channels import ChannelState, RequestKind, RequestState
from changliao.core.chart import Purpose
from changliao.core.differences import CaseState, Resolution
from changliao.core.disputes import DisputeState
from changliao.core.events import EventKind, EventState
from changliao.core.ledger import Code
from changliao.core.members import MemberState, Right, Role
from changliao.core.mergers import MergerState
from changliao.core.orders import Scene
from changliao.core.parties import KeyKind
from changliao.core.payouts import PayoutState
from changliao.core.platforms import StoreMode, StoreState
from changliao.core.proposals import ProposalEvent, ProposalState
from changliao.core.refunds import RefundState
from changliao.core.repairs import Goal
from changliao.core.risk import Movement, RiskAction, RuleKind, RuleState
from changliao.core.risk_rules import RuleEvent
from changliao.core.settlements import SettlementState
from changliao.core.statements import DifferenceKind
from changliao.doors import console, rest
from changliao.doors.rest.members import Doing
from changliao.operations.operation import Operation
from changliao.operations.refunds import REFUND
from changliao.web.pages import Pages
from changliao.web.security import Browser


def acts() -> set[str]:
    """What members do in the console, the portal, and with keys of their own."""
    modules = [import_module(f"{each.__name__}.{one.name}") for each in (console, rest)
               for one in pkgutil.iter_modules(each.__path__)]  # fmt: skip
    found = [value for module in modules for value in vars(module).values()]
    done = {one.operation.name for one in found if isinstance(one, Doing)}
    pages = [value for module in modules if module.__name__.startswith(console.__name__)
             for value in vars(module).values()]  # fmt: skip
    return done | {one.name for one in pages if isinstance(one, Operation)}


TABLES = {
    "ACTIONS": acts(),
    "ACCEPTING": [one.name for one in Accepting],
    "BANK_FAULTS": [one.name for one in BankFault],
    "BUDGET_KINDS": [one.name for one in BudgetKind],
    "BUDGET_STATES": [one.name for one in BudgetState],
    "CASE_STATES": [one.name for one in CaseState],
    "CHANNEL_STATES": [one.name for one in ChannelState],
    "CODES": [one.name for one in Code],
    "DIFFERENCE_KINDS": [one.name for one in DifferenceKind],
    "EVENTS": [one.name for one in EventKind],
    "KEY_KINDS": [one.name for one in KeyKind],
    "MERGER_STATES": [one.name for one in MergerState],
    "MODES": [one.name for one in StoreMode],
    "PAYOUT_STATES": [one.name for one in PayoutState],
    "PURPOSES": [one.name for one in Purpose],
    "REQUEST_KINDS": [one.name for one in RequestKind],
    "REQUEST_STATES": [one.name for one in RequestState],
    "RESOLUTIONS": [one.name for one in Resolution],
    "RISK_ACTIONS": [one.name for one in RiskAction],
    "RISK_MOVEMENTS": [one.name for one in Movement],
    "RISK_KINDS": [one.name for one in RuleKind],
    "RISK_STATES": [one.name for one in RuleState],
    "RIGHTS": [one.value for one in Right],
    "ROLES": [one.name for one in Role],
    "SCENES": [one.name for one in Scene],
    "SETTLEMENT_STATES": [one.name for one in SettlementState],
    "STORE_STATES": [one.name for one in StoreState],
}


# What details of acts say in words of ours: by the name of the detail.
SPOKEN: list[type[Enum]] = [
    *(Accepting, BankFault, BudgetEvent, BudgetState, ChannelState, EventState, Goal, KeyKind),
    *(MemberState, Movement, PayoutState, ProposalEvent, RequestKind, Resolution, RiskAction),
    *(Role, RuleEvent, RuleKind, RuleState),
]
NO_WORD = {"fund", "take"}  # of budgets, done by their owners


def details() -> set[str]:
    """What details of acts are called: the names that pages and keys keep them under."""
    modules = [import_module(f"{console.__name__}.{one.name}")
               for one in pkgutil.iter_modules(console.__path__)]  # fmt: skip
    names = {"key"}
    for module in modules:
        tree = ast.parse(inspect.getsource(module))
        called = [one for one in ast.walk(tree) if isinstance(one, ast.Call)]
        acts = [one for one in called if isinstance(one.func, ast.Attribute)
                and one.func.attr == "act"]  # fmt: skip
        names |= {word.arg for one in acts for word in one.keywords if word.arg}
    return names


def facts() -> set[str]:
    """What facts of acts are called: the names that the functions give which say them."""
    names = set()
    for package in (core, operations):
        for one in pkgutil.iter_modules(package.__path__):
            tree = ast.parse(inspect.getsource(import_module(f"{package.__name__}.{one.name}")))
            saying = [each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)
                      and (each.name.endswith("facts") or each.name == "state")]  # fmt: skip
            said = [each for each in ast.walk(ast.Module(list(saying), []))
                    if isinstance(each, ast.Dict)]  # fmt: skip
            names |= {str(key.value) for each in said for key in each.keys
                      if isinstance(key, ast.Constant)}  # fmt: skip
    return names


def operations_of_acts() -> dict[str, Operation[Any, Any]]:
    """What members do, as the pages and keys perform it."""
    modules = [import_module(f"{operations.__name__}.{one.name}")
               for one in pkgutil.iter_modules(operations.__path__)]  # fmt: skip
    found = [one for each in modules for one in vars(each).values() if isinstance(one, Operation)]
    # A refund by a member is its own operation under the name of all refunds.
    return {one.name: one for one in found if one.name in acts() and one is not REFUND}


@pytest.mark.parametrize("name", sorted(acts()))
def test_every_act_says_how_it_stands_before_and_after(name: str) -> None:
    assert operations_of_acts()[name].facts is not None


def test_details_of_acts_are_said_in_both_languages() -> None:
    pages = Pages(Browser(b"key", https=False), sandbox=True)
    chinese, english = (
        vars(pages._environments[one].get_template("console/_audit.html").module)
        for one in ("zh", "en")
    )
    # Those that are handed on by name, of refunds, mergers and repairs; and of acts before 2026-12.
    handed_on = {"amount", "card", "reason", "source", "target"}
    old = {"after", "before", "earlier", "passkey"}
    values = {one.name.lower() for kind in SPOKEN for one in kind} | {"paused", "keys"}
    stores = {"approve", "close", "refuse", "resume", "suspend"}
    states = {
        "acceptance": DraftState, "budgets": BudgetState, "channels": ChannelState,
        "differences": CaseState, "disputes": DisputeState, "events": EventState,
        "mergers": MergerState, "payouts": PayoutState, "proposals": ProposalState,
        "refunds": RefundState, "risk": RuleState, "stores": StoreState,
    }  # fmt: skip
    for said in (chinese, english):
        for of, kind in states.items():
            assert set(said["STATES"][of]) == {one.name for one in kind}, of
        assert set(said["DETAILS"]) == details() | facts() | handed_on | old
        assert set(said["SPOKEN"]) == (values | stores) - NO_WORD
    assert all(one.isascii() for one in (*english["DETAILS"].values(), *english["SPOKEN"].values()))
    assert "之前</span> 运营 · 已停用登录" in chinese["detail"]("before", "operator · disabled")
    assert "<bdi>operator</bdi>" in english["detail"]("note", "operator")
    assert "&lt;b&gt;" in english["detail"]("before", "<b>")


def test_an_empty_list_says_why_and_offers_an_action() -> None:
    folder = resources.files("changliao.web") / "templates"
    for room in ("console", "portal"):
        for page in (folder / room).iterdir():
            calls = re.findall(r"ui\.empty\((.*?)\) ?\}\}", page.read_text("utf-8"))
            assert [one for one in calls if not re.search(r'\), .+, _\("', one)] == [], page.name


@pytest.mark.parametrize("name", TABLES)
def test_everything_has_a_word_in_both_languages(name: str) -> None:
    pages = Pages(Browser(b"key", https=False), sandbox=True)
    chinese, english = (
        getattr(environment.get_template("console/_words.html").module, name)
        for environment in (pages._environments["zh"], pages._environments["en"])
    )
    assert sorted(chinese) == sorted(english) == sorted(TABLES[name])
    for word in english.values():
        said = word if isinstance(word, str) else word[1]
        assert said.isascii(), said
