"""Uploads: pictures and films that go with applications.

The signature covers the text of the part `meta`, not the body. Some SDKs name no boundary in the
header: it is then the first line of the body. Source: wechatpay-v3.md §2.6. Units: bytes.
"""

import base64
import hashlib
import re
from typing import Annotated, Final

from msgspec import Meta, Struct
from python_multipart.multipart import parse_options_header

from changliao.core.applyments import MediaFile
from changliao.core.outcome import Refused
from changliao.doors.wechatpay.call import Answer, Call, Door, ok, read_form
from changliao.doors.wechatpay.errors import WechatError, param_error, refusal
from changliao.operations.applyments import KEEP
from changliao.store.views import applyments

IMAGE: Final = "/v3/merchant/media/upload"
VIDEO: Final = "/v3/merchant/media/video_upload"
MOST_IMAGE, MOST_VIDEO = 2 * 1024 * 1024, 5 * 1024 * 1024
# Room for the other parts and their heads.
LIMIT: Final = MOST_VIDEO + 65_536
MOST_PARTS: Final = 8
PURPOSE: Final = "media"
_ENDINGS: Final = {
    IMAGE: ("jpg", "jpeg", "bmp", "png"),
    VIDEO: ("avi", "wmv", "mpeg", "mp4", "mov", "mkv", "flv", "f4v", "m4v", "rmvb"),
}
_NAME: Final = re.compile(rb'form-data;\s*name="(\w+)"', re.IGNORECASE)


class FileMeta(Struct):
    """What the caller says of the file."""

    filename: Annotated[str, Meta(min_length=1, max_length=128)]
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-fA-F]{64}\Z")]


def is_upload(path: str) -> bool:
    """Is only a part of the body signed?"""
    return path in _ENDINGS


def parts_of(body: bytes, content_type: str) -> dict[str, bytes]:
    """The parts by name. Raises WechatError 400 for what is no form of parts."""
    _, options = parse_options_header(content_type.encode("latin-1"))
    boundary = options.get(b"boundary", b"") or body.partition(b"\r\n")[0].removeprefix(b"--")
    pieces = body.split(b"--" + boundary, MOST_PARTS)
    if not boundary or len(pieces) < 3:
        raise param_error("/", "must be multipart/form-data with meta and file")
    found = {}
    for piece in pieces[1:-1]:
        head, _, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        name = _NAME.search(head)
        if name is not None:
            found[name[1].decode("ascii")] = content.removesuffix(b"\r\n")
    return found


async def upload(door: Door, call: Call) -> Answer:
    """POST /v3/merchant/media/upload and /video_upload. The same file again has the same id."""
    parts = parts_of(call.body, call.content_type)
    form = read_form(parts.get("meta", b""), FileMeta)
    content = parts.get("file", b"")
    path = VIDEO if call.path["kind"] == "video_upload" else IMAGE
    most = MOST_VIDEO if path == VIDEO else MOST_IMAGE
    if not content or len(content) > most:
        raise param_error("/file", f"must have 1 to {most} bytes")
    if form.filename.rpartition(".")[2].lower() not in _ENDINGS[path]:
        raise param_error("/meta/filename", f"must end in one of {', '.join(_ENDINGS[path])}")
    digest = hashlib.sha256(content)
    if digest.hexdigest() != form.sha256.lower():
        raise WechatError(400, "PARAM_ERROR", "图片sha256值与文件内容不一致")
    network = door.network
    sealed = await network.in_thread(lambda: network.vault.seal(content, PURPOSE))
    kind = "video" if path == VIDEO else "image"
    file = MediaFile(
        call.merchant.id, digest.digest(), form.filename, kind, sealed, network.clock()
    )
    outcome = await network.perform(KEEP, file)
    if isinstance(outcome, Refused):
        raise refusal(outcome)
    return ok({"media_id": media_id(outcome.digest)})


def media_id(digest: bytes) -> str:
    """43 characters; worth something only to the merchant that uploaded the file."""
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


async def check(door: Door, call: Call, number: str, field: str) -> None:
    """Raises WechatError 400 when the caller has uploaded no such file."""
    try:
        digest = base64.urlsafe_b64decode(f"{number}=")
    except ValueError as error:
        raise param_error(field, "is no media_id") from error
    known = await door.network.read(applyments.has_media, call.merchant.id, digest)
    if not known or media_id(digest) != number:
        raise param_error(field, "is no media_id of this merchant")
