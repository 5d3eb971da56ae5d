"""What a merchant is told of its account: its own only."""

from changliao.commands.people import Person
from tests.openapi import open_app
from tests.served import Rest, Served

METHOD = "alipay.fund.account.query"


def test_a_merchant_sees_its_own_account_only(sandbox: tuple[Served, Rest], payer: Person) -> None:
    with open_app(sandbox[0], "Funds", "--fee-bps", "60") as app:
        empty = app.done(METHOD, {"alipay_user_id": app.pid})
        assert (empty["available_amount"], empty["freeze_amount"]) == ("0.00", "0.00")
        _, code = app.precreate()
        payer.pay(code)
        path = f"/v3/{METHOD.replace('.', '/')}?account_type=ACCTRANS_ACCOUNT"
        answer = app.rest("GET", path)
        assert app.verifies(answer)
        assert answer.json()["available_amount"] == "9.94"
        assert app.refused(METHOD, {"alipay_user_id": "2088000000000009"}) == "NO_PERMISSION"
        assert app.refused(METHOD, {"account_type": "TRUST"}) == "INVALID_PARAMETER"
