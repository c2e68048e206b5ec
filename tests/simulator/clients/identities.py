"""What a client presents (§4.5): its licence certificate, a custom one, or one of the Windows store."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import NameOID

from .. import licence
from ..refusal import Refusal
from ..state import State
from ..tls import CERTIFICATE, Identity, identity
from .client import BUNDLE, Client
from .reading import Read, Store, Target

CUSTOM = "custom_client_cert.pem"


class Identities:
    """
    The certificates of one client, as they are when it starts.

    Attributes:
        licensed: The CN of the licence; empty where none is needed to run.
    """

    def __init__(self, client: Client, found: Read, log: Callable[[str], None]) -> None:
        """Scan for the licence, as the product does. Raises Refusal when there is none."""
        self._client, self._found = client, found
        self.licensed = ""
        if client.kind in ("workstation", "report_server"):
            machine = State(client.root).machine()
            self.licensed = licence.scan(found.folder, machine.licensor.encode(), expected=(f"{client.name}.pem", CUSTOM),
                                         machine=machine.identifier, log=log).name

    def of(self, target: Target) -> Identity | None:
        r"""
        Return what to present to *target*, None for nothing.

        Raises:
            Refusal: A file that is missing or unfit, a blank name with several certificates there, or another common name than the
                licence has: `Users\<CN>` would be somebody else's.
        """
        if target.certificate is None:
            return None
        mine = self._of_store(target.store) if target.store else self._of_file(target.certificate or self._only())
        if self.licensed and mine.name != self.licensed:
            raise Refusal(f"{mine.file}: its common name is '{mine.name}', the licence has '{self.licensed}'")
        return mine

    def _of_file(self, name: str) -> Identity:
        file = self._found.folder / name
        if not file.is_file():
            raise Refusal(f"{name}: no such file")
        return identity(name, file.read_bytes())

    def _only(self) -> str:
        """Return the one file with a certificate in it, which a blank `SSL Client Certificate` means (§4.5)."""
        files = [file.name for file in sorted(self._found.folder.iterdir())
                 if file.name != BUNDLE and file.is_file() and CERTIFICATE.search(file.read_bytes())]
        if len(files) != 1:
            raise Refusal(f"SSL Client Certificate is blank, and Certificates holds {len(files)}: {', '.join(files)}")
        return files[0]

    def _of_store(self, store: Store) -> Identity:
        """Return the one certificate with these names; `Personal` is no name of a store (§7)."""
        folder = self._client.root / "Store" / store.store.lower()
        fitting = [file for file in sorted(folder.glob("*.pem")) if _names(file) == (store.name, store.issuer)]
        if len(fitting) != 1:
            raise Refusal("ERROR Fatal error: the cert could not be found!")
        return identity(fitting[0].name, fitting[0].read_bytes())


def _names(file: Path) -> tuple[str, str]:
    """Return issued to and issued by, as Windows displays them: the CN, else the organisation."""
    certificate = x509.load_pem_x509_certificate(file.read_bytes())
    shown = []
    for name in (certificate.subject, certificate.issuer):
        values = [*name.get_attributes_for_oid(NameOID.COMMON_NAME), *name.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)]
        shown.append(str(values[0].value) if values else "")
    return shown[0], shown[1]
