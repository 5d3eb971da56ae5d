"""What a payer's form at the cashier asks for, and what stands for the payer in it."""

from msgspec.structs import replace
from starlette.datastructures import FormData
from starlette.responses import JSONResponse, Response

from changliao.core.baskets import PayBasket
from changliao.core.ids import PaymentId, parse
from changliao.core.orders import Order, PayOrder
from changliao.core.outcome import Reason, Refused
from changliao.core.parties import User
from changliao.core.passkeys import Party
from changliao.doors.cashier.view import read_discounts
from changliao.operations import checkout, proofs
from changliao.operations.links import Link
from changliao.operations.network import Network
from changliao.operations.proofs import Confirming
from changliao.web import passkeys

Asked = PayOrder | PayBasket


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
    pin, answer = str(form.get("pin", "")), str(form.get("answer", ""))
    proof = await proofs.proof(network, party, _wanted(browser, asked), pin, answer)
    if isinstance(proof, Refused):
        return proof
    return await checkout.perform(network, replace(asked, proof=proof))


async def challenge(network: Network, party: Party, browser: str, asked: Asked) -> Response:
    """What a passkey of the payer's is to answer, for this payment alone."""
    made, known = await proofs.challenge(network, _wanted(browser, asked))
    return JSONResponse(passkeys.request_options(party, made, known))


def _wanted(browser: str, asked: Asked) -> Confirming:
    return Confirming(asked.payer_id, browser, asked.act())
