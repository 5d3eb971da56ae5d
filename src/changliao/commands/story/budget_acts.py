"""Steps of a story with budgets."""

from datetime import UTC, datetime, timedelta
from typing import Any

from changliao.commands.rest_client import RestClient
from changliao.commands.story.acts import Act, Done, payment
from changliao.commands.story.market_acts import done, run_all
from changliao.commands.story.stage import Stage, expect

_PRICE = 1_990


class KeepPact(Act, frozen=True, tag="pact"):
    """Rivals agree on the same cap: each gives `face` off until its budget is spent, no unit more.

    The cap pays for `share` of the crowd; everybody wants it, and the rest pay in full.
    """

    platforms: list[str]
    crowd: str
    face: int
    share: float

    def play(self, stage: Stage) -> Done:
        """Exactly as many discounts as the cap holds, everybody paid once, every unit is found."""
        people = stage.crowds[self.crowd]
        # Half a discount more than so many: it can never be spent.
        uses = round(len(people) * self.share)
        cap = uses * self.face + self.face // 2
        seconds = sum(self._spend(stage, name, people, uses, cap) for name in self.platforms)
        buys = len(people) * len(self.platforms)
        return Done(
            f"{'、'.join(self.platforms)} each give ¥{self.face / 100:.2f} off, "
            f"¥{cap / 100:.2f} at most; {len(people):,} people want it",
            f"{uses:,} discounts each, the others in full, not a fen above the cap",
            f"{buys / seconds:,.0f} orders/s",
        )

    def _spend(self, stage: Stage, name: str, people: list[str], uses: int, cap: int) -> float:
        budget = self._set_aside(stage, name, cap)
        before = stage.balance(name)
        discount = {
            "merchant_id": budget["merchant_id"], "budget_id": budget["id"], "amount": self.face,
        }  # fmt: skip
        had: list[bool] = []

        async def buy(wallets: RestClient, shop: RestClient, turn: int) -> None:
            user = people[turn]
            done(await wallets.post(f"/api/v1/users/{user}/top-ups", {"amount": _PRICE}))
            fields = {"reference": f"P{user}", "title": "跑鞋（补贴一元）", "amount": _PRICE}
            order = done(await shop.post("/api/v1/orders", fields))
            paid = payment(order, user)
            status, answer = await wallets.post("/api/v1/payments", paid | {"discount": discount})
            if status == 409 and answer["reason"] == "budget_spent":
                done(await wallets.post("/api/v1/payments", paid))
            else:
                done((status, answer))
            had.append(status < 400)

        seconds = run_all(stage, name, len(people), buy)
        expect((len(had), sum(had)), (len(people), uses), f"discounts of {name}")
        expect(stage.balance(name) - before, len(people) * _PRICE, f"what {name} earned")
        path = f"/api/v1/budgets/{budget['id']}"
        figures = stage.ask("GET", path, by=stage.as_merchant(name))["figures"]
        spent = {"left": cap - uses * self.face, "paid": uses * self.face, "uses": uses}
        expect({key: figures[key] for key in spent}, spent, f"the budget of {name}")
        return seconds

    def _set_aside(self, stage: Stage, name: str, cap: int) -> Any:
        ends_at = (datetime.now(UTC) + timedelta(days=30)).isoformat()
        fields = {"name": "不烧钱公约", "kind": "subsidy", "cap": cap, "face": self.face}
        by = stage.as_merchant(name)
        budget = stage.ask("POST", "/api/v1/budgets", fields | {"ends_at": ends_at}, by=by)
        path = f"/api/v1/budgets/{budget['id']}/funding"
        status, refused = stage.answer("POST", path, {"funded": cap + 1}, by=by)
        expect((status, refused.get("reason")), (409, "budget_capped"), "more than the pact")
        return stage.ask("POST", path, {"funded": cap}, by=by)
