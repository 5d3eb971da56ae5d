"""Calling other networks: one form or address out, one answer in, within a time and a size."""

import logging
import ssl
from collections.abc import Mapping
from functools import cache
from typing import Final

import httpx

from changliao.workers.addresses import Forbidden, Guard

_WITHIN_S: Final = 8.0
_MOST_BYTES: Final = 1 << 20
_log = logging.getLogger("changliao.channels")


class Caller:
    """Calls checked addresses; redirects are not followed. None: no answer, whatever the reason."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    async def post(self, url: str, fields: Mapping[str, str]) -> bytes | None:
        """What answers a form."""
        return await self._call("POST", url, fields)

    async def get(self, url: str) -> bytes | None:
        """What is found at an address."""
        return await self._call("GET", url, None)

    async def _call(self, method: str, url: str, fields: Mapping[str, str] | None) -> bytes | None:
        try:
            target = await self._guard.check(url)
            async with httpx.AsyncClient(
                verify=_trusted(), timeout=_WITHIN_S, trust_env=False
            ) as client:
                answer = await client.request(
                    method,
                    target.url,
                    data=None if fields is None else dict(fields),
                    headers={"Host": target.host, "User-Agent": "Changliao-Pay"},
                    extensions={"sni_hostname": target.name},
                )
        except (Forbidden, OSError, httpx.HTTPError) as error:
            _log.warning("no answer from %s: %s", url.partition("?")[0], error)
            return None
        taken = answer.status_code == httpx.codes.OK and len(answer.content) <= _MOST_BYTES
        return answer.content if taken else None


@cache
def _trusted() -> ssl.SSLContext:
    """The authorities everybody trusts: reading them takes the loop sixty milliseconds."""
    return httpx.create_ssl_context(trust_env=False)
