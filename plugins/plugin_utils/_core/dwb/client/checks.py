# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What stands against a change of a client, beyond what is wrong with it already."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from ...bundle import add_anchors
from ...errors import CoreError, Finding
from ...key_file import owner_of
from ...observation import FileState
from ...pem import PemBlock
from ...requirements import Expectation, Judgement, check_identity, check_installed
from ...x509 import read_certificate
from ..files import is_vendor
from ..server_info_plan import unknown_servers
from .layout import base_name
from .planner import ClientWanted, own_leaf
from .reader import Client

_WEAK = ("sha1", "md5")
_OLD_BITS = 2048


@dataclass(frozen=True)
class Terms:
    """
    What an operator allows.

    Attributes:
        host: The client's name in the inventory.
        min_days: For how many days a certificate has to be valid still.
        now: Aware.
        owner: Whom the bundle has to belong to, as USER or USER:GROUP; empty for whom the configuration file belongs to.
        sensor_version: As the Servers Manager shows it, empty when nobody told.
        accept_old_sensor: Whether any Sensor will do.
    """

    host: str
    min_days: int
    now: datetime
    owner: str = ""
    sensor_version: str = ""
    accept_old_sensor: bool = False


def check_owner(client: Client, owner: str) -> Iterator[Finding]:
    """
    Yield that the trust bundle belongs to another account than the client's configuration: somebody else can trust whom he likes.

    Args:
        client: As observed.
        owner: Whom it has to belong to, as USER or USER:GROUP; empty for whom the configuration file belongs to.
    """
    own = _owner(client.bundle)
    config = next((state for state in client.configs if _owner(state)), None)
    if not own or client.trusts_nobody or client.layout.windows or not (owner or config):
        return
    wanted = owner or (_owner(config).partition(":")[0] if config else "")
    have = own if ":" in wanted else own.partition(":")[0]
    if have != wanted:
        said = "is what the option owner says" if owner or not config else f"owns {config.path}"
        yield Finding(client.bundle.path, f"belongs to {have!r}, but {wanted!r} {said}",
                      "find out who has written it; then give it to the right account, or name that in the option owner", "owner")


def _owner(state: FileState) -> str:
    """Return USER:GROUP of a file, empty where there is none."""
    return base64.b64decode(owner_of(state)).decode("utf-8", "replace")


def check_sensor(client: Client, wanted: ClientWanted, terms: Terms) -> Iterator[Finding]:
    """
    Yield what an old Sensor may not be able to read; that it cannot is an inference (dossier 10.28).

    Args:
        client: As observed.
        wanted: With the anchors.
        terms: What the operator allows.
    """
    if client.layout.kind != "sensor":
        return
    if wanted.identity is not None:
        yield Finding("certificate", "no place for a certificate of its own is documented for a Sensor", "leave it out", "certificate")
    if client.trusts_nobody or terms.accept_old_sensor or "trust" not in wanted.phases or _version(terms.sensor_version) >= (5,):
        return
    strong = [anchor for anchor in wanted.anchors if _is_strong(anchor)]
    if strong:
        version = f"version {terms.sensor_version}" if terms.sensor_version else "a version that is not known"
        problem = (f"the Sensor is of {version}, and {len(strong)} of the anchors have RSA keys of 2048 bits or more, or are signed "
                   "with SHA-256: only Sensor 5.0 is said to read them")
        remedy = "look its version up in the Servers Manager and give it in sensor_version, or give accept_old_sensor"
        yield Finding(terms.host or "sensor", problem, remedy, "sensor-version")


def _version(text: str) -> tuple[int, ...]:
    match = re.match(r"\s*(\d+(?:\.\d+)*)", text)
    return tuple(int(part) for part in match[1].split(".")) if match else ()


def _is_strong(anchor: PemBlock) -> bool:
    """Tell whether an anchor is more than an old Sensor is known to read; one that cannot be read is told elsewhere."""
    try:
        read = read_certificate(anchor, where="anchor")
    except CoreError:
        return False
    weak = any(word in read.signature.lower() for word in _WEAK)
    return not (read.key_type == "RSA" and read.key_bits < _OLD_BITS and weak)


