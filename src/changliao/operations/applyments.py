"""Handing in files, and applying for a merchant that is there in the same commit."""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from changliao.core.applyments import Applyment, MediaFile, decide_again
from changliao.core.clock import Instant
from changliao.core.outcome import Reason, Refused
from changliao.core.parties import App, Merchant, Partnership
from changliao.operations.operation import Operation, Place
from changliao.store.applyments import APPLYMENTS, MEDIA_FILES
from changliao.store.parties import (
    APPS,
    APPS_BY_NUMBER,
    MERCHANTS,
    MERCHANTS_BY_NUMBER,
    PARTNERSHIPS,
)
from changliao.store.unit import UnitOfWork


class Apply(Struct, frozen=True):
    """An application, with the merchant that comes of it and its app."""

    applyment: Applyment
    merchant: Merchant
    app: App


def _keep(tx: UnitOfWork, command: MediaFile, now: Instant) -> MediaFile | Refused:
    """Keep a file; the same one again is no change."""
    earlier = tx.find(MEDIA_FILES, MEDIA_FILES.key(command))
    if earlier is None:
        tx.insert(MEDIA_FILES, command)
    return earlier or command


def _apply(tx: UnitOfWork, command: Apply, now: Instant) -> Applyment | Refused:
    """Take a merchant on for its provider, who may act for it from now on: all, or nothing."""
    asked = command.applyment
    earlier = tx.find(APPLYMENTS, APPLYMENTS.key(asked))
    if earlier is not None:
        return decide_again(earlier, asked)
    if tx.find_by(MERCHANTS_BY_NUMBER, command.merchant.number) is not None:
        return Refused(Reason.MERCHANT_TAKEN)
    if tx.find_by(APPS_BY_NUMBER, command.app.number) is not None:
        return Refused(Reason.APP_TAKEN)
    tx.insert(MERCHANTS, command.merchant, MERCHANTS_BY_NUMBER)
    tx.insert(APPS, command.app, APPS_BY_NUMBER)
    tx.insert(PARTNERSHIPS, Partnership(asked.provider_id, asked.merchant_id, now))
    tx.insert(APPLYMENTS, asked)
    return asked


def _media_keys(command: MediaFile) -> Iterable[Place]:
    yield MEDIA_FILES, MEDIA_FILES.key(command)


def _applying_keys(command: Apply) -> Iterable[Place]:
    yield APPLYMENTS, APPLYMENTS.key(command.applyment)


KEEP: Final = Operation("applyments.keep_media", _keep, _media_keys)
APPLY: Final = Operation("applyments.apply", _apply, _applying_keys)
