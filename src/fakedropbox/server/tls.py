"""The certificate of a server, its own authority, and the files with which clients trust it."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import NoEncryption, pkcs12

from fakedropbox._facts import hosts

_BETWEEN = "\0"
OWN_HOSTS = ("localhost", "127.0.0.1", "::1")


class Certificates:
    """A certificate for the host names of Dropbox and of this machine, and its issuing authority.

    ``ca_file`` has the authority's certificate as PEM, ``java_trust_store`` the same as
    PKCS #12 without a password, which Java can read. No file in the directory contains the private
    keys. ``authority`` is the certificate and the private key of the issuing authority as PEM, by
    which a later server can have the same; a new one is made unless it is given.
    """

    def __init__(self, directory: Path, own: Iterable[str] = (), authority: str = "") -> None:
        found = (
            trustme.CA.from_pem(*map(str.encode, authority.split(_BETWEEN)))
            if authority
            else trustme.CA(organization_name="fakedropbox")
        )
        parts = found.cert_pem.bytes(), found.private_key_pem.bytes()
        self.authority = _BETWEEN.join(part.decode() for part in parts)
        self.ca_file = directory / "ca.pem"
        found.cert_pem.write_to_path(str(self.ca_file))
        self.java_trust_store = directory / "ca.p12"
        self.java_trust_store.write_bytes(_java_trust_store(found.cert_pem.bytes()))
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.set_alpn_protocols(["http/1.1"])
        names = dict.fromkeys((*hosts.ALL, hosts.BELOW_DOWNLOAD, *OWN_HOSTS, *own))
        found.issue_cert(*names, common_name="fakedropbox").configure_cert(self.context)


def _java_trust_store(pem: bytes) -> bytes:
    certificate = pkcs12.PKCS12Certificate(x509.load_pem_x509_certificate(pem), b"fakedropbox")
    return pkcs12.serialize_java_truststore([certificate], NoEncryption())
