"""Steps of a story with stores, carts and crowds."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Literal

from msgspec import field
from rich.progress import Progress

from changliao.commands.people import WentWrong
from changliao.commands.rest_client import RestClient
from changliao.commands.story.acts import Act, Done, code_url, number, partner_sdk, payment
from changliao.commands.story.stage import Stage, expect
from changliao.commands.terminal import console

_CONNECTIONS = 64
_PRICE = 1_990
_MONEY = 10_000


class GatherCrowd(Act, frozen=True, tag="crowd"):
    """People sign up, top up and buy at a platform, as fast as the machine allows."""

    platform: str
    share: float = 1.0

    def play(self, stage: Stage) -> Done:
        """Everybody paid; the merchant has exactly that."""
        stage.platform(self.platform)
        crowd = stage.crowds.setdefault(self.platform, [])
        size, before = round(stage.size * self.share), stage.balance(self.platform)

        async def join(wallets: RestClient, shop: RestClient, turn: int) -> None:
            phone = stage.phone()
            user = done(await wallets.post("/api/v1/users", {"phone": phone, "name": phone}))
            path = f"/api/v1/users/{user['id']}/top-ups"
            done(await wallets.post(path, {"amount": _MONEY}))
            await buy(wallets, shop, user["id"])
            crowd.append(user["id"])

        seconds = run_all(stage, self.platform, size, join)
        expect(stage.balance(self.platform) - before, size * _PRICE, "what the merchant earned")
        return Done(
            f"{size:,} people sign up, top up and buy at {self.platform}",
            "everybody paid once; the merchant has exactly that",
            f"{size / seconds:,.0f} people/s, {4 * size / seconds:,.0f} signed requests/s",
        )


class MoveCrowd(Act, frozen=True, tag="move"):
    """Those who bought at some platforms buy at others, in these shares of 1.

    `told` is how many people the story tells of.
    """

    to: dict[str, float]
    told: int
    origins: list[str] = field(name="from")

    def play(self, stage: Stage) -> Done:
        """Everybody's first payment there is made, once."""
        crowds = [stage.crowds[name] for name in self.origins]
        moved, whole, seconds = 0, 0.0, 0.0
        for name, share in self.to.items():
            # Of each crowd the same part.
            some = [
                user
                for crowd in crowds
                for user in crowd[round(len(crowd) * whole) : round(len(crowd) * (whole + share))]
            ]
            whole, moved, before = whole + share, moved + len(some), stage.balance(name)

            async def move(
                wallets: RestClient, shop: RestClient, turn: int, some: list[str] = some
            ) -> None:
                await buy(wallets, shop, some[turn])

            seconds += run_all(stage, name, len(some), move)
            expect(stage.balance(name) - before, len(some) * _PRICE, f"what {name} earned")
        return Done(
            f"{moved:,} people move to {'、'.join(self.to)}, 1 for {self.told // moved:,}",
            "first payments made once each, nothing lost",
            f"{moved / seconds:,.0f} first payments/s",
        )


class OpenStore(Act, frozen=True, tag="store"):
    """A store applies on a platform and is approved by it."""

    platform: str
    name: str
    mode: Literal["self_operated", "open", "c2c"]
    commission_bps: int = 0
    days: int = 7

    def play(self, stage: Stage) -> Done:
        """It is open."""
        platform_id = stage.platform(self.platform)["id"]
        owner = stage.as_merchant(self.platform)
        own = self.mode == "self_operated"
        seller = seller_of(stage, self.platform, self.name, own=own)
        fields = {"platform_id": platform_id, "title": self.name, "mode": self.mode}
        terms = {"commission_bps": self.commission_bps, "days": self.days}
        stage.ask("POST", "/api/v1/stores", fields | terms, by=stage.as_merchant(seller))
        decision = {"merchant_id": stage.merchant(seller)["id"], "decision": "approve"}
        opened = stage.ask(
            "POST", "/api/v1/stores/decisions", {"platform_id": platform_id, **decision}, by=owner
        )
        expect(opened["state"], "open", f"the store {self.name}")
        return Done(
            f"{self.name} opens on {self.platform} ({self.mode})", "applied, approved, open"
        )


