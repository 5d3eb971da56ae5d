"""What merchants are told of payments and refunds: what it says, and that it comes, whatever."""

import asyncio
import json
import os
import subprocess
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from changliao import config
from changliao.commands.context import now, open_database, open_vault
from changliao.core.clock import Instant
from changliao.core.events import LEASE
from changliao.doors.rest.notify import Notifier
from changliao.operations.network import Network
from changliao.store.views import events
from changliao.workers import notifications
from changliao.workers.addresses import Guard
from changliao.workers.faults import Faithful
from changliao.workers.notifications import Deliverer
from tests import postgres
from tests.served import CHANGLIAO, STOP_WITHIN_S, Rest, Served, Shop, serve
from tests.waiting import LONGEST_S, eventually
from tests.workers import receiver as answers
from tests.workers.receiver import (
    CLEANUP_S,
    Answer,
    Mailbox,
    Receiver,
    Told,
    status,
    unbase64,
)
from tests.workers.till import PRICE, Till, opened

# How long a receiver that says nothing is waited for, and what a busy machine adds to anything.
LIMIT_S, BUSY_S = 5, 30
FRESH_S = 60


def verify_wechat(shop: Shop, told: Told) -> None:
    """The signature is the platform's, over timestamp, nonce and body."""
    headers = told.headers
    message = f"{headers['Wechatpay-Timestamp']}\n{headers['Wechatpay-Nonce']}\n".encode()
    signature = unbase64(headers["Wechatpay-Signature"])
    shop.platform_key.verify(signature, message + told.body + b"\n", PKCS1v15(), hashes.SHA256())


def verify_rest(operator: Rest, told: Told) -> None:
    """The signature is the network's, over timestamp, nonce and body."""
    key = load_pem_public_key(operator.http.get("/api/v1/public-key").content)
    assert isinstance(key, Ed25519PublicKey)
    headers = told.headers
    message = f"{headers['Changliao-Timestamp']}\n{headers['Changliao-Nonce']}\n".encode()
    key.verify(unbase64(headers["Changliao-Signature"]), message + told.body + b"\n")


def opened_letter(shop: Shop, told: Told) -> Any:
    """What the resource of a notification says, once decrypted with the merchant's key."""
    sealed = told.fields["resource"]
    assert sealed["algorithm"] == "AEAD_AES_256_GCM"
    assert len(sealed["nonce"]) == 12
    plain = AESGCM(shop.fields["api_v3_key"].encode()).decrypt(
        sealed["nonce"].encode(),
        unbase64(sealed["ciphertext"]),
        sealed["associated_data"].encode(),
    )
    return json.loads(plain)


def query(shop: Shop, number: str) -> Any:
    path = f"/v3/pay/transactions/out-trade-no/{number}?mchid={shop.mchid}"
    return shop.get(path).json()


# What it says


def test_a_paid_wechat_order_is_told_as_the_protocol_says(till: Till, receiver: Receiver) -> None:
    box = receiver.mailbox()
    number, _ = till.shop.place(notify_url=box.url, attach="a=1")
    till.pay(till.newest())
    told = box.wait()[0]
    for name in (
        "Wechatpay-Timestamp", "Wechatpay-Nonce", "Wechatpay-Signature", "Wechatpay-Serial",
        "Wechatpay-Signature-Type", "Request-ID", "User-Agent", "Content-Type", "Host",
    ):  # fmt: skip
        assert name in told.headers, told.headers
    verify_wechat(till.shop, told)
    assert told.headers["Wechatpay-Serial"] == till.shop.fields["wechatpay_certificate_serial"]
    assert told.headers["Wechatpay-Signature-Type"] == "WECHATPAY2-SHA256-RSA2048"
    assert told.headers["Content-Type"] == "application/json"
    assert f"http://{told.headers['Host']}" == receiver.base_url
    assert abs(int(told.headers["Wechatpay-Timestamp"]) - time.time()) < FRESH_S
    fields = told.fields
    assert (fields["event_type"], fields["summary"]) == ("TRANSACTION.SUCCESS", "支付成功")
    assert fields["resource_type"] == "encrypt-resource"
    assert len(fields["id"]) == 36
    assert fields["resource"]["original_type"] == "transaction"
    assert opened_letter(till.shop, told) == query(till.shop, number)
    assert opened_letter(till.shop, told)["trade_state"] == "SUCCESS"