def judge_certificate(client: Client, wanted: ClientWanted, terms: Terms) -> Judgement:
    """
    Judge the leaf that the client is to present: the new one where it is asked for, else the one that is installed.

    Args:
        client: As observed.
        wanted: What it should be like.
        terms: What the operator allows.
    """
    asked = {"certificate", "configuration"} & set(wanted.phases)
    if not asked or client.layout.kind == "sensor":
        return Judgement((), client.doubts)
    findings = [*client.doubts, *_check_licence(client, wanted), *_check_store(client, wanted)]
    findings += _check_chosen(client, wanted) if "configuration" in asked and not client.doubts else []
    judgement = _judge_leaf(client, wanted, terms)
    return Judgement((*findings, *judgement.findings), judgement.warnings)


def _judge_leaf(client: Client, wanted: ClientWanted, terms: Terms) -> Judgement:
    licence = client.licence
    file = base_name(client.licence_file.path) if client.licence_file else "the licence certificate"
    name = next(iter(licence.common_name_bytes), None) if licence else None
    expected = Expectation(terms.host, name, None, terms.min_days, terms.now, file, ("client",))
    bundle = add_anchors(client.readable_bundle, wanted.anchors)
    if wanted.identity is not None:
        return check_identity(wanted.identity, bundle, expected)
    if client.certificate.kind == "file":
        return check_installed(client.certificate.content or b"", bundle, expected)
    return Judgement((), ())


def _check_licence(client: Client, wanted: ClientWanted) -> Iterator[Finding]:
    names, folder = list(client.licences), client.layout.certificates
    if not names:
        yield Finding(folder, "holds no licence certificate, so nobody can tell which CN the client is known by",
                      "restore the certificate that came with the product", "licence")
    if len(names) > 1:
        yield Finding(folder, f"{len(names)} certificates may be the licence: {', '.join(sorted(names))}",
                      "move away those that are not, out of the folder", "licence")
    licence, given = client.licence, wanted.identity.leaf if wanted.identity else None
    # The one that is given as well, or the next run would find it there and refuse to go on.
    of_vendor = [own for own in (client.installed, given) if own and (is_vendor(own.issuer) or (licence and own.issuer == licence.issuer))]
    if of_vendor:
        yield Finding(client.certificate.path, f"was issued by {of_vendor[0].issuer}, as licence certificates are: it may be one itself",
                      "choose another certificate_name, or give a certificate of the company's CA; a licence certificate is never written",
                      "licence")


def _check_store(client: Client, wanted: ClientWanted) -> Iterator[Finding]:
    if not wanted.in_store:
        return
    if client.layout.kind != "workstation":
        yield Finding("store", f"a {client.layout.kind} is not known to use the Windows certificate store", "use store: file", "store")
    if "configuration" in wanted.phases and wanted.identity is None:
        yield Finding("certificate", "is empty, and store: windows asks for the names in it", "give the certificate", "certificate")


def _check_chosen(client: Client, wanted: ClientWanted) -> Iterator[Finding]:
    """Find that nothing would present the certificate: names of servers that are misspelt, a file that is not there."""
    if not client.findings and not any(each.tls for each in client.connections):
        yield Finding(client.layout.config_folder, "no connection of the client uses TLS, so nothing would present the certificate",
                      "leave the certificate out for this client, or correct its configuration", "certificate-for")
        return
    infos = [each.info for each in client.connections if each.info]
    if wanted.chosen is not None and client.layout.kind != "query_api":
        for name in unknown_servers(wanted.chosen, infos):
            yield Finding("certificate_for", f"no connection of the client that uses TLS is to {name!r}",
                          "give names as SSL Server Common Name has them", "certificate-for")
    if own_leaf(client, wanted) is None and not wanted.in_store:
        yield Finding(client.certificate.path, "is absent, and the phase configuration was asked for",
                      "give the certificate, and ask for the phase certificate, too", "certificate")