class Merge(Act, frozen=True, tag="merge"):
    """Platforms go into one, one after the other, while everything goes on."""

    sources: list[str]
    target: str

    def play(self, stage: Stage) -> Done:
        """Approved by another operator, run to its end; every account's sums are what they were."""
        target_id = stage.platform(self.target)["id"]
        stores = 0
        for name in self.sources:
            fields = {"source_id": stage.merchant(name)["id"], "target_id": target_id}
            asked = fields | {"reason": f"{name}并入{self.target}"}
            merger = stage.ask("POST", "/api/v1/mergers", asked)
            path = f"/api/v1/mergers/{merger['id']}"
            status, refused = stage.answer("POST", f"{path}/approve")
            expect((status, refused.get("reason")), (403, "merger_self_approval"), "who drafted")
            merger = stage.ask("POST", f"{path}/approve", by=stage.second)
            while merger["state"] != "done":
                merger = stage.ask("POST", f"{path}/run", {"position": merger["position"]})
            stores += merger["stores_moved"]
            for one in stage.ask("GET", f"{path}/report")["joined"]:
                expect(one["sum_after"], one["sum_before"], f"{name}'s {one['purpose']}")
        return Done(
            f"{'、'.join(self.sources)} go into {self.target}",
            "drafted, approved by another, run step by step; sums before are sums after",
            f"{stores} stores moved",
        )


class FillCart(Act, frozen=True, tag="cart"):
    """One cart pays several stores of a platform together; then one part is refunded alone."""

    platform: str
    parts: dict[str, int]
    refund: str

    def play(self, stage: Stage) -> Done:
        """All paid by one PIN; refunding one part leaves the others as they were."""
        sdk, known = partner_sdk(stage, self.platform), stage.merchant(self.platform)
        references, parts = {name: number("C") for name in self.parts}, []
        for name, amount in self.parts.items():
            seller = seller_of(stage, self.platform, name)
            part = {
                "mchid": known["mchid"], "attach": name, "description": name,
                "out_trade_no": references[name],
                "amount": {"total_amount": amount, "currency": "CNY"},
            }  # fmt: skip
            if seller != self.platform:
                part["sub_mchid"] = stage.merchant(seller)["mchid"]
            parts.append(part)
        stage.person().pay(code_url(sdk.combine_pay(number("K"), parts)))
        placed = {name: self._placed(stage, name, references[name]) for name in self.parts}
        expect({one["state"] for one in placed.values()}, {"paid"}, "the parts of the cart")
        back, merchant_id = placed[self.refund], placed[self.refund]["merchant_id"]
        path = f"/api/v1/orders/{back['id']}/refunds?merchant_id={merchant_id}"
        stage.ask("POST", path, {"reference": number("R"), "amount": back["amount"]})
        after = {name: self._placed(stage, name, references[name]) for name in self.parts}
        refunded = {name: one["refunded"] for name, one in after.items()}
        expected = {n: a if n == self.refund else 0 for n, a in self.parts.items()}
        expect(refunded, expected, "what was refunded")
        return Done(
            f"one cart pays {'、'.join(self.parts)}",
            f"all or none by one PIN; {self.refund} refunded alone",
            f"¥{sum(self.parts.values()) / 100:,.2f}",
        )

    def _placed(self, stage: Stage, name: str, reference: str) -> Any:
        return stage.order(seller_of(stage, self.platform, name), reference)


class SellInStore(Act, frozen=True, tag="sale"):
    """A platform sells for a store; the money waits, until it is settled, received or disputed."""

    platform: str
    store: str
    amount: int
    ends: Literal["settlement", "receipt", "dispute"]
    refund: int = 0

    def play(self, stage: Stage) -> Done:
        """Nobody has the money before the end; then everybody has exactly their part."""
        sdk, known = partner_sdk(stage, self.platform), stage.merchant(self.store)
        before, reference = self._earned(stage), number("S")
        answer = sdk.pay(self.store, reference, {"total": self.amount}, sub_mchid=known["mchid"])
        person = stage.person()
        person.pay(code_url(answer))
        expect(self._earned(stage), before, "what the sides have before the end")
        order = stage.order(self.store, reference)
        self._end(stage, order)
        seller, platform = (
            after - had for after, had in zip(self._earned(stage), before, strict=True)
        )
        expect(seller + platform, self.amount - self.refund, "what the sides have together")
        told = f"store ¥{seller / 100:,.2f}, platform ¥{platform / 100:,.2f}"
        back = f", buyer back ¥{self.refund / 100:,.2f}" if self.refund else ""
        return Done(
            f"{self.store} sells through {self.platform}, ends by {self.ends}",
            "the money waited, then everybody had their part",
            told + back,
        )

    def _earned(self, stage: Stage) -> tuple[int, int]:
        return stage.balance(self.store), stage.balance(self.platform)

    def _end(self, stage: Stage, order: Any) -> None:
        sale = {"merchant_id": order["merchant_id"], "order_id": order["id"]}
        bought = sale | {"payer_id": order["payer_id"]}
        match self.ends:
            case "settlement":
                settled = sale | {"platform_id": stage.merchant(self.platform)["id"]}
                by = stage.as_merchant(self.platform)
                stage.ask("POST", "/api/v1/stores/settlements", settled, by=by)
            case "receipt":
                stage.ask("POST", "/api/v1/stores/receipts", bought)
            case "dispute":
                asked = bought | {"reason": "不是描述的那双"}
                opened = stage.ask("POST", "/api/v1/disputes", asked)
                status, refused = stage.answer("POST", "/api/v1/stores/receipts", bought)
                expect((status, refused.get("reason")), (409, "hold_disputed"), "a receipt then")
                path = f"/api/v1/disputes/{opened['id']}/decide?merchant_id={sale['merchant_id']}"
                stage.ask("POST", path, {"refund": self.refund, "words": "各担一部分"})


