"""Reading which certificate apps have chosen."""

from changliao.store.engine import Reader


def chosen(reader: Reader) -> dict[str, str]:
    """The certificate's serial, by app number, where an app has chosen one."""
    return {row[0]: row[1] for row in reader.select("app_certificates_chosen", {})}
