"""The certificate of a server, its own authority, and the files with which clients trust it."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import NoEncryption, pkcs12

from fakedropbox._facts import hosts
from fakedropbox.server.authority import CERTIFICATE, new_authority

OWN_HOSTS = ("localhost", "127.0.0.1", "::1")


class Certificates:
    """A certificate for the host names of Dropbox and of this machine, and its issuing authority.

    ``ca_file`` has the authority's certificate as PEM, ``java_trust_store`` the same as
    PKCS #12 without a password, which Java can read. Neither contains a private key.

    Args:
        directory: the directory for these files; those that it has are of the same authority.
        own: further names of this machine.
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
        authority.issue_cert(*names, common_name="fakedropbox").configure_cert(self.context)


def _java_trust_store(pem: bytes) -> bytes:
    certificate = pkcs12.PKCS12Certificate(x509.load_pem_x509_certificate(pem), b"fakedropbox")
    return pkcs12.serialize_java_truststore([certificate], NoEncryption())