class AddMethod(Act, frozen=True, tag="method"):
    """A new way to pay becomes known: a row, and a connector's name."""

    id: int
    code: str
    name_zh: str
    name_en: str
    connector: str = ""

    def play(self, stage: Stage) -> Done:
        """It is among the methods, accepted nowhere yet."""
        fields = {"id": self.id, "code": self.code, "name_zh": self.name_zh}
        fields |= {"name_en": self.name_en, "connector": self.connector or self.code}
        stage.ask("POST", "/api/v1/methods", fields)
        codes = [one["code"] for one in stage.ask("GET", "/api/v1/methods")["data"]]
        expect(self.code in codes, True, f"{self.code} among the methods")
        return Done(f"{self.name_zh} is added", "one row, no rewrite")


class Watch(Act, frozen=True, tag="watch"):
    """What became of a platform's payers since its last change of policy, and how concentrated."""

    platform: str

    def play(self, stage: Stage) -> Done:
        """Those who paid there before went where they went: counted from payments."""
        path = f"/api/v1/acceptance/drafts/{stage.drafts[self.platform]}/effect"
        effect = stage.ask("GET", path)
        lost = sum(one["payments_before"] for one in effect["methods"])
        expect(lost, len(stage.crowds[self.platform]), "payments before the change")
        expect(sum(one["payments_after"] for one in effect["methods"]), 0, "payments after it")
        names = {known["id"]: name for name, known in stage.merchants()}
        went = {names.get(w["platform_id"], "?"): w["payments"] for w in effect["went_to"]}
        total = sum(went.values())
        shares = {name: 100 * count / total for name, count in went.items()} if total else {}
        hhi = sum(share**2 for share in shares.values())
        return Done(
            f"{self.platform} lost {lost:,} payers' payments",
            "went to " + ", ".join(f"{n} {s:.0f} %" for n, s in shares.items()),
            f"concentration of where they went (HHI): {hhi:,.0f}",
        )


def seller_of(stage: Stage, platform: str, store: str, *, own: bool = False) -> str:
    """Which merchant sells in a store: a platform's self-operated store is the platform."""
    if own:
        stage.own_stores[store] = platform
    return stage.own_stores.get(store, store)


def run_all(
    stage: Stage,
    merchant: str,
    count: int,
    one: Callable[[RestClient, RestClient, int], Awaitable[None]],
) -> float:
    """Do it so many times over 64 connections; how many seconds that took."""
    address, key = stage.server.address, stage.as_merchant(merchant)
    turns = iter(range(count))

    async def worker(advance: Callable[[], None]) -> None:
        wallets, shop = RestClient(*address, *stage.operator), RestClient(*address, *key)
        for turn in turns:
            await one(wallets, shop, turn)
            advance()
        wallets.close()
        shop.close()

    async def everybody(advance: Callable[[], None]) -> None:
        await asyncio.gather(*(worker(advance) for _ in range(_CONNECTIONS)))

    with Progress(console=console, transient=True) as progress:
        task = progress.add_task(f"  {merchant}", total=count)
        began = time.perf_counter()
        asyncio.run(everybody(lambda: progress.advance(task)))
        return time.perf_counter() - began


async def buy(wallets: RestClient, shop: RestClient, user: str) -> None:
    """One order, placed by the shop and paid by the user."""
    order = done(
        await shop.post(
            "/api/v1/orders", {"reference": f"S{user}", "title": "新人第一单", "amount": _PRICE}
        )
    )
    paid = done(await wallets.post("/api/v1/payments", payment(order, user)))
    if paid["state"] != "paid":
        raise WentWrong(f"order {order['id']} is {paid['state']}")


def done(answer: tuple[int, Any]) -> Any:
    """The body of a good answer. Raises WentWrong."""
    status, fields = answer
    if status >= 400:
        raise WentWrong(f"{status} {fields}")
    return fields
