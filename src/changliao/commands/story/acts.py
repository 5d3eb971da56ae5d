"""What a step of a story can be. Each does something through a door and checks what came of it."""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal

from msgspec import Struct
from wechatpayv3 import WeChatPay

from changliao import examples
from changliao.commands.people import WentWrong
from changliao.commands.story.stage import Stage, expect
from changliao.examples import python_wechatpayv3

_NODE_PACKAGE: Final = "wechatpay-axios-plugin@0.9.6"
# From announcing a change of policy to its beginning, at every platform at once.
_NOTICE: Final = timedelta(seconds=4)
_NOWHERE: Final = "http://127.0.0.1:9/notify"
_STATES = Literal["not_connected", "accepted", "suspended", "banned"]


class Done(Struct, frozen=True):
    """What a step did, what was checked of it, and figures if it has any."""

    did: str
    checked: str = ""
    figures: str = ""


class Act(Struct, frozen=True, forbid_unknown_fields=True, tag_field="do"):
    """One step of a point: its `play` does it and checks it, or raises WentWrong."""


class Cell(Struct, frozen=True, forbid_unknown_fields=True):
    """A method on a terminal and how it is to stand; `*` is all of them."""

    method: str
    terminal: str
    state: _STATES


class SetPolicy(Act, frozen=True, tag="policy"):
    """Platforms change what they accept: one operator drafts, another approves, at one moment."""

    platforms: list[str]
    cells: list[Cell]
    reason: str
    under_way: Literal["finish", "stop"] = "finish"

    def play(self, stage: Stage) -> Done:
        """Every platform's draft is approved, in force, and in the history with both names."""
        for name in self.platforms:
            stage.platform(name)  # whoever is new makes keys first, which takes a while
        starts_at = datetime.now(UTC) + _NOTICE
        drafts = {name: self._approved(stage, name, starts_at) for name in self.platforms}
        for name, draft in drafts.items():
            stage.drafts[name] = draft["id"]
            self._in_force(stage, name)
        did = f"{'、'.join(self.platforms)}: " + ", ".join(
            f"{one.method}@{one.terminal} {one.state}" for one in self.cells
        )
        return Done(did, "drafted by one, approved by another, in force, in the history")

    def _approved(self, stage: Stage, name: str, starts_at: datetime) -> Any:
        cells = [{"method": c.method, "terminal": c.terminal, "state": c.state} for c in self.cells]
        fields = {"platform_id": stage.merchant(name)["id"], "cells": cells, "reason": self.reason}
        asked = fields | {"under_way": self.under_way, "starts_at": starts_at.isoformat()}
        draft = stage.ask("POST", "/api/v1/acceptance/drafts", asked)
        path = f"/api/v1/acceptance/drafts/{draft['id']}"
        status, refused = stage.answer("POST", f"{path}/approve")
        if status < 400:
            raise WentWrong(f"{name}: who drafted also approved: {refused}")
        done = stage.ask("POST", f"{path}/approve", by=stage.second)
        names = {done["drafted_by"], done["decided_by"]}
        expect(len(names), 2, f"people who drafted and approved, {names},")
        return done

    def _in_force(self, stage: Stage, name: str) -> None:
        wanted = {(cell.method, cell.terminal): cell.state for cell in self.cells}
        until = time.monotonic() + 30
        while time.monotonic() < until:
            if all(standing(stage, name, *at) == {state} for at, state in wanted.items()):
                return
            time.sleep(0.2)
        raise WentWrong(f"{name}: the policy did not come into force")


class CheckStanding(Act, frozen=True, tag="standing"):
    """How a method stands at a platform's terminal."""

    platform: str
    method: str
    terminal: str
    state: _STATES

    def play(self, stage: Stage) -> Done:
        """It stands as it should."""
        found = standing(stage, self.platform, self.method, self.terminal)
        expect(found, {self.state}, f"{self.method}@{self.terminal} of {self.platform}")
        return Done(f"{self.platform}: {self.method}@{self.terminal} is {self.state}")


class CheckRefused(Act, frozen=True, tag="refused"):
    """A platform's shop wants an order, or a payment of one, and is told why not."""

    platform: str
    reason: str

    def play(self, stage: Stage) -> Done:
        """Refused with the reason; the payer's balance is what it was."""
        user = made_user(stage, 1_000)
        order = {"reference": number("X"), "title": "跑鞋", "amount": 1_000}
        by = stage.as_merchant(self.platform)
        status, answer = stage.answer("POST", "/api/v1/orders", order, by=by)
        if status < 400:
            status, answer = stage.answer("POST", "/api/v1/payments", payment(answer, user))
        expect((status, answer.get("reason")), (409, self.reason), f"an order at {self.platform}")
        expect(stage.wallet(user), 1_000, "the balance")
        return Done(f"{self.platform} refuses Changliao Pay", answer["detail"])


class Begin(Act, frozen=True, tag="begin"):
    """Somebody is about to pay at a platform."""

    platform: str

    def play(self, stage: Stage) -> Done:
        """The order is placed and waits."""
        order = {"reference": number("W"), "title": "跑鞋", "amount": 1_000}
        placed = stage.ask("POST", "/api/v1/orders", order, by=stage.as_merchant(self.platform))
        stage.begun[self.platform] = placed
        return Done(f"an order waits to be paid at {self.platform}")


