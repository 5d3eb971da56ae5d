"""Steps of a story with channels."""

from changliao.commands.people import WentWrong
from changliao.commands.story.acts import Act, Done, made_user
from changliao.commands.story.stage import Stage, expect

_AMOUNT = 20_000
_BACK = 5_000


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
