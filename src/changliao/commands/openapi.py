"""`changliao openapi`: the OpenAPI document of the REST API, for generators and reviews."""

import click
import msgspec

from changliao.doors.rest import openapi as rest


@click.command()
@click.option(
    "--url",
    default="http://127.0.0.1:8964",
    show_default=True,
    help="Where the network is served; the document's only server.",
)
def openapi(url: str) -> None:
    """Print the OpenAPI 3.1 document of the REST API.

    A served network gives the same at /api/v1/openapi.json.
    """
    text = msgspec.json.format(msgspec.json.encode(rest.document(url.rstrip("/"))))
    click.echo(text.decode())
