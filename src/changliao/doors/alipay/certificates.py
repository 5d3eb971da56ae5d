"""Handing out the gateway's certificates, for clients that meet a number they do not know.

Source: alipay-openapi.md §4.3.
"""

import base64

from changliao.doors.alipay import platform
from changliao.doors.alipay.call import Call, Door, Node
from changliao.doors.alipay.errors import invalid


async def download(door: Door, call: Call) -> Node:
    """alipay.open.app.alipaycert.download: a leaf with its issuer."""
    number = str(call.content.get("alipay_cert_sn", ""))
    chain = door.platform.chain(number)
    if chain is None:
        # Another process may have just made it.
        await platform.look(door.network, door.platform)
        chain = door.platform.chain(number)
    if chain is None:
        raise invalid("invalid-parameter", "支付宝公钥证书不存在，请检查 alipay_cert_sn")
    return {"alipay_cert_content": base64.b64encode(chain).decode()}
