"""Which of the gateway's certificates apps are answered under, as rows."""

from changliao.core.ids import AppId
from changliao.core.parties import AppCertificate
from changliao.store.unit import Table

APP_CERTIFICATES: Table[int, AppCertificate] = Table(
    name="app_certificates",
    key=lambda one: one.app_id,
    to_row=lambda one: (one.app_id, one.serial),
    from_row=lambda row: AppCertificate(AppId(row[0]), row[1]),
    change=lambda before, after: (after.app_id, after.serial, before.serial),
)
