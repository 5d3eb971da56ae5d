"""What a payer's form at the cashier asks for, and what stands for the payer in it."""

from msgspec.structs import replace
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from changliao.core.baskets import PayBasket
from changliao.core.confirmations import Proven
from changliao.core.credentials import CredentialKind
from changliao.core.ids import PaymentId, UserId, parse
from changliao.core.orders import Order, PayOrder
from changliao.core.outcome import Reason, Refused
from changliao.core.parties import User
from changliao.core.passkeys import Party
from changliao.doors.cashier.view import read_discounts
from changliao.operations import authenticators, checkout, sessions
from changliao.operations.links import Link
from changliao.operations.network import Network
from changliao.web import passkeys

Asked = PayOrder | PayBasket


def wanted(request: Request) -> bool:
    """Is a challenge for a passkey wanted, and nothing paid?"""
    return request.query_params.get("ask") == "passkey"


async def command(
    network: Network, form: FormData, order: Order, link: Link, payer: User
) -> Asked | Refused:
    """The payment that the form asks for, without what stands for the payer."""
    payment_id = parse("pay", str(form.get("payment_id", "")))
    if payment_id is None:
        return Refused(Reason.CREDENTIAL_WRONG)
    if network.clock() >= link.expires_at:
        return Refused(Reason.ORDER_EXPIRED)
    basket = await checkout.basket_of(network, order)
    seen = read_discounts(str(form.get("discount", "")))
    asked = PayOrder(
        payment_id=PaymentId(payment_id),
        merchant_id=order.merchant_id,
        order_id=order.id,
        payer_id=payer.id,
        amount=basket.amount if basket else order.amount,
        issue=link.issue,
        discount=seen[0] if seen and basket is None else None,
    )
    return await checkout.whole(network, order, asked, seen)


async def paid(
    network: Network, party: Party | None, browser: str, form: FormData, asked: Asked
) -> Order | Refused:
    """Pay it, when the PIN or a passkey's answer for exactly this payment is in the form."""
    proof: Proven | Refused = Refused(Reason.CREDENTIAL_WRONG)
    pin, answer = str(form.get("pin", ""))[:16], str(form.get("answer", ""))
    if answer and not pin:
        proof = Refused(Reason.PASSKEY_WRONG)
        if party is not None:
            made_for = authenticators.confirming(asked.payer_id, browser, asked.act())
            proof = await authenticators.confirmed(network, party, made_for, asked.act(), answer)
    elif pin:
        typed = await sessions.prove(network, asked.payer_id, CredentialKind.PIN, pin)
        proof = typed or proof
    if isinstance(proof, Refused):
        return proof
    return await checkout.perform(network, replace(asked, proof=proof))


async def challenge(network: Network, party: Party, browser: str, asked: Asked) -> Response:
    """What a passkey of the payer's is to answer, for this payment alone."""
    made = authenticators.ask_for(network, asked.payer_id, browser, asked.act())
    known = await authenticators.permitted(network, asked.payer_id)
    return JSONResponse(passkeys.request_options(party, made, known))


async def ready(network: Network, party: Party | None, payer_id: UserId) -> bool:
    """Has the payer a passkey that confirms, and is this an address for it?"""
    return party is not None and bool(await authenticators.permitted(network, payer_id))
