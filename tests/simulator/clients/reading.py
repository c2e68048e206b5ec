"""What a client reads from its configuration when it starts: whom to connect to, and with what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..cfg import Entry, parse
from ..refusal import Refusal
from .client import Client

_SETTING = re.compile(r"(\S+)[ \t]+(\S.*?)\s*")
_ON = {"on": True, "off": False}


@dataclass(frozen=True)
class Store:
    """A certificate in the Windows store (§5.3): store, issued to, issued by."""

    store: str
    name: str
    issuer: str


@dataclass(frozen=True)
class Target:
    """
    One connection.

    Attributes:
        address: Of the server.
        port: Of the server.
        expects: The CN that the server's certificate must have; empty where nobody compares it.
        tls: Whether TLS is used.
        certificate: The file to present; empty for whatever is there (§4.5); None for none.
        store: Where the certificate is taken from instead.
    """

    address: str
    port: int
    expects: str
    tls: bool = True
    certificate: str | None = None
    store: Store | None = None


@dataclass(frozen=True)
class Read:
    """
    What the files of a client say.

    Attributes:
        folder: Holds the trust bundle, and the certificates.
        bundle: The trust bundle.
        targets: Whom to connect to.
        queue: The file of a Sensor's disk queue.
    """

    folder: Path
    bundle: Path
    targets: tuple[Target, ...]
    queue: Path | None = None


def read(client: Client) -> Read:
    """Return what the files of *client* say. Raises Refusal when they are not understood, OSError when one is missing."""
    return {"sensor": _sensor, "workstation": _workstation, "report_server": _report_server, "query_api": _query_api}[client.kind](client)


def settings(content: bytes) -> dict[str, str]:
    """
    Return the parameters of a txlogd.conf, in lower case (§3.6).

    Raises:
        Refusal: A line that is no parameter, or one of those that decide about a connection is there twice.
    """
    found: dict[str, str] = {}
    for number, line in enumerate(content.decode("utf-8-sig").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _SETTING.fullmatch(line)
        if match is None:
            raise Refusal(f"txlogd.conf: line {number}: no 'name value'")
        name = match[1].lower()
        if name in found and name in {"ssl", "certname", "certpath", "serveraddress", "serverport", "verifycertname"}:
            raise Refusal(f"txlogd.conf: line {number}: {match[1]} is there twice")
        found[name] = match[2]
    return found


def _sensor(client: Client) -> Read:
    said = settings(client.config.read_bytes())
    tls = _flag(said, "ssl")
    missing = [name for name in ("serveraddress", *(("certname", "certpath") if tls else ())) if name not in said]
    if missing:
        raise Refusal(f"txlogd.conf: {missing[0]} is missing")
    folder = Path(said.get("certpath", client.certificates))
    if tls and not folder.is_dir():
        raise Refusal(f"txlogd.conf: CertPath {folder} is no folder")
    expects = said["certname"] if tls and _flag(said, "verifycertname") else ""
    target = Target(said["serveraddress"], int(said.get("serverport", 443 if tls else 80)), expects, tls)
    return Read(folder, folder / client.bundle.name, (target,), Path(said.get("queuefile", folder / "Diskq2000.log")))


def _flag(said: dict[str, str], name: str) -> bool:
    value = said.get(name, "on").lower()
    if value not in _ON:
        raise Refusal(f"txlogd.conf: {name} is neither on nor off")
    return _ON[value]


def _workstation(client: Client) -> Read:
    """Read Insight.cfg where Insight.ini says it is, else beside the program; not in both places (§2.2)."""
    ini = client.program / "Insight.ini"
    match = re.search(r"^AppDataFolder=(.*?)\s*$", ini.read_text("utf-8-sig"), re.M) if ini.is_file() else None
    data = Path(match[1]) if match else client.program
    if data != client.program and (client.program / "Insight.cfg").exists():
        raise Refusal(f"Insight.cfg is there twice, in {client.program} and in {data}")
    return _with_server_infos(data / "Insight.cfg")


def _report_server(client: Client) -> Read:
    return _with_server_infos(client.config)


def _with_server_infos(file: Path) -> Read:
    """Read a configuration whose Certificates folder is beside it."""
    try:
        targets = tuple(_target(entry) for entry in _server_infos(parse(file.read_bytes())))
    except Refusal as refusal:
        raise Refusal(f"{file.name}: {refusal}") from None
    folder = file.parent / "Certificates"
    return Read(folder, folder / "trust_ca_cert.pem", targets)


def _server_infos(entries: list[Entry]) -> Iterator[Entry]:
    for entry in entries:
        if entry.type == "serverInfo" and entry.key != "Licensing":  # §5.2: that one is a proxy to the License Server
            yield entry
        yield from _server_infos(entry.children)


def _target(entry: Entry) -> Target:
    tls, address = entry.flag("Use SSL", True), entry.text("Address")
    if not address:
        raise Refusal(f"line {entry.line}: no Address, and the stand-in has no address file")
    store = None
    if entry.flag("SSL Use CryptoAPI", False):
        store = Store(*(entry.text(f"SSL CryptoAPI Cert {what}") for what in ("Store Name", "Name", "Issuer Name")))
    name = entry.text("SSL Client Certificate")
    if "\\" in name or "/" in name:
        raise Refusal(f"line {entry.line}: SSL Client Certificate is no bare file name")
    return Target(address, entry.integer("Port", 443 if tls else 80), entry.text("SSL Server Common Name"), tls, name, store)


def _query_api(client: Client) -> Read:
    """Read stunnel.conf: what is above the services holds for all of them (§5.4)."""
    said: dict[str, str] = {}
    targets: list[tuple[str, str]] = []
    for number, line in enumerate(client.config.read_text("utf-8-sig").splitlines(), 1):
        if not line.strip() or line.lstrip().startswith((";", "#", "[")):
            continue
        key, sign, value = (part.strip() for part in line.partition("="))
        if not sign or (key.lower() in said and key.lower() in {"cert", "cafile", "verify", "client"}):
            raise Refusal(f"stunnel.conf: line {number}: no 'name = value', or a second one")
        said[key.lower()] = value
        if key.lower() == "connect":
            host, _ignored, port = value.rpartition(":")
            targets.append((host, port))
    if said.get("verify") != "2" or said.get("client") != "yes" or "cert" not in said:
        raise Refusal("stunnel.conf: it needs client = yes, cert and verify = 2")
    folder = client.config.parent
    return Read(folder, folder / said.get("cafile", ""), tuple(Target(host, int(port), "", True, said["cert"]) for host, port in targets))
