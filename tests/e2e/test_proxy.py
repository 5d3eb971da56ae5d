"""SDKs with WeChat Pay's host name built in, not a line changed, behind the sandbox's proxy."""

import json
import os
import socket
import ssl
import subprocess
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests import requirements
from tests.e2e import sdk_environments
from tests.served import CHANGLIAO, Rest, Served, Shop, started

pytestmark = pytest.mark.xdist_group("sdks")
HERE = Path(__file__).parent
MADE_FOR = "https://api.mch.weixin.qq.com"


@pytest.fixture(scope="module")
def settings(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shop") / "settings.json"
    path.write_text(json.dumps(shop.fields), "utf-8")
    return path


def played(words: list[str], exported: dict[str, str], folder: Path) -> Any:
    """What a shop printed that was started with the exported variables."""
    done = subprocess.run(
        words, cwd=folder, env={**os.environ, **exported}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.strip().splitlines()[-1])


def is_ours(sandbox: tuple[Served, Rest], printed: Any) -> bool:
    """Did the SDK get a code of this network? Then a simulated payer can pay it."""
    assert printed["state"] == "NOTPAY"
    answer = sandbox[1].post("/api/v1/sandbox/acts", code=printed["code_url"])
    return bool(answer.json()["state"] == "paid")


@pytest.mark.parametrize("variant", ["sync", "async"])
def test_wechatpayv3_reaches_this_network_unchanged(
    sandbox: tuple[Served, Rest], settings: Path, exported: dict[str, str], variant: str
) -> None:
    script = str(HERE / "behind_proxy_wechatpayv3.py")
    number = f"T{time.time_ns()}"
    words = [str(sdk_environments.python()), script, str(settings), number, variant]
    assert is_ours(sandbox, played(words, exported, settings.parent))


@pytest.mark.parametrize("package", ["wechatpay-node-v3", "wechatpay-axios-plugin"])
def test_npm_sdks_reach_this_network_unchanged(
    sandbox: tuple[Served, Rest], settings: Path, exported: dict[str, str], package: str
) -> None:
    folder = sdk_environments.node(package)
    script = str(HERE / "behind_proxy_node.mjs")
    words = [requirements.node(), script, str(settings), f"T{time.time_ns()}", package]
    assert is_ours(sandbox, played(words, exported, folder))


@pytest.mark.parametrize("package", ["python-alipay-sdk"])
def test_an_alipay_sdk_reaches_this_network_unchanged(
    sandbox: tuple[Served, Rest], exported: dict[str, str], tmp_path: Path, package: str
) -> None:
    served, operator = sandbox
    out = ("--out", str(tmp_path))
    printed = served.command("sandbox", "env", "alipay", "--sdk", package, *out)
    lines = printed["sdks"][package]["code"].splitlines(keepends=True)
    # As its author wrote it: the one line that names our gateway is gone.
    code = "".join(line for line in lines if not line.startswith("sdk._gateway"))
    assert len(lines) - 1 == len(code.splitlines())
    (tmp_path / "shop.py").write_text(code, "utf-8")
    done = subprocess.run(
        [str(sdk_environments.alipay_python(package)), "shop.py"], cwd=tmp_path, text=True,
        env={**os.environ, **exported}, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answer = operator.post("/api/v1/sandbox/acts", code=done.stdout.strip())
    assert answer.json()["state"] == "paid"


def test_curl_like_clients_are_answered_with_a_certificate_they_can_check(
    exported: dict[str, str],
) -> None:
    trusted = ssl.create_default_context(cafile=exported["NODE_EXTRA_CA_CERTS"])
    with httpx.Client(
        proxy=exported["HTTPS_PROXY"], verify=trusted, trust_env=False, timeout=30
    ) as client:
        assert client.get(f"{MADE_FOR}/healthz").text == "ok\n"
        assert client.get("https://openapi.alipay.com/healthz").status_code == 200


def test_php_reaches_this_network_with_the_variables_alone(exported: dict[str, str]) -> None:
    fetched = "$c = curl_init($argv[1]); curl_setopt($c, CURLOPT_RETURNTRANSFER, true);"
    said = "echo curl_exec($c) ?: curl_error($c);"
    words = [requirements.php(), "-r", fetched + said, f"{MADE_FOR}/healthz"]
    environment = {"PATH": os.environ["PATH"]}
    assert "certificate" in subprocess.check_output(
        words, env=environment | {"HTTPS_PROXY": exported["HTTPS_PROXY"]}, text=True
    )
    assert subprocess.check_output(words, env=environment | exported, text=True) == "ok\n"


def test_whoever_does_not_trust_the_authority_is_not_fooled(exported: dict[str, str]) -> None:
    with (
        httpx.Client(proxy=exported["HTTPS_PROXY"], trust_env=False, timeout=30) as client,
        pytest.raises(httpx.ConnectError, match="certificate verify failed"),
    ):
        client.get(f"{MADE_FOR}/healthz")


def raw(exported: dict[str, str], request: bytes) -> bytes:
    """The beginning of the proxy's answer to these bytes."""
    address = urlsplit(exported["HTTPS_PROXY"])
    with socket.create_connection((address.hostname, address.port), 30) as connection:
        connection.sendall(request)
        return connection.recv(4096)


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        (b"CONNECT example.com:443 HTTP/1.1", b"403"),
        (b"CONNECT api.mch.weixin.qq.com:22 HTTP/1.1", b"403"),
        (b"CONNECT api.mch.weixin.qq.com.example.com:443 HTTP/1.1", b"403"),
        (b"CONNECT api.mch.weixin.qq.com@example.com:443 HTTP/1.1", b"403"),
        (b"CONNECT 127.0.0.1:443 HTTP/1.1", b"403"),
        (b"CONNECT [::1]:443 HTTP/1.1", b"403"),
        (b"CONNECT api.mch.weixin.qq.com:x HTTP/1.1", b"400"),
        (b"GET http://169.254.169.254/latest/meta-data HTTP/1.1", b"403"),
        (b"GET /healthz HTTP/1.1", b"403"),
        (b"\x16\x03\x01\x02", b"400"),
    ],
)
def test_it_is_no_open_proxy(exported: dict[str, str], request_line: bytes, status: bytes) -> None:
    assert raw(exported, request_line + b"\r\n\r\n").split()[1] == status


def test_a_head_without_end_is_refused(exported: dict[str, str]) -> None:
    assert raw(exported, b"GET " + b"x" * 70_000).split()[1] == b"431"


def test_private_keys_are_their_owners_alone(
    sandbox: tuple[Served, Rest], exported: dict[str, str]
) -> None:
    data = sandbox[0].data
    assert Path(exported["NODE_EXTRA_CA_CERTS"]).parent.resolve() == data.resolve()
    for name in ("sandbox-ca.key", "sandbox-leaf.pem"):
        assert (data / name).stat().st_mode & 0o077 == 0


def test_a_network_that_is_not_served_is_said_so(sandbox: tuple[Served, Rest]) -> None:
    served, _ = sandbox
    words = ["sandbox", "proxy", "--port", "0", "--json", "--to", "http://127.0.0.1:9"]
    words = [CHANGLIAO, *words, "--data", str(served.data)]
    with started(words, env={**os.environ, **served.environment}) as process:
        assert process.stdout
        said = json.loads(process.stdout.readline())
        answer = raw(said, b"CONNECT api.mch.weixin.qq.com:443 HTTP/1.1\r\n\r\n")
        assert answer.split()[1] == b"502"
        assert b"is it served?" in answer
        process.terminate()
