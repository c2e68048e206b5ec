"""The licence scan of the folder Certificates (§4.1)."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from .refusal import Refusal
from .tls import CERTIFICATE, common_name

CURRENT = timedelta(days=30)  # §4.1: re-validated about every 30 days
_DATE = "%Y-%m-%d %H:%M:%S.%f"
_VALIDATED = re.compile(rb"^Validated = ([^\r\n]*)", re.M)
_LOCKED = re.compile(rb"^Locked = ([^\r\n]*)", re.M)
_PRODUCT = re.compile(rb"^Product = ([^\r\n]*)", re.M)
# §8.1, verbatim.
WARNING = "Certificate failed to verify. Error 20 at 0 depth. Desc: unable to get local issuer certificate. Cert details:"


@dataclass(frozen=True)
class Licence:
    """A current licence: its CN, the file it was found in and the products it names."""

    name: str
    file: str
    products: tuple[str, ...]


def scan(folder: Path, anchor: bytes, *, expected: Collection[str], machine: str, log: Callable[[str], None]) -> Licence:
    """
    Find the licence by reading every file of *folder* but trust_ca_cert.pem, whatever its name (10.26).

    Args:
        folder: The folder Certificates.
        anchor: The licensing CA, "compiled in".
        expected: The names that belong there; every other file is logged (§4.6).
        machine: The identifier the licence must be locked to.
        log: Takes lines for the detail log.

    Raises:
        Refusal: No current licence; the product does not start then.
    """
    authority = x509.load_pem_x509_certificate(anchor)
    refused: list[str] = []
    found: list[Licence] = []
    for file in sorted(folder.iterdir()):
        if file.name == "trust_ca_cert.pem":
            continue
        if file.name not in expected:
            log(f"Unexpected file in Certificates: {file.name}")
        content = file.read_bytes() if file.is_file() else b""
        for certificate in _issued(content, authority, name=file.name, log=log):
            problem = _outdated(certificate, content, machine=machine)
            if problem:
                refused.append(f"{file.name}: {problem}")
            else:
                products = tuple(product.decode() for product in _PRODUCT.findall(content))
                found.append(Licence(common_name(certificate), file.name, products))
    if not found:
        raise Refusal("no current licence certificate in Certificates" + "".join(f"; {problem}" for problem in refused))
    return found[0]


def revalidate(root: Path) -> None:
    """Rewrite server_cert.pem as the product does about every 30 days (§4.1): whoever compares its checksum is wrong."""
    file, fresh = root / "Certificates" / "server_cert.pem", root / "Temp" / "server_cert.pem"
    stamp = datetime.now(UTC).strftime(_DATE).encode()
    fresh.touch(mode=0o600)
    fresh.write_bytes(_VALIDATED.sub(b"Validated = " + stamp, file.read_bytes()))
    fresh.chmod(file.stat().st_mode)
    fresh.replace(file)


def text_lines(products: Collection[str], machine: str, *, validated: datetime) -> str:
    """Return the plain text that stands beside the PEM blocks of a licence file (§4.1)."""
    lines = [f"Product = {product}" for product in products]
    return "\n".join([*lines, f"Locked = {machine}", f"Validated = {validated.strftime(_DATE)}", ""])


def _issued(content: bytes, authority: x509.Certificate, *, name: str, log: Callable[[str], None]) -> list[x509.Certificate]:
    """Return the licensing CA's certificates in a file; the others cause the documented warning."""
    issued = []
    for block in CERTIFICATE.findall(content):
        try:
            certificate = x509.load_pem_x509_certificate(block)
        except ValueError as error:
            log(f"Certificate failed to load: {name}: {error}")
            continue
        try:
            certificate.verify_directly_issued_by(authority)
        except (InvalidSignature, ValueError, TypeError):
            log(f"{WARNING} Subject: {certificate.subject.rfc4514_string()} Issuer: {certificate.issuer.rfc4514_string()}")
            continue
        if certificate.subject != certificate.issuer:
            issued.append(certificate)
    return issued


def _outdated(certificate: x509.Certificate, content: bytes, *, machine: str) -> str:
    """Return why a licence is not node-locked or not current (§4.1), empty when it is both."""
    now = datetime.now(UTC)
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        return f"expired at {certificate.not_valid_after_utc}"
    locked, validated = _LOCKED.search(content), _VALIDATED.search(content)
    if locked is None or locked[1].decode() != machine:
        return "locked to another machine"
    try:
        since = datetime.strptime(validated[1].decode() if validated else "", _DATE).replace(tzinfo=UTC)
    except ValueError:
        return "never validated"
    return "" if now - since < CURRENT else f"last validated at {since}"
