"""Statements and files of banks over REST: every fault is told, and no money moves."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import schemas
from tests.served import DAY_S, Rest, Served, later, serve, until_noon_s
from tests.web.test_iso20022 import a_report

BEIJING = timezone(timedelta(hours=8))
BANK = "/api/v1/channels/sandbox_bank"
FILES = "/api/v1/channels/city_bank"


@pytest.fixture
def operator(tmp_path: Path) -> Iterator[Rest]:
    """A network of its own, whose days go by as they are told."""
    with serve(tmp_path / "data", "changliao.db") as (served, operator):
        later(operator, until_noon_s())
        yield operator
        check(served)


def check(served: Served) -> None:
    assert served.audit()["clean"]


def next_day(operator: Rest) -> str:
    """The day that was; now it is the next one."""
    now = datetime.fromisoformat(operator.get("/api/v1/sandbox/clock").json()["now"])
    later(operator, DAY_S)
    return now.astimezone(BEIJING).date().isoformat()


def refused(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["reason"]


def statement_of(operator: Rest, day: str) -> str:
    answer = operator.get(f"{BANK}/statement?day={day}")
    assert answer.status_code == 200, answer.text
    return str(answer.json()["document"])


def read(operator: Rest, document: str, path: str = BANK) -> Any:
    answer = operator.post(f"{path}/statement", document=document)
    assert answer.status_code == 200, answer.text
    return answer.json()


def kinds(report: Any) -> Counter[str]:
    return Counter(one["kind"] for one in report["differences"])


def a_user(operator: Rest, number: int, amount: int) -> str:
    made = operator.made("/api/v1/users", phone=f"1350000{number:04d}", name="小满")
    operator.made(f"/api/v1/users/{made['id']}/top-ups", amount=amount)
    return str(made["id"])


def balance(operator: Rest, user: str) -> int:
    found = operator.get(f"/api/v1/users/{user}").json()["balances"]
    return sum(one["balance"] for one in found)


def test_every_fault_of_a_statement_is_told(operator: Rest, tmp_path: Path) -> None:
    user = a_user(operator, 1, 10_000)
    faults = ["line_missing", "line_extra", "duplicate", "wrong_amount", "refused", ""]
    for fault in faults:
        for kind, path, more in (
            ("pay", "top-ups", {}), ("payout", "withdrawals", {"account": "6222"}),
        ):  # fmt: skip
            if fault:
                operator.post(f"{BANK}/faults", kind=kind, fault=fault, off=-3)
            made = operator.made(f"/api/v1/users/{user}/{path}", amount=100, **more)
            assert made["state"] == ("refused" if fault == "refused" else "done")
    had = balance(operator, user)
    day = next_day(operator)
    document = statement_of(operator, day)
    file = tmp_path / "statement.xml"
    file.write_text(document, "utf-8")
    assert schemas.faults(file) == [""]
    report = read(operator, document)
    expected = {"missing": 2, "extra": 2, "twice": 2, "not_as_asked": 2}
    assert (kinds(report), report["settled"]) == (expected, 0)
    assert (report["opening"], report["lines"]) == (0, 1 + 2 * (0 + 2 + 2 + 1 + 0 + 1))
    missing = [one["ours"] for one in report["differences"] if one["kind"] == "missing"]
    assert sorted(missing) == [-100, 100]
    assert read(operator, document) == report
    assert balance(operator, user) == had
    # The next day begins where this one ended.
    assert (
        read(operator, statement_of(operator, next_day(operator)))["opening"] == report["closing"]
    )


def test_a_wrong_statement_is_refused_and_nothing_moves(operator: Rest) -> None:
    user = a_user(operator, 1, 1_000)
    operator.post(f"{BANK}/faults", kind="payout", fault="late")
    out = f"/api/v1/users/{user}/withdrawals"
    operator.made(out, amount=100, account="6222")
    day = next_day(operator)
    document = statement_of(operator, day)
    total = re.sub(
        r"(<Cd>CLBD.*?<Amt Ccy=\"CNY\">)[0-9.]+", r"\g<1>77.00", document, flags=re.DOTALL
    )
    wrong = operator.post(f"{BANK}/statement", document=total)
    assert refused(wrong) == (422, "statement_total_wrong")
    assert "CLBD" in wrong.json()["detail"]
    other = document.replace("camt.053.001.08", "camt.052.001.08")
    schema = operator.post(f"{BANK}/statement", document=other)
    assert refused(schema) == (422, "statement_unreadable")
    assert "namespace" in schema.json()["detail"]
    today = operator.get(f"{BANK}/statement?day=2999-01-01")
    assert refused(today) == (404, "statement_missing")
    assert refused(operator.get(f"{BANK}/statement?day=2026-02-31")) == (400, "malformed")
    assert refused(operator.get(f"{FILES}/statement?day={day}")) == (404, "channel_not_found")


def test_a_bank_that_speaks_in_files_is_known_by_its_statement(
    operator: Rest, tmp_path: Path
) -> None:
    operator.made(
        "/api/v1/channels", code="city_bank", name_zh="城市银行", name_en="City Bank",
        kind="bank_files", weight=0,
    )  # fmt: skip
    user = a_user(operator, 1, 1_000)
    out = f"/api/v1/users/{user}/withdrawals"
    made = [
        operator.made(out, amount=amount, account="6222", channel="city_bank")
        for amount in (300, 200)
    ]
    assert [one["state"] for one in made] == ["unknown", "unknown"]
    declined = operator.made(f"/api/v1/users/{user}/top-ups", amount=5, channel="city_bank")
    assert (declined["state"], declined["reason"]) == ("refused", "this bank only pays out")
    assert balance(operator, user) == 500
    now = operator.get("/api/v1/sandbox/clock").json()["now"][:10]
    early = operator.get(f"{FILES}/payments?day={now}")
    assert refused(early) == (400, "malformed")

    day = next_day(operator)
    file = operator.get(f"{FILES}/payments?day={day}").json()["document"]
    path = tmp_path / "payments.xml"
    path.write_text(file, "utf-8")
    assert schemas.faults(path) == [""]
    assert "<CtrlSum>5.00</CtrlSum>" in file
    names = re.findall("<EndToEndId>(.*?)</EndToEndId>", file)
    assert [one["id"][4:] for one in made] == [name[4:] for name in names]
    assert operator.get(f"{FILES}/payments?day={day}").json()["document"] == file

    # The bank's answer: one was paid. The sandbox's own statement serves as its form.
    form = statement_of(operator, day)
    entry = re.search(r"<Ntry>.*?</Ntry>", form, re.DOTALL)
    assert entry
    paid = entry[0].replace("CRDT", "DBIT").replace("10.00", "3.00")
    paid = re.sub("chr_[0-9A-Z]+", names[0], paid)
    text = form.replace(entry[0], paid).replace("<Sum>10.00", "<Sum>3.00")
    text = re.sub(
        r"(CLBD.*?>)10\.00(</Amt>\s*<CdtDbtInd>)CRDT", r"\g<1>3.00\g<2>DBIT", text, flags=re.DOTALL
    )
    report = read(operator, text, FILES)
    assert (report["settled"], report["differences"]) == (1, [])
    states = [operator.get(f"{out}/{one['id']}").json()["state"] for one in made]
    assert states == ["done", "unknown"]
    assert balance(operator, user) == 500
    assert read(operator, text, FILES)["settled"] == 0
    # The bank rejects the other: the money is back, and the same report again changes nothing.
    assert names[1] in file
    report_text = a_report("12", "PART", (names[1], "RJCT", "AC04"), (names[0], "ACSC", ""))
    report_text = report_text.replace(">F1<", f">city_bank-CNY-{day.replace('-', '')}<")
    for times in (1, 0):
        told = operator.post(f"{FILES}/status-report", document=report_text).json()
        assert (told["rejected"], told["strangers"]) == (times, [])
        assert [one["state"] for one in told["payments"]] == ["done", "refused"]
    last = operator.get(f"{out}/{made[1]['id']}").json()
    assert (last["state"], last["reason"]) == ("refused", "AC04")
    assert balance(operator, user) == 700
    wrong = operator.post(f"{FILES}/status-report", document=report_text.replace("city_", "town_"))
    assert refused(wrong) == (422, "statement_unreadable")


def test_a_difference_is_resolved_by_two_operators(tmp_path: Path) -> None:
    with serve(tmp_path / "data", "changliao.db") as (served, operator):
        key = served.command("sandbox", "operator-key")
        second = Rest(served.base_url, key["operator_key"], key["operator_secret"])
        user = a_user(operator, 1, 1_000)
        operator.post(f"{BANK}/faults", kind="payout", fault="line_missing")
        operator.made(f"/api/v1/users/{user}/withdrawals", amount=300, account="6222")
        report = read(operator, statement_of(operator, next_day(operator)))
        [found] = report["differences"]
        path = f"/api/v1/channel-differences/{found['id']}"
        assert operator.get("/api/v1/channel-differences?state=open").json()["data"] == [
            operator.get(path).json()
        ]
        case = operator.get(path).json()
        assert (case["off"], case["owed"], case["owner_id"]) == (300, 300, user)
        asked = {"resolution": "owner", "note": "the bank says it never left"}
        assert operator.post(f"{path}/propose", **asked).json()["state"] == "proposed"
        assert refused(operator.post(f"{path}/approve")) == (403, "difference_self_approval")
        assert balance(operator, user) == 700
        done = second.post(f"{path}/approve").json()
        again = second.post(f"{path}/approve")
        second.http.close()
        assert (done["state"], done["resolution"]) == ("resolved", "owner")
        assert done["proposed_by"] != done["decided_by"]
        assert balance(operator, user) == 1_000
        assert refused(again) == (409, "difference_state")
        assert refused(operator.post(f"{path}/propose", **asked)) == (409, "difference_state")
        check(served)
