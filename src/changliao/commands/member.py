"""`changliao member`: the first operators of a network; they add the others in the console."""

from pathlib import Path

import click

from changliao.commands.context import run, visit
from changliao.commands.options import data_option, fail, json_option, show
from changliao.core import chart, ids
from changliao.core.clock import to_rfc3339
from changliao.core.ids import MerchantId
from changliao.core.members import OF_MERCHANTS, Member, Right, Role, may
from changliao.operations import logins, onboarding
from changliao.operations.members import ADD, RESET
from changliao.operations.onboarding import accepted
from changliao.operations.parties import REVOKE_KEY, RevokeKey
from changliao.store.views import members, parties

_ROLES = [role.name.lower() for role in Role]


@click.group()
def member() -> None:
    """Members: people who log in to the console or to the portal."""


@member.command()
@data_option
@click.argument("name")
@click.option(
    "--role", type=click.Choice(_ROLES), default="admin", show_default=True, help="What it may do."
)
@click.option("--merchant", "number", default="", help="Of this merchant, for its portal.")
@json_option
def add(folder: Path, name: str, role: str, number: str, *, as_json: bool) -> None:
    """Add NAME: prints a password and what the authenticator app needs, once."""
    chosen = Role[role.upper()]
    if not 0 < len(name) <= logins.LONGEST_NAME:
        fail(f"a name has 1 to {logins.LONGEST_NAME} characters", 2)
    if (chosen in OF_MERCHANTS) != bool(number):
        fail(f"{role}: --merchant is for {' and '.join(r.name.lower() for r in OF_MERCHANTS)}", 2)
    show(run(_add(folder, name, chosen, number)), as_json=as_json)


@member.command()
@data_option
@click.argument("name")
@json_option
def reset(folder: Path, name: str, *, as_json: bool) -> None:
    """Give NAME another password and second factor, and end its sessions."""
    show(run(_reset(folder, name)), as_json=as_json)


@member.command()
@data_option
@click.argument("name")
@json_option
def key(folder: Path, name: str, *, as_json: bool) -> None:
    """Give NAME a key for the REST API; its secret is shown once."""
    show(run(_key(folder, name)), as_json=as_json)


@member.command("revoke-key")
@data_option
@click.argument("serial")
@json_option
def revoke_key(folder: Path, serial: str, *, as_json: bool) -> None:
    """Refuse an operator's key from now on, a member's or a machine's."""
    show(run(_revoke_key(folder, serial)), as_json=as_json)


@member.command("list")
@data_option
def list_(folder: Path) -> None:
    """Every member and its role."""
    for one in run(_all(folder)):
        show(one, as_json=True)


async def _add(folder: Path, name: str, role: Role, number: str) -> dict[str, str]:
    async with visit(folder) as (network, settings):
        organisation = MerchantId(chart.NETWORK)
        if number:
            merchant = await network.read(parties.merchant_by_number, number)
            if merchant is None:
                fail(f"there is no merchant {number}")
            organisation = merchant.id
        new = await logins.prepare(network, name, role, organisation)
        accepted(await network.perform(ADD, new.command))
        return _shown(new.command.member, new.factors, settings.public_url)


async def _key(folder: Path, name: str) -> dict[str, str]:
    async with visit(folder) as (network, _):
        known = await network.read(members.member_by_name, name)
        if known is None:
            fail(f"there is no member {name}")
        if not may(known, Right.USE_KEY):
            fail(f"{name} is {known.role.name.lower()}: a key needs the right {Right.USE_KEY}")
        made = await onboarding.add_request_key(network, chart.NETWORK, known.id)
        return {"member": name, "operator_key": made.name, "operator_secret": made.secret}


async def _revoke_key(folder: Path, serial: str) -> dict[str, str]:
    async with visit(folder) as (network, _):
        command = RevokeKey(MerchantId(chart.NETWORK), serial)
        revoked = accepted(await network.perform(REVOKE_KEY, command))
        return {"operator_key": revoked.serial, "revoked_at": to_rfc3339(revoked.revoked_at)}


async def _reset(folder: Path, name: str) -> dict[str, str]:
    async with visit(folder) as (network, settings):
        known = await network.read(members.member_by_name, name)
        if known is None:
            fail(f"there is no member {name}")
        new = await logins.prepare_reset(network, known)
        accepted(await network.perform(RESET, new.command))
        return _shown(known, new.factors, settings.public_url)


def _shown(member: Member, factors: logins.Factors, public_url: str) -> dict[str, str]:
    return {
        "member": ids.show("mbr", member.id),
        "name": member.name,
        "role": member.role.name.lower(),
        "password": factors.password,
        "totp_secret": factors.totp_secret,
        "totp_address": factors.totp_address,
        "login": f"{public_url}/console/login",
    }


async def _all(folder: Path) -> list[dict[str, str]]:
    async with visit(folder) as (network, _):
        return [
            {
                "member": ids.show("mbr", one.id),
                "name": one.name,
                "role": one.role.name.lower(),
                "state": one.state.name.lower(),
            }
            for one in await network.read(members.members, 0)
        ]
