"""A merchant's keys on its pages: made, uploaded, revoked, and when each was last used."""

from typing import Final

from starlette.responses import RedirectResponse, Response

from changliao.core.clock import MINUTE, Instant
from changliao.core.ids import MerchantId
from changliao.core.members import Right
from changliao.core.outcome import Reason, Refused
from changliao.core.parties import App, Key, KeyKind
from changliao.doors.console import naming
from changliao.doors.console.visit import UNPROCESSABLE, Entry, Visit
from changliao.operations import onboarding
from changliao.operations.certificates import UnusableKey
from changliao.operations.onboarding import RequestKey
from changliao.operations.parties import ADD_KEY, REVOKE_KEY, RevokeKey
from changliao.store.views import key_uses, parties

_PATH: Final = "/portal/keys"
_LONGEST_PEM: Final = 16_384
# A form that is sent again so soon was clicked twice, and only the last answer is seen.
_SHOWN_FOR: Final = MINUTE


async def show(visit: Visit) -> Response:
    """Which keys work, and until when."""
    return await _page(visit, "")


async def add(visit: Visit) -> Response:
    """A new key beside the others: the old one works until it is revoked."""
    form, merchant = await visit.form(), await naming.own_merchant(visit)
    network, hmac = visit.network, form.get("kind") == "hmac"
    one_form = f"{form.get('act', '')} {form.get('kind', '')}"
    number = onboarding.number_of_form(network, visit.member.id, one_form)
    try:
        if hmac:
            key, _ = onboarding.new_request_key(network, merchant.id, number)
        else:
            text = str(form.get("pem", ""))[:_LONGEST_PEM].encode()
            key = onboarding.new_public_key(network, merchant.id, text, number)
    except UnusableKey as error:
        return await _page(visit, f"{visit.words('不能用这个公钥。')} {error}")
    outcome = await visit.act(form, ADD_KEY, key, key.serial, kind=key.kind.name.lower())
    made = await _made(visit, key, outcome) if hmac else None
    if made is not None:
        return visit.render("portal/key_made.html", key=made, here_nav="keys")
    if isinstance(outcome, Refused):
        return await _page(visit, visit.problem(outcome))
    return RedirectResponse(_PATH, 303)


async def revoke(visit: Visit) -> Response:
    """A key must not be accepted any more; another merchant's is not found."""
    form, merchant = await visit.form(), await naming.own_merchant(visit)
    serial, owner = str(form.get("serial", "")), merchant.id
    for app in await visit.network.read(parties.apps_of, merchant.id):
        owner = MerchantId(app.id) if app.number == form.get("app") else owner
    outcome = await visit.act(form, REVOKE_KEY, RevokeKey(owner, serial), serial)
    if isinstance(outcome, Refused):
        return await _page(visit, visit.problem(outcome))
    return RedirectResponse(_PATH, 303)


async def _made(visit: Visit, asked: Key, outcome: Key | Refused) -> RequestKey | None:
    """The key this form made, now or a moment ago."""
    network = visit.network
    if isinstance(outcome, Key):
        return onboarding.opened(network, outcome)
    if outcome.reason is not Reason.KEY_TAKEN:
        return None
    known = await network.read(parties.keys_of, asked.merchant_id)
    now = network.clock()
    return next(
        (
            onboarding.opened(network, one)
            for one in known
            if one.serial == asked.serial
            and one.kind is KeyKind.HMAC_SECRET
            and one.works(now)
            and now - one.starts_at < _SHOWN_FOR
        ),
        None,
    )


async def _page(visit: Visit, text: str) -> Response:
    merchant = await naming.own_merchant(visit)
    found = await visit.network.read(parties.keys_of, merchant.id)
    return visit.render(
        "portal/keys.html",
        UNPROCESSABLE if text else 200,
        keys=sorted(found, key=lambda one: (bool(one.revoked_at), -one.starts_at)),
        used=await visit.network.read(key_uses.of_owner, merchant.id),
        app_keys=await app_keys(visit, merchant.id),
        now=visit.network.clock(),
        problem_text=text,
        here_nav="keys",
    )


async def app_keys(
    visit: Visit, merchant_id: MerchantId
) -> list[tuple[App, list[Key], dict[str, Instant]]]:
    """The keys of a merchant's apps, where a protocol gives keys to apps, and when each signed."""
    read, found = visit.network.read, []
    for app in await read(parties.apps_of, merchant_id):
        keys = await read(parties.keys_of, app.id)
        if keys:
            keys = sorted(keys, key=lambda one: (bool(one.revoked_at), -one.starts_at))
            found.append((app, keys, await read(key_uses.of_owner, app.id)))
    return found


ENTRIES: Final = (
    Entry("GET", _PATH, Right.PORTAL_LOOK, show),
    Entry("POST", _PATH, Right.PORTAL_KEYS, add),
    Entry("POST", _PATH + "/revoke", Right.PORTAL_KEYS, revoke),
)