def test_a_wechat_refund_is_told_to_its_own_address(till: Till, receiver: Receiver) -> None:
    box = receiver.mailbox()
    number, _ = till.shop.place()
    till.pay(till.newest())
    answer = till.shop.post(
        "/v3/refund/domestic/refunds", out_trade_no=number, out_refund_no=f"{number}R",
        notify_url=box.url, amount={"refund": 300, "total": PRICE, "currency": "CNY"},
    )  # fmt: skip
    refund = answer.json()
    told = box.wait()[0]
    verify_wechat(till.shop, told)
    assert (told.fields["event_type"], told.fields["summary"]) == ("REFUND.SUCCESS", "退款成功")
    assert told.fields["resource"]["original_type"] == "refund"
    assert opened_letter(till.shop, told) == {
        "mchid": till.shop.mchid,
        "transaction_id": refund["transaction_id"],
        "out_trade_no": number,
        "refund_id": refund["refund_id"],
        "out_refund_no": f"{number}R",
        "refund_status": "SUCCESS",
        "success_time": refund["success_time"],
        "user_received_account": refund["user_received_account"],
        "amount": {"total": PRICE, "refund": 300, "payer_total": PRICE, "payer_refund": 300},
    }


def test_a_provider_is_told_of_the_orders_it_placed(
    sandbox: tuple[Served, Rest], till: Till, receiver: Receiver
) -> None:
    paid, refunded = receiver.mailbox(), receiver.mailbox()
    with Shop(sandbox[1].made("/api/v1/merchants", name="Provider")) as provider:
        whose = {"sp_mchid": provider.mchid, "sub_mchid": till.shop.mchid}
        till.operator.made(
            "/api/v1/partnerships", provider=provider.mchid, merchant=till.shop.mchid
        )
        body = provider.order(
            mchid=None, appid=None, sp_appid=provider.appid, notify_url=paid.url, **whose
        )
        number = body["out_trade_no"]
        placed = provider.post("/v3/pay/partner/transactions/native", **body)
        assert placed.status_code == 200, placed.text
        till.pay(till.newest())
        told = paid.wait()[0]
        verify_wechat(provider, told)
        said = opened_letter(provider, told)
        assert (said["trade_state"], said["out_trade_no"]) == ("SUCCESS", number)
        assert whose.items() <= said.items()
        assert said["sp_appid"] == provider.appid
        assert said["payer"]["sp_openid"]
        assert not {"mchid", "appid"} & said.keys()
        answer = provider.post(
            "/v3/refund/domestic/refunds", sub_mchid=till.shop.mchid, out_trade_no=number,
            out_refund_no=f"{number}R", notify_url=refunded.url,
            amount={"refund": PRICE, "total": PRICE, "currency": "CNY"},
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
        said = opened_letter(provider, refunded.wait()[0])
        assert whose.items() <= said.items()
        assert "mchid" not in said
        assert said["refund_status"] == "SUCCESS"


def test_a_rest_order_and_its_refund_are_told_under_the_networks_key(
    till: Till, receiver: Receiver
) -> None:
    box, refunded = receiver.mailbox(), receiver.mailbox()
    order = till.sell(box)
    told = box.wait()[0]
    verify_rest(till.operator, told)
    assert abs(int(told.headers["Changliao-Timestamp"]) - time.time()) < FRESH_S
    assert told.fields["type"] == "order.paid"
    assert told.fields["data"] == till.rest.get(f"/api/v1/orders/{order['id']}").json()
    assert told.fields["data"]["state"] == "paid"
    refund = till.refund(order, 300, refunded)
    told = refunded.wait()[0]
    verify_rest(till.operator, told)
    assert (told.fields["type"], told.fields["data"]) == ("refund.finished", refund)


def test_nothing_is_told_of_an_order_without_an_address(till: Till) -> None:
    order = till.pay(till.place(None)["id"])
    told_of = [event["id"][4:] for event in till.rest.get("/api/v1/events").json()["data"]]
    assert order["payment_id"][4:] not in told_of


# That it comes


FAILURES: dict[str, tuple[Answer, int]] = {
    "500": (status(500, b'{"code":"FAIL"}'), 500),
    "201": (status(201), 201),
    "404": (status(404), 404),
    "garbage": (answers.garbage, 0),
    "close": (answers.close, 0),
    "hang": (answers.hang, 0),
    "drip": (answers.drip, 0),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_a_failed_attempt_is_repeated_with_the_same_body_signed_anew(
    eager: Till, receiver: Receiver, failure: str
) -> None:
    answer, expected = FAILURES[failure]
    box = receiver.mailbox(answer, then=status(200, b"ok"))
    eager.sell(box)
    first, second = box.wait(2)
    assert first.body == second.body
    for name in ("Changliao-Nonce", "Changliao-Signature"):
        assert first.headers[name] != second.headers[name]
    for told in (first, second):
        verify_rest(eager.operator, told)
    passed = int(second.headers["Changliao-Timestamp"]) - int(first.headers["Changliao-Timestamp"])
    assert abs(passed - (second.at - first.at)) < BUSY_S
    assert second.at - first.at < LIMIT_S + BUSY_S
    event = eager.settled(first.fields["id"], "delivered")
    tries = [(one["attempt"], one["status"]) for one in event["deliveries"]]
    assert tries == [(1, expected), (2, 200)]
    assert event["deliveries"][0]["note"] or failure in ("201", "404")
    assert event["deliveries"][1]["note"] == "ok"


def test_a_wechat_body_and_its_id_are_sealed_once(eager: Till, receiver: Receiver) -> None:
    box = receiver.mailbox(status(500), status(500))
    eager.shop.place(notify_url=box.url)
    eager.pay(eager.newest())
    told = box.wait(3)
    assert len({one.body for one in told}) == 1
    for name in ("Wechatpay-Nonce", "Wechatpay-Signature", "Request-ID"):
        assert len({one.headers[name] for one in told}) == 3
    for one in told:
        verify_wechat(eager.shop, one)
        assert abs(int(one.headers["Wechatpay-Timestamp"]) - time.time()) < FRESH_S


def test_a_redirect_is_a_failure_and_is_not_followed(eager: Till, receiver: Receiver) -> None:
    elsewhere = receiver.mailbox()
    box = receiver.mailbox(*(status(code, Location=elsewhere.url) for code in (301, 302, 307)))
    eager.sell(box)
    event = eager.settled(box.wait(4)[0].fields["id"], "delivered")
    assert [one["status"] for one in event["deliveries"]] == [301, 302, 307, 204]
    assert elsewhere.told == []


@pytest.mark.parametrize(
    "answer",
    [
        status(204),
        status(200, b'{"code":"FAIL"}'),
        status(200, b"a\0b\xff\xfe"),
        status(200, b"text", Content_Type="text/plain; charset=hex"),
        status(200, b"+2AA-", Content_Type="text/plain; charset=utf-7"),
        status(200, b"not compressed", Content_Encoding="gzip"),
        status(200, b"x" * 3_000_000),
    ],
    ids=["204", "fail", "nul", "hex", "surrogate", "gzip", "long"],
)
def test_only_the_status_of_an_answer_counts(
    eager: Till, receiver: Receiver, answer: Answer
) -> None:
    box = receiver.mailbox(then=answer)
    eager.sell(box)
    event = eager.settled(box.wait()[0].fields["id"], "delivered")
    assert event["attempts"] == len(event["deliveries"]) == len(box.told) == 1


def test_a_receiver_that_never_agrees_is_given_up_and_can_be_told_again(
    eager: Till, receiver: Receiver
) -> None:
    box = receiver.mailbox(then=status(503, b"down"))
    eager.sell(box)
    event_id = box.wait(16)[0].fields["id"]
    event = eager.settled(event_id, "given_up")
    tries = [(one["attempt"], one["status"], one["note"]) for one in event["deliveries"]]
    assert tries == [(n, 503, "down") for n in range(1, 17)]
    assert "next_at" not in event
    assert (
        " GIVEN_UP attempts=16 last=503 down" in eager.served.command("sandbox", "events")[event_id]
    )

    assert eager.rest.post(f"/api/v1/events/{event_id}/resend").json()["state"] == "waiting"
    box.wait(17)
    assert eager.settled(event_id, "given_up")["attempts"] == 17

    box.then = status(200)
    assert eager.served.command("sandbox", "resend", event_id)["event"] == event_id
    event = eager.settled(event_id, "delivered")
    assert len({one.body for one in box.wait(18)}) == 1
    assert (event["attempts"], event["deliveries"][-1]["status"]) == (18, 200)
    assert " DELIVERED attempts=18 last=200" in eager.served.command("sandbox", "events")[event_id]

    eager.rest.post(f"/api/v1/events/{event_id}/resend")  # also what was delivered
    box.wait(19)


ADDRESSES = [
    "http://a..b/", f"http://{'a' * 64}.test/", "http://[::1/", "http://1.1.1.1:99999/",
    "http://nobody.invalid/", "http://例え..jp/", "http://127.0.0.1:1/",
]  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_that_cannot_be_called_is_a_failed_attempt(eager: Till, address: str) -> None:
    order = eager.pay(eager.place(None, notify_url=address)["id"])
    event = eager.settled("evt_" + order["payment_id"][4:], "given_up")
    assert {one["status"] for one in event["deliveries"]} == {0}
    assert all(one["note"] for one in event["deliveries"])


# Crashes


@contextmanager
def doors_only(served: Served) -> Iterator[None]:
    """Serve without workers: what is paid meanwhile is told to nobody. Ends with a kill."""
    served.stop()
    arguments = [CHANGLIAO, "serve", "--data", str(served.data), "--port", str(served.port)]
    with served.log_path.open("ab") as log:
        served.process = subprocess.Popen(
            [*arguments, "--no-workers"], stdout=log, stderr=log, env=served_environment(served)
        )
    eventually(lambda: answers_health(served))
    try:
        yield
    finally:
        served.kill()


def served_environment(served: Served) -> dict[str, str]:
    return {**os.environ, **served.environment}


def answers_health(served: Served) -> bool:
    try:
        return httpx.get(
            f"{served.base_url}/healthz", trust_env=False, verify=False, timeout=30
        ).is_success
    except httpx.TransportError:
        assert served.process.poll() is None, served.log()
        return False


@pytest.fixture
def fragile(tmp_path: Path) -> Iterator[Till]:
    """A merchant of a network that will be killed."""
    with serve(tmp_path / "data", "changliao.db") as (served, operator):
        with opened(served, operator) as one:
            yield one
        assert served.audit()["clean"]


def test_a_server_killed_before_the_first_attempt_tells_after_the_restart_what_was_committed(
    fragile: Till, receiver: Receiver
) -> None:
    rest_box, wechat_box = receiver.mailbox(), receiver.mailbox()
    with doors_only(fragile.served):
        order = fragile.sell(rest_box)
        fragile.refund(order, 400)
        number, _ = fragile.shop.place(notify_url=wechat_box.url)
        fragile.pay(fragile.newest())
        answer = fragile.shop.post(
            "/v3/refund/domestic/refunds", out_trade_no=number, out_refund_no=f"{number}R",
            amount={"refund": PRICE, "total": PRICE, "currency": "CNY"},
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
        assert query(fragile.shop, number)["trade_state"] == "REFUND"
    assert rest_box.told == wechat_box.told == []
    fragile.served.restart()
    told = rest_box.wait()[0].fields
    assert (told["type"], told["data"]["state"]) == ("order.paid", "paid")
    assert (told["data"]["amount"], told["data"]["refunded"]) == (PRICE, 0)
    said = opened_letter(fragile.shop, wechat_box.wait()[0])
    assert (said["trade_state"], said["amount"]["total"]) == ("SUCCESS", PRICE)
    stands = fragile.rest.get(f"/api/v1/orders/{order['id']}").json()
    assert (stands["state"], stands["refunded"]) == ("paid", 400)
    assert query(fragile.shop, number)["trade_state"] == "REFUND"


def test_a_server_killed_during_an_attempt_tells_again_when_the_lease_is_over(
    fragile: Till, receiver: Receiver
) -> None:
    box = receiver.mailbox(answers.hang)
    order = fragile.sell(box)
    first = box.wait()[0]
    fragile.served.kill()
    asyncio.run(deliver_at(fragile.served, Instant(now() + LEASE), box))
    second = box.wait(2)[1]
    assert second.body == first.body
    fragile.served.restart()
    event = fragile.event(first.fields["id"])
    assert (event["state"], event["attempts"]) == ("delivered", 2)
    assert [one["attempt"] for one in event["deliveries"]] == [2]  # nobody knows how 1 ended
    assert fragile.rest.get(f"/api/v1/orders/{order['id']}").json()["state"] == "paid"


async def deliver_at(served: Served, moment: Instant, box: Mailbox) -> None:
    """Another worker looks at the data of a dead one, at that time, until its letter came."""
    async with delivering(served, moment) as network:
        await asyncio.to_thread(box.wait, 2)
        async with asyncio.timeout(LONGEST_S):
            while True:
                if not await network.read(events.due, Instant(moment + LEASE), 1):
                    break
                await asyncio.sleep(0.02)


@asynccontextmanager
async def delivering(served: Served, moment: Instant) -> AsyncIterator[Network]:
    """A deliverer in this process, on the data of one that is dead."""
    settings = config.load(served.data, served.environment)
    engine = open_database(settings)
    network = Network(engine, lambda: moment, open_vault(served.data), engine.claim_node(1))
    await network.start()
    notifiers = {"rest": Notifier(network)}
    deliverer = Deliverer(network, notifiers, Guard(allow_private=True), 1.0, Faithful())
    working = asyncio.create_task(deliverer.run())
    try:
        yield network
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        await network.close()


def test_slow_receivers_delay_nobody_else(
    fragile: Till, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All the time that they are waited for, which is longer than this test may take."""
    monkeypatch.setattr(notifications, "_ANSWER_WITHIN_S", 2 * LONGEST_S)
    slow = receiver.mailbox(*[answers.hang, answers.drip] * 30)
    boxes = [receiver.mailbox() for _ in range(3)]
    with doors_only(fragile.served):
        with opened(fragile.served, fragile.operator) as dead:
            for _ in range(60):
                dead.sell(slow)
        for box in boxes:
            fragile.sell(box)

    async def scene() -> None:
        async with delivering(fragile.served, now()):
            await asyncio.to_thread(slow.wait, 60)
            for box in boxes:
                await asyncio.to_thread(box.wait, within_s=CLEANUP_S / 2)

    asyncio.run(scene())


def test_a_receiver_that_was_down_while_its_order_was_refunded_hears_of_the_payment(
    till: Till, receiver: Receiver
) -> None:
    box = receiver.mailbox(status(502), status(502))
    number, _ = till.shop.place(notify_url=box.url)
    till.pay(till.newest())
    box.wait()
    answer = till.shop.post(
        "/v3/refund/domestic/refunds", out_trade_no=number, out_refund_no=f"{number}R",
        amount={"refund": PRICE, "total": PRICE, "currency": "CNY"},
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    for told in box.wait(3):
        said = opened_letter(till.shop, told)
        assert (said["trade_state"], said["amount"]["total"]) == ("SUCCESS", PRICE)


# Several workers


@pytest.fixture
def many(postgresql: postgres.Server, tmp_path: Path) -> Iterator[Till]:
    """Two processes that serve and one that only works, on one PostgreSQL."""
    address = postgresql.database()
    with serve(tmp_path / "data", address, retry_scale="0.01") as (served, operator):
        log_path = tmp_path / "work.log"
        with log_path.open("wb") as log:
            worker = subprocess.Popen(
                [CHANGLIAO, "work", "--data", str(served.data)],
                stdout=log, stderr=log, env=served_environment(served),
            )  # fmt: skip
        beside = served.beside()
        try:
            eventually(lambda: "works" in log_path.read_text("utf-8"))
            with opened(served, operator) as one:
                yield one
        finally:
            beside.stop()
            worker.terminate()
            worker.wait(STOP_WITHIN_S)
        assert "Traceback" not in served.log() + beside.log() + log_path.read_text("utf-8")
        assert served.audit()["clean"]


def test_several_workers_tell_each_event_once(many: Till, receiver: Receiver) -> None:
    box = receiver.mailbox(then=status(200, b"a\0b"))  # PostgreSQL keeps no NUL in text
    sold = {"evt_" + many.sell(box)["payment_id"][4:] for _ in range(40)}
    box.wait(40)
    for event_id in sold:
        event = many.settled(event_id, "delivered")
        assert event["attempts"] == len(event["deliveries"]) == 1
    assert Counter(told.fields["id"] for told in box.told) == Counter(sold)
