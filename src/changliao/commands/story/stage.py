"""What a story is played on: a running network, its operators, shops and people, by name."""

import json
import subprocess
import sys
from itertools import count
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from changliao.commands.people import Person, WentWrong
from changliao.commands.rest_client import ask

# Of everybody with a wallet.
PIN: Final = "135790"
_WITHIN_S: Final = 60


class Server(Struct, frozen=True):
    """A running `changliao serve`: where it answers, its folder, its first operator's key."""

    base_url: str
    folder: Path
    operator: dict[str, str]

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        host, port = self.base_url.removeprefix("http://").split(":")
        return host, int(port)


class Stage:
    """Who takes part so far. Names are the story's; whoever is named first is taken on then."""

    def __init__(self, server: Server, crowd: int) -> None:
        self.server = server
        self.size = crowd
        self.crowds: dict[str, list[str]] = {}
        self.drafts: dict[str, str] = {}
        self.begun: dict[str, Any] = {}
        self.own_stores: dict[str, str] = {}
        self._merchants: dict[str, dict[str, str]] = {}
        self._platforms: set[str] = set()
        self._people: list[Person] = []
        self._passers_by = count(1)
        self._second = self.run("sandbox", "operator-key")

    @property
    def operator(self) -> tuple[str, str]:
        """Who drafts."""
        return self.server.operator["operator_key"], self.server.operator["operator_secret"]

    @property
    def second(self) -> tuple[str, str]:
        """Who approves."""
        return self._second["operator_key"], self._second["operator_secret"]

    def merchant(self, name: str) -> dict[str, str]:
        """A platform's or store's settings, as its SDK and its REST client need them."""
        if name not in self._merchants:
            asked = {"name": name, "fee_bps": 0}
            self._merchants[name] = self.ask("POST", "/api/v1/merchants", asked)
        return self._merchants[name]

    def platform(self, name: str) -> dict[str, str]:
        """A merchant that is a platform from now on: figures of the market name it."""
        known = self.merchant(name)
        if name not in self._platforms:
            self.ask("POST", "/api/v1/platforms", {"merchant_id": known["id"], "name": name})
            self._platforms.add(name)
        return known

    def merchants(self) -> list[tuple[str, dict[str, str]]]:
        """Everybody taken on so far, by name."""
        return list(self._merchants.items())

    def settings_file(self, name: str) -> Path:
        """The same settings in a file that only this person can read."""
        file = (self.server.folder / f"{name}.json").absolute()
        file.touch(mode=0o600)
        file.write_text(json.dumps(self.merchant(name)), "utf-8")
        return file

    def as_merchant(self, name: str) -> tuple[str, str]:
        """A merchant's REST key and secret."""
        known = self.merchant(name)
        return known["rest_key"], known["rest_secret"]

    def person(self) -> Person:
        """The next of two people with faces, a wallet and money, in turn."""
        if len(self._people) < 2:
            phone = f"1380000000{len(self._people) + 1}"
            name = ("林小满", "陈一诺")[len(self._people)]
            person = Person(self.server.base_url, phone, name, PIN)
            person.sign_up()
            for _ in range(3):
                person.top_up("1000.00")
            self._people.append(person)
        self._people.reverse()
        return self._people[0]

    def phone(self) -> str:
        """The number of somebody without a face: nobody else's, not by chance."""
        return f"150{next(self._passers_by):08d}"

    def ask(
        self, method: str, path: str, fields: object = None, *, by: tuple[str, str] | None = None
    ) -> Any:
        """What the REST API answers to this. Raises WentWrong for a refusal."""
        status, answer = self.answer(method, path, fields, by=by)
        if status >= 400:
            raise WentWrong(f"{method} {path} answered {status}: {answer}")
        return answer

    def answer(
        self, method: str, path: str, fields: object = None, *, by: tuple[str, str] | None = None
    ) -> tuple[int, Any]:
        """Status and answer, refusals too. `by` is a key and its secret, an operator's usually."""
        return ask(self.server.address, by or self.operator, method, path, fields or {})

    def order(self, name: str, reference: str) -> Any:
        """A merchant's newest order with this number, whoever placed it. Raises WentWrong."""
        for one in self.ask("GET", "/api/v1/orders", by=self.as_merchant(name))["data"]:
            if one["reference"] == reference:
                return one
        raise WentWrong(f"{name} has no order {reference}")

    def balance(self, name: str) -> int:
        """What a merchant has earned and may spend. Units: minor."""
        accounts = self.ask("GET", "/api/v1/ledger/accounts", by=self.as_merchant(name))["data"]
        return sum(one["balance"] for one in accounts if one["purpose"] == "payable")

    def wallet(self, user_id: str) -> int:
        """What somebody may spend. Units: minor."""
        balances = self.ask("GET", f"/api/v1/users/{user_id}")["balances"]
        return sum(one["balance"] for one in balances)

    def run(self, *arguments: str) -> dict[str, Any]:
        """One of our own commands on the story's folder, as JSON."""
        command = [sys.executable, "-m", "changliao", *arguments, "--json", "--data"]
        done = subprocess.run(
            [*command, str(self.server.folder)], check=False, capture_output=True, timeout=_WITHIN_S
        )
        if done.returncode:
            said = (done.stderr or done.stdout).decode()
            raise WentWrong(f"changliao {' '.join(arguments)}: {said}")
        fields: dict[str, Any] = json.loads(done.stdout)
        return fields

    def close(self) -> None:
        """Everybody goes home."""
        for person in self._people:
            person.close()


def expect(found: object, wanted: object, what: str) -> None:
    """A check. Raises WentWrong."""
    if found != wanted:
        raise WentWrong(f"{what}: {found} instead of {wanted}")
