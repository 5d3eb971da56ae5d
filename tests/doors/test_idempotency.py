"""Idempotency-Key over a real socket: the same request gets the same answer, once."""

import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from changliao.core import chart
from changliao.core.answers import LIVES, KeptAnswer
from changliao.core.clock import Instant
from changliao.core.ids import TopUpId
from changliao.core.money import CNY, Money
from changliao.core.outcome import Reason, Refused
from changliao.core.wallet import TopUp
from changliao.operations.answers import FORGET, ForgetAnswers, Once, once
from changliao.operations.wallet import TOP_UP
from changliao.store.views import answers
from tests.served import Rest, Served
from tests.world import World, refused

Sandbox = tuple[Served, Rest]


def send(client: Rest, path: str, key: str, **fields: Any) -> httpx.Response:
    request = client.signed("POST", path, json.dumps(fields).encode())
    request.headers["Idempotency-Key"] = key
    return client.http.send(request)


@pytest.fixture(scope="module")
def operator(sandbox: Sandbox) -> Rest:
    return sandbox[1]


@pytest.fixture
def user(operator: Rest) -> str:
    phone = f"1{secrets.randbelow(10**12):012d}"
    return str(operator.made("/api/v1/users", phone=phone, name="someone")["id"])


def balance(operator: Rest, user: str) -> int:
    found = operator.get(f"/api/v1/users/{user}").json()["balances"]
    return int(found[0]["balance"]) if found else 0


def test_the_same_request_gets_the_same_answer_and_happens_once(operator: Rest, user: str) -> None:
    key, path = secrets.token_hex(8), f"/api/v1/users/{user}/top-ups"
    first = send(operator, path, key, amount=700)
    again = send(operator, path, key, amount=700)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert balance(operator, user) == 700
    assert send(operator, path, secrets.token_hex(8), amount=700).content != first.content
    assert balance(operator, user) == 1400


def test_another_request_under_the_key_is_refused(operator: Rest, user: str) -> None:
    key, path = secrets.token_hex(8), f"/api/v1/users/{user}/top-ups"
    send(operator, path, key, amount=700)
    answer = send(operator, path, key, amount=701)
    assert (answer.status_code, answer.json()["reason"]) == (422, "idempotency_key_reused")
    other = send(operator, f"/api/v1/users/{user}/transfers", key, amount=700)
    assert other.status_code in (400, 422)
    assert balance(operator, user) == 700


def test_a_hundred_at_once_happen_once(operator: Rest, user: str) -> None:
    key, path = secrets.token_hex(8), f"/api/v1/users/{user}/top-ups"
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda _: send(operator, path, key, amount=5), range(100)))
    assert {one.content for one in found} == {found[0].content}
    assert balance(operator, user) == 5


def test_a_no_is_kept_and_secrets_are_given_again(operator: Rest, user: str) -> None:
    key, path = secrets.token_hex(8), f"/api/v1/users/{user}/transfers"
    payee = operator.made(
        "/api/v1/users", phone=f"1{secrets.randbelow(10**12):012d}", name="payee"
    )["id"]
    first = send(operator, path, key, payee_id=payee, amount=100)
    assert (first.status_code, first.json()["reason"]) == (402, "insufficient_funds")
    operator.made(f"/api/v1/users/{user}/top-ups", amount=100)
    assert send(operator, path, key, payee_id=payee, amount=100).content == first.content
    assert balance(operator, user) == 100
    key = secrets.token_hex(8)
    one = send(operator, "/api/v1/merchants", key, name="Once")
    assert one.json()["rest_secret"]
    assert send(operator, "/api/v1/merchants", key, name="Once").content == one.content


def test_a_malformed_request_keeps_nothing(operator: Rest, user: str) -> None:
    key, path = secrets.token_hex(8), f"/api/v1/users/{user}/top-ups"
    assert send(operator, path, key, amount="7").status_code == 400
    assert send(operator, path, key, amount=7).status_code == 201


@pytest.mark.parametrize("key", ["x" * 65, "a b", "\xe9".encode().decode("latin-1")])
def test_a_key_that_is_none_is_refused(operator: Rest, user: str, key: str) -> None:
    answer = send(operator, f"/api/v1/users/{user}/top-ups", key, amount=7)
    assert (answer.status_code, answer.json().get("field")) == (400, "Idempotency-Key")
    assert balance(operator, user) == 0


def test_one_party_never_gets_anothers_answer(operator: Rest, sandbox: Sandbox) -> None:
    key, clients = secrets.token_hex(8), []
    for name in "ab":
        made = operator.made("/api/v1/merchants", name=name)
        clients.append(Rest(sandbox[0].base_url, made["rest_key"], made["rest_secret"]))
    order = {"reference": "A-1", "title": "shoes", "amount": 100}
    one, two = (send(client, "/api/v1/orders", key, **order) for client in clients)
    assert one.json()["merchant_id"] != two.json()["merchant_id"]
    for client in clients:
        client.http.close()


def a_top_up(world: World, user_id: Any, key: str = "k", amount: int = 5) -> Once[TopUp]:
    asked = KeptAnswer(chart.NETWORK, key, b"%d" % amount)
    top_up = TopUp(TopUpId(world.ids.new()), user_id, Money(amount, CNY), chart.SANDBOX_BANK)
    return Once(asked, top_up, lambda found: (409 if isinstance(found, Refused) else 201, b"x"))


def test_two_in_one_batch_happen_once_on_each_engine(world: World) -> None:
    user = world.user()
    one, two = a_top_up(world, user), a_top_up(world, user)
    first, second = world.batch([(once(TOP_UP), one), (once(TOP_UP), two)])
    assert first == second
    assert world.balance(chart.wallet(user, CNY)) == 5
    before = world.rows()
    reused = world.do(once(TOP_UP), a_top_up(world, user, amount=6))
    assert refused(reused, Reason.IDEMPOTENCY_KEY_REUSED)
    assert world.rows() == before


def test_after_a_day_the_key_is_free_again_and_the_worker_forgets_it(world: World) -> None:
    user = world.user()
    world.do(once(TOP_UP), a_top_up(world, user))
    world.now = Instant(world.now + LIVES - 1)
    assert refused(
        world.do(once(TOP_UP), a_top_up(world, user, amount=6)), Reason("idempotency_key_reused")
    )
    world.now = Instant(world.now + 1)
    with world.engine.reader() as reader:
        old = tuple(answers.old(reader, Instant(world.now - LIVES), 10))
    assert len(old) == 1
    assert world.do(once(TOP_UP), a_top_up(world, user, amount=6)).status == 201
    world.do(FORGET, ForgetAnswers(old))  # replaced meanwhile: the newer one stays
    with world.engine.reader() as reader:
        assert answers.kept(reader, chart.NETWORK, "k") is not None
        newer = tuple(answers.old(reader, world.now, 10))
    world.do(FORGET, ForgetAnswers(newer))
    with world.engine.reader() as reader:
        assert answers.kept(reader, chart.NETWORK, "k") is None
