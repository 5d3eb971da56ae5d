"""A certificate authority of one sandbox, for a handful of host names and nothing else.

The names it may speak for are written into its certificate (critical name constraints, RFC 5280
§4.2.1.10), so a stolen key opens no other host's connections. Each start makes a new leaf.
"""

import os
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import certifi
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CA_FILE: Final = "sandbox-ca.pem"
BUNDLE_FILE: Final = "sandbox-ca-bundle.pem"
STORE_FILE: Final = "sandbox-ca.p12"
STORE_PASSWORD: Final = "changeit"  # what Java calls it by default; there is no secret in it
_KEY_FILE: Final = "sandbox-ca.key"
_LEAF_FILE: Final = "sandbox-leaf.pem"
_LIFETIME: Final = timedelta(days=3_650)
_LEAF_LIFETIME: Final = timedelta(days=90)


def server_context(folder: Path, hosts: Sequence[str]) -> ssl.SSLContext:
    """What a TLS server for these hosts needs; the authority is made when it is not there.

    It leaves the authority in the folder: CA_FILE has it alone, BUNDLE_FILE with the public ones
    beside it, STORE_FILE for Java, which reads no PEM and reaches no other host by the proxy.
    """
    key, certificate = _authority(folder, hosts)
    public = Path(certifi.where()).read_text("utf-8")
    ours = certificate.public_bytes(Encoding.PEM)
    (folder / BUNDLE_FILE).write_bytes(ours + public.encode())
    (folder / STORE_FILE).write_bytes(_store(certificate))
    leaf_key, leaf = _leaf(key, certificate, hosts)
    _write_secret(folder / _LEAF_FILE, _private(leaf_key) + leaf.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(folder / _LEAF_FILE)
    return context


def _store(trusted: x509.Certificate) -> bytes:
    """As every Java since 8 reads it, hence the old algorithms."""
    packed = (
        PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(2048)
        .key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
        .hmac_hash(hashes.SHA1())  # noqa: S303 it protects nothing; Java 8 reads no other
        .build(STORE_PASSWORD.encode("ascii"))
    )
    return pkcs12.serialize_java_truststore([pkcs12.PKCS12Certificate(trusted, b"sandbox")], packed)


def _authority(
    folder: Path, hosts: Sequence[str]
) -> tuple[EllipticCurvePrivateKey, x509.Certificate]:
    """The one in the folder while it may speak for all these hosts, or a new one."""
    key_file, ca_file = folder / _KEY_FILE, folder / CA_FILE
    if key_file.exists() and ca_file.exists():
        key = load_pem_private_key(key_file.read_bytes(), None)
        certificate = x509.load_pem_x509_certificate(ca_file.read_bytes())
        if isinstance(key, EllipticCurvePrivateKey) and _may_speak_for(certificate, hosts):
            return key, certificate
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _ca_certificate(key, hosts)
    _write_secret(key_file, _private(key))
    ca_file.write_bytes(certificate.public_bytes(Encoding.PEM))
    return key, certificate


def _may_speak_for(certificate: x509.Certificate, hosts: Sequence[str]) -> bool:
    if certificate.not_valid_after_utc < datetime.now(UTC) + _LEAF_LIFETIME:
        return False
    names = certificate.extensions.get_extension_for_class(x509.NameConstraints).value
    return {name.value for name in names.permitted_subtrees or ()} == set(hosts)


def _ca_certificate(key: EllipticCurvePrivateKey, hosts: Sequence[str]) -> x509.Certificate:
    name = _named("Changliao Pay sandbox: not for production")
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    permitted = [x509.DNSName(host) for host in hosts]
    return (
        _started(name, name, _LIFETIME)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(certifies=True), critical=True)
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
        .add_extension(identifier, critical=False)
        .sign(key, hashes.SHA256())
    )


def _leaf(
    ca_key: EllipticCurvePrivateKey, ca: x509.Certificate, hosts: Sequence[str]
) -> tuple[EllipticCurvePrivateKey, x509.Certificate]:
    """One certificate for every host."""
    key = ec.generate_private_key(ec.SECP256R1())
    names = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key())
    certificate = (
        _started(_named(hosts[0]), ca.subject, _LEAF_LIFETIME)
        .public_key(key.public_key())
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(certifies=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(issuer, critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    return key, certificate


def _started(subject: x509.Name, issuer: x509.Name, lifetime: timedelta) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + lifetime)
    )


def _usage(*, certifies: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certifies,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certifies,
        crl_sign=certifies,
        encipher_only=False,
        decipher_only=False,
    )


def _named(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _private(key: EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write_secret(path: Path, content: bytes) -> None:
    """Readable by its owner only, from the first byte on."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