class GoOn(Act, frozen=True, tag="go_on"):
    """The payment that was under way goes on: it is paid, or refused with the reason."""

    platform: str
    outcome: str

    def play(self, stage: Stage) -> Done:
        """As the policy says of what is under way."""
        user = made_user(stage, 1_000)
        asked = payment(stage.begun[self.platform], user)
        status, answer = stage.answer("POST", "/api/v1/payments", asked)
        found = answer["state"] if status < 400 else answer["reason"]
        expect(found, self.outcome, f"what became of the order at {self.platform}")
        left = 0 if self.outcome == "paid" else 1_000
        expect(stage.wallet(user), left, "the payer's balance")
        return Done(f"what was under way at {self.platform}: {self.outcome}", "and the balance")


class Shop(Act, frozen=True, tag="shop"):
    """A platform integrates with the SDK it has: order, payment, notification, query, refund."""

    platform: str
    sdk: Literal["wechatpayv3", "wechatpay-axios-plugin"]

    def play(self, stage: Stage) -> Done:
        """The SDK verified both notifications; the merchant has what it did not refund."""
        folder, command = Path.cwd(), [sys.executable, str(_example("python_wechatpayv3.py"))]
        if self.sdk == "wechatpay-axios-plugin":
            node = node_folder()
            if node is None:
                return Done(f"{self.platform}: npm {self.sdk}", figures="skipped: needs node, npm")
            folder, command = node, ["node", str(_example("node_axios_plugin.mjs"))]
        before = stage.balance(self.platform)
        file = str(stage.settings_file(self.platform))
        with subprocess.Popen([*command, file], stdout=subprocess.PIPE, cwd=folder) as shop:
            ordered = _heard(shop, "ordered")
            stage.person().pay(ordered["code_url"])
            paid = _heard(shop, "notified")
            state = _heard(shop, "queried")["trade_state"]
            _heard(shop, "refunded")
            told = _heard(shop, "notified")
        verified = (paid["verified"], told["verified"], state)
        expect(verified, (True, True, "SUCCESS"), f"what {self.platform} heard")
        earned = stage.balance(self.platform) - before
        return Done(
            f"{self.platform} takes a payment with {self.sdk}",
            "2 notifications verified by the SDK, 1 partial refund",
            f"earned ¥{earned / 100:,.2f}",
        )


def standing(stage: Stage, platform: str, method: str, terminal: str) -> set[str]:
    """How the cells of a pattern stand now."""
    path = f"/api/v1/acceptance?platform_id={stage.merchant(platform)['id']}"
    return {
        one["state"]
        for one in stage.ask("GET", path)["now"]
        if method in ("*", one["method"]) and terminal in ("*", one["terminal"])
    }


def made_user(stage: Stage, balance: int) -> str:
    """Somebody new with so much money."""
    user = stage.ask("POST", "/api/v1/users", {"phone": stage.phone(), "name": "路人"})
    stage.ask("POST", f"/api/v1/users/{user['id']}/top-ups", {"amount": balance})
    return str(user["id"])


def payment(order: Any, user: str) -> dict[str, Any]:
    """A payment of an order from somebody's wallet, on the operator's word."""
    fields = {"merchant_id": order["merchant_id"], "order_id": order["id"]}
    return fields | {"payer_id": user, "amount": order["amount"]}


def partner_sdk(stage: Stage, platform: str) -> WeChatPay:
    """A platform's own SDK as service provider of its stores; only the address is ours."""
    return python_wechatpayv3.shop(stage.merchant(platform), _NOWHERE, partner_mode=True)


def code_url(answer: tuple[int, str]) -> str:
    """What the SDK got for an order. Raises WentWrong."""
    status, text = answer
    fields = json.loads(text)
    if status != 200:
        raise WentWrong(f"the SDK was answered {status}: {fields}")
    return str(fields["code_url"])


def number(prefix: str) -> str:
    """A merchant's number that nobody used before."""
    return f"{prefix}{time.time_ns()}"


def node_folder() -> Path | None:
    """Where the npm SDK is installed, installing it if it can be; None without node."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return None
    folder = Path(".tools") / _NODE_PACKAGE
    if not folder.exists():
        folder.parent.mkdir(exist_ok=True)
        # Elsewhere first: what is broken off, or done twice at once, must not look complete.
        with tempfile.TemporaryDirectory(dir=folder.parent) as made:
            install = ["npm", "install", "--no-audit", "--no-fund", "--silent", _NODE_PACKAGE]
            Path(made, "package.json").write_text('{"private": true}', "utf-8")
            done = subprocess.run(install, cwd=made, check=False, capture_output=True)
            if done.returncode:
                return None
            with suppress(OSError):
                Path(made).rename(folder)
            Path(made).mkdir(exist_ok=True)
    return folder


def _example(name: str) -> Path:
    return Path(next(iter(examples.__path__))) / name


def _heard(shop: "subprocess.Popen[bytes]", step: str) -> dict[str, Any]:
    """The shop's next line, which must be about this step."""
    line = shop.stdout.readline() if shop.stdout else b""
    fields: dict[str, Any] = json.loads(line) if line else {}
    if fields.get("step") != step:
        shop.kill()
        raise WentWrong(f"the shop said {fields or 'nothing'} instead of {step}")
    return fields
