"""Somebody who uses the wallet's and the cashier's pages, for the tests of both."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from tests.authenticators import Authenticator
from tests.doors.test_passkeys import Sandbox, Tab, person
from tests.doors.test_rest_platforms import Mall
from tests.served import Rest, Shop, merchant
from tests.wallets import PIN, hidden_in

Sent = tuple[str, dict[str, str]]


class Here(NamedTuple):
    """Somebody with money and a passkey, a friend, and a shop."""

    tab: Tab
    device: Authenticator
    sandbox: Sandbox
    shop: Shop
    friend: dict[str, str]
    me: dict[str, str]
    mall: Mall

    def check(self, path: str, **fields: str) -> dict[str, str]:
        """The hidden fields of the page for checking, which can be loaded as often as one likes."""
        page = self.tab.follow(path, **fields)
        assert (page.status_code, page.request.method) == (200, "GET")
        assert self.tab.http.get(page.url).status_code == 200
        return hidden_in(page.text) | {"pin": PIN}

    def order(self, **terms: Any) -> str:
        """Where an order is paid."""
        return f"/c/{self.shop.place(**terms)[1]['code_url'].split('pr=')[1]}"

    def bill(self) -> str:
        """A purchase whose money waits for its buyer."""
        path, fields = payment(self, f"/c/{self.mall.sell(100).json()['code_url'].split('pr=')[1]}")
        assert self.tab.http.post(path, data=fields).status_code == 303
        found = re.search(r'href="(/w/bills/bil_\w+)"', self.tab.see("/w/bills"))
        assert found
        return found[1]

    def shop_rest(self) -> Rest:
        fields = self.shop.fields
        return Rest(fields["base_url"], fields["rest_key"], fields["rest_secret"])


def payment(here: Here, path: str) -> Sent:
    fields = hidden_in(here.tab.see(f"{path}?view=pc&tab=account"))
    return f"{path}/pay", fields | {"pin": PIN}


@pytest.fixture(scope="module")
def mall(sandbox: Sandbox) -> Iterator[Mall]:
    """Where buyers' money waits for their yes."""
    with merchant(sandbox[0], "Mall") as platform, merchant(sandbox[0], "Store") as store:
        made = Mall(sandbox, platform, store)
        made.apply("c2c", title="Corner shop", days=3)
        made.decide(made.owner, "approve")
        yield made
        made.close()


@pytest.fixture
def here(sandbox: Sandbox, shop: Shop, mall: Mall) -> Iterator[Here]:
    me, friend = person(sandbox[1]), person(sandbox[1])
    for one in (me, friend):
        sandbox[1].made(f"/api/v1/users/{one['id']}/top-ups", amount=50_000)
    tab = Tab(sandbox[0]).log_in(me["phone"])
    device = Authenticator(f"http://localhost:{sandbox[0].port}")
    assert tab.add(device).status_code == 303
    yield Here(tab, device, sandbox, shop, friend, me, mall)
    tab.http.close()
