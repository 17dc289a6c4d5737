"""The certificate of a server, its own authority, and the files with which clients trust it."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, cast

import trustme
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from fakedropbox._facts import hosts
from fakedropbox.server.authority import CERTIFICATE, new_authority

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes

OWN_HOSTS = ("localhost", "127.0.0.1", "::1")


class Certificates:
    """A certificate for the host names of Dropbox and of this machine, and its issuing authority.

    ``ca_file`` has the authority's certificate as PEM, ``java_trust_store`` the same as
    PKCS #12 without a password, which Java can read. Neither contains a private key.

    Args:
        directory: the directory for these files; those that it has are of the same authority.
        own: further names and addresses of this machine.
        authority: the authority that issues the certificate; a new one if None.
    """

    def __init__(
        self, directory: Path, own: Iterable[str] = (), authority: trustme.CA | None = None
    ) -> None:
        if authority is None:
            authority = new_authority()
        self.ca_file = directory / CERTIFICATE
        self.java_trust_store = directory / "ca.p12"
        pem = authority.cert_pem.bytes()
        for path, content in ((self.ca_file, pem), (self.java_trust_store, _java_trust_store(pem))):
            if not path.exists():
                path.write_bytes(content)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.set_alpn_protocols(["http/1.1"])
        names = dict.fromkeys((*hosts.ALL, hosts.BELOW_DOWNLOAD, *OWN_HOSTS, *own))
        with TemporaryDirectory() as temporary:  # only its owner can read what is in it
            issued = Path(temporary, "server.pem")
            issued.write_bytes(_issued(authority, names))
            self.context.load_cert_chain(issued)


def _issued(authority: trustme.CA, names: Iterable[str]) -> bytes:
    """Return a new private key and a certificate for it, for names and addresses, as PEM.

    `trustme` issues no certificate for a name that the Internet does not have, but a container
    has, such as ``fake_dropbox``.
    """
    issuer = x509.load_pem_x509_certificate(authority.cert_pem.bytes())
    of_issuer = load_pem_private_key(authority.private_key_pem.bytes(), None)
    key = ec.generate_private_key(ec.SECP256R1())
    issuer_id = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "fakedropbox")]))
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(issuer.not_valid_before_utc)
        .not_valid_after(issuer.not_valid_after_utc)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(map(_general_name, names)), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer_id),
            critical=False,
        )
        .sign(cast("CertificateIssuerPrivateKeyTypes", of_issuer), SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return secret + certificate.public_bytes(Encoding.PEM)


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _java_trust_store(pem: bytes) -> bytes:
    certificate = pkcs12.PKCS12Certificate(x509.load_pem_x509_certificate(pem), b"fakedropbox")
    return pkcs12.serialize_java_truststore([certificate], NoEncryption())
