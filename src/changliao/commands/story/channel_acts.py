"""Steps of a story with channels."""

import time
from typing import Final

from changliao.commands.people import WentWrong
from changliao.commands.story.acts import Act, Done, made_user, number
from changliao.commands.story.stage import Stage, expect

_AMOUNT: Final = 20_000
_BACK: Final = 5_000


class UseChannel(Act, frozen=True, tag="channel"):
    """Somebody brings money in through a channel and takes some out again, on one terminal.

    `outcome` is `done`, or why it is refused there.
    """

    channel: str
    terminal: str
    outcome: str = "done"

    def play(self, stage: Stage) -> Done:
        """The wallet has what came less what went out, or what it had."""
        user = made_user(stage, 1)
        path, where = f"/api/v1/users/{user}", f"{self.channel}@{self.terminal}"
        asked = {"amount": _AMOUNT, "channel": self.channel, "terminal": self.terminal}
        status, answer = stage.answer("POST", f"{path}/top-ups", asked)
        expect(answer["state"] if status < 400 else answer["reason"], self.outcome, where)
        if self.outcome != "done":
            expect(stage.wallet(user), 1, "the balance")
            return Done(f"{where}: refused", answer["detail"])
        back = {"amount": _BACK, "channel": self.channel, "account": "6222"}
        out = stage.ask("POST", f"{path}/withdrawals", back)
        if out["state"] != "done":
            raise WentWrong(f"{where}: the withdrawal is {out['state']}")
        expect(stage.wallet(user), 1 + _AMOUNT - _BACK, "the balance")
        return Done(f"{where}: ¥{_AMOUNT / 100:.2f} in, ¥{_BACK / 100:.2f} out", "and the balance")


class Tender(Act, frozen=True, tag="tender"):
    """Somebody without money in the wallet pays a platform's order by another method.

    Half of it is refunded and goes back where it came from. `outcome` is `paid`, or why it is
    refused where the payer sits.
    """

    platform: str
    method: str
    terminal: str
    outcome: str = "paid"

    def play(self, stage: Stage) -> Done:
        """The order names the method, the merchant has the money, the wallet has what it had."""
        user, where = made_user(stage, 1), f"{self.platform}: {self.method}@{self.terminal}"
        placed = {"reference": number("B"), "title": "键盘", "amount": _AMOUNT}
        by = stage.as_merchant(self.platform)
        order = stage.ask("POST", "/api/v1/orders", placed, by=by)
        before = stage.balance(self.platform)
        asked = {name: order[name] for name in ("merchant_id", "amount")} | {
            "order_id": order["id"],
            "method": self.method,
            "terminal": self.terminal,
        }
        status, answer = stage.answer("POST", f"/api/v1/users/{user}/tenders", asked)
        expect(answer["state"] if status < 400 else answer["reason"], self.outcome, where)
        if self.outcome != "paid":
            expect(stage.balance(self.platform), before, "what the platform earned")
            return Done(f"{where}: refused", answer["detail"])
        paid = stage.order(self.platform, order["reference"])
        expect((paid["state"], paid["method"]), ("paid", self.method), "the order")
        back = {"reference": number("T"), "amount": _AMOUNT // 2}
        stage.ask("POST", f"/api/v1/orders/{order['id']}/refunds", back, by=by)
        _wait_for_return(stage, order["id"])
        expect(stage.wallet(user), 1, "the wallet")
        return Done(
            f"{where}: ¥{_AMOUNT / 100:.2f} paid, half of it refunded",
            "the method in the order; the refund at the channel",
        )


def _wait_for_return(stage: Stage, order_id: str) -> None:
    """Until the channel has taken back what was refunded. Raises WentWrong."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        found = stage.ask("GET", "/api/v1/channel-requests?limit=100")["data"]
        for one in found:
            back = one["kind"] == "refund" and one.get("order_id") == order_id
            if back and one["state"] == "done":
                return
        time.sleep(0.2)
    raise WentWrong(f"what was refunded of {order_id} did not go back")
