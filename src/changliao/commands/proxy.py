"""`changliao sandbox proxy`: SDKs with host names built in reach this network unchanged."""

import asyncio
import shlex
import signal
from importlib import resources
from pathlib import Path
from typing import Final

import click

from changliao.commands.context import read_config
from changliao.commands.options import data_option, fail, json_option, show
from changliao.doors.proxy import authority
from changliao.doors.proxy.tunnel import HOSTS, Proxy

PRELOAD: Final = "sandbox-proxy.cjs"
PHP: Final = "sandbox-php"
DEFAULT_PORT: Final = 8965


@click.command()
@data_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=int, default=DEFAULT_PORT, show_default=True)
@click.option("--to", help="Where the network listens; the configuration's public_url by default.")
@json_option
def proxy(folder: Path, host: str, port: int, to: str | None, *, as_json: bool) -> None:
    """Listen as an HTTPS proxy for WeChat Pay's and Alipay's host names, and for nothing else.

    It prints the variables to export: with them an SDK whose host name is built in talks to this
    network, not a line of the shop changed. Serve the network beside it.
    """
    settings = read_config(folder)
    if not settings.sandbox:
        fail(f"{folder} is no sandbox: this would be refused in production (sandbox = true)", 2)
    context = authority.server_context(folder, HOSTS)
    preload = resources.files("changliao.doors.proxy") / "preload.cjs"
    (folder / PRELOAD).write_bytes(preload.read_bytes())
    (folder / PHP).mkdir(exist_ok=True)
    (folder / PHP / "sandbox.ini").write_text(_php_settings(folder), "utf-8")
    through = Proxy(to or settings.public_url, context)
    try:
        asyncio.run(_serve(through, host, port, folder, as_json=as_json))
    except OSError as error:
        fail(f"cannot listen on {host}:{port}: {error.strerror}")


def exports(host: str, port: int, folder: Path) -> dict[str, str]:
    """The environment of a program that goes through the proxy there."""
    bundle = str((folder / authority.BUNDLE_FILE).resolve())
    address = f"http://{host}:{port}"
    java = {
        "https.proxyHost": host,
        "https.proxyPort": port,
        "javax.net.ssl.trustStore": (folder / authority.STORE_FILE).resolve(),
        "javax.net.ssl.trustStoreType": "PKCS12",
        "javax.net.ssl.trustStorePassword": authority.STORE_PASSWORD,
    }
    return {
        "HTTPS_PROXY": address,
        "https_proxy": address,
        "SSL_CERT_FILE": bundle,
        "REQUESTS_CA_BUNDLE": bundle,
        "CURL_CA_BUNDLE": bundle,
        "NODE_EXTRA_CA_CERTS": str((folder / authority.CA_FILE).resolve()),
        "NODE_OPTIONS": f"--require={(folder / PRELOAD).resolve()}",
        "JAVA_TOOL_OPTIONS": " ".join(f"-D{name}={value}" for name, value in java.items()),
        # The colon: beside the folder that PHP was built with.
        "PHP_INI_SCAN_DIR": f":{(folder / PHP).resolve()}",
    }


def _php_settings(folder: Path) -> str:
    """PHP's curl was built with the path of its authorities and reads no variable."""
    bundle = (folder / authority.BUNDLE_FILE).resolve()
    return f'curl.cainfo = "{bundle}"\nopenssl.cafile = "{bundle}"\n'


async def _serve(through: Proxy, host: str, port: int, folder: Path, *, as_json: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for ending in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(ending, stop.set)
    server = await through.serve(host, port)
    listens = server.sockets[0].getsockname()
    said = exports(listens[0], listens[1], folder)
    if as_json:
        show(said, as_json=True)
    else:
        # At once: who waits for the file to have something in it finds all of it.
        click.echo("\n".join(f"export {name}={shlex.quote(one)}" for name, one in said.items()))
        click.echo(f"# only for {', '.join(HOSTS)}", err=True)
    await stop.wait()
    server.close()
