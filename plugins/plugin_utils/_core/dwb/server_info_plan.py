# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""
Plan which certificate every ``serverInfo`` of a client names (dossier 4.5, 5.2, 5.3).

A second file in ``Certificates`` makes every blank one ambiguous, so all that use TLS are told which one to present.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from ..cfg import CfgFile, parse
from ..cfg_edit import set_parameter
from ..cfg_path import find
from ..cfg_value import plain_value
from ..errors import CfgError, Finding, OptionError
from ..names import shown
from .carriers import Carrier, carrier_of, file_named, untouchable
from .server_info import (
    CERTIFICATE,
    STORE_CERT,
    STORE_ISSUER,
    STORE_NAME,
    USE_STORE,
    ServerInfo,
    StoreEntry,
    server_infos,
)

NEVER_WRITTEN = "never-written"
OTHER_CERTIFICATE = "other-certificate"
WINDOWS_STORE = "windows-store"


class ClientFiles(NamedTuple):
    """
    The certificates of one client.

    Attributes:
        custom: Bare file name of the custom one.
        licence: Bare file name of Adobe's.
        chosen: Common names of the servers that get to see the custom one, as the files give them; None for all.
    """

    custom: str
    licence: str
    chosen: Collection[str] | None = None


class Named(NamedTuple):
    """
    One parameter of one serverInfo that is set.

    Attributes:
        path: Of the parameter.
        line: Of the serverInfo in the file as it was, 1-based.
        server: Its common name, or its Name when it has none.
        before: In plain form; None when it is absent or blank.
        after: In plain form.
    """

    path: tuple[str, ...]
    line: int
    server: str
    before: str | None
    after: str


@dataclass(frozen=True)
class ServerInfoPlan:
    """
    What becomes of one file.

    Attributes:
        content: The whole new content; the same bytes when nothing is due.
        named: What is set, in file order.
        findings: What would have to be set in a file that is never written; nothing may be changed while there is one.
        left: What stays although it is not as it was wished for; an operator should know.
    """

    content: bytes = field(repr=False)
    named: tuple[Named, ...] = ()
    findings: tuple[Finding, ...] = ()
    left: tuple[Finding, ...] = ()


def plan_client_certificates(content: bytes, files: ClientFiles, *, file: str, where: str) -> ServerInfoPlan:
    """
    Plan to name a certificate in every serverInfo of a file that uses TLS.

    The chosen ones get the custom certificate, all others Adobe's. One that names some third file is left alone, unless it
    was chosen by its name.

    Args:
        content: A whole file as stored on the host.
        files: The certificates; what a serverInfo names is written in the form that its kind of file uses.
        file: Its base name, ``Insight.cfg``.
        where: The file as an operator knows it.

    Raises:
        CfgError: As for ``server_infos`` and ``cfg_edit.set_parameter``.
        Refused: As for ``server_infos``.
        OptionError: The two names are no bare file names, or the same.
    """
    _refuse_names(files)
    carrier = carrier_of(file, parse(content, where=where))
    infos = [info for info in server_infos(content, file=file, where=where) if info.tls]
    verdicts = [_judge(info, files, carrier=carrier, where=where) for info in infos]
    named = tuple(verdict for verdict in verdicts if isinstance(verdict, Named))
    told = [verdict for verdict in verdicts if isinstance(verdict, Finding)]
    told += [_in_store(info, where) for info in infos if info.store and _is_chosen(info, files.chosen)]
    return ServerInfoPlan(
        _written(content, [(edit, "string") for edit in named], where=where),
        named,
        findings=tuple(finding for finding in told if finding.rule == NEVER_WRITTEN),
        left=tuple(finding for finding in told if finding.rule != NEVER_WRITTEN),
    )


def plan_crypto_api(
    content: bytes, entry: StoreEntry, *, file: str, where: str, chosen: Collection[str] | None = None
) -> ServerInfoPlan:
    """
    Plan to have a Workstation present a certificate of the Windows store, by the four parameters of each serverInfo.

    Args:
        content: The whole file as stored on the host.
        entry: The certificate in the store.
        file: Its base name; no other client than a Workstation is known to use the store.
        where: The file as an operator knows it.
        chosen: Common names of the servers that get to see it, as the file gives them; None for all. Others stay as they are.

    Raises:
        CfgError: As for ``server_infos`` and ``cfg_edit.set_parameter``; the file is no Workstation's.
        Refused: As for ``server_infos``.
        OptionError: A name is empty, or the store cannot be used by that name.
    """
    _refuse_entry(entry)
    cfg = parse(content, where=where)
    carrier = carrier_of(file, cfg)
    if not carrier.store:
        raise CfgError(where=where, problem="only a Workstation is known to use the Windows certificate store",
                       remedy="use a certificate in a file")
    wanted = ((USE_STORE, "bool", "true"), (STORE_CERT, "string", entry.name),
              (STORE_ISSUER, "string", entry.issuer), (STORE_NAME, "string", entry.store))
    edits: list[tuple[Named, str]] = []
    findings: list[Finding] = []
    for info in server_infos(content, file=file, where=where):
        if info.tls and _is_chosen(info, chosen) and info.store != entry:
            if reason := untouchable(carrier, info.path[-1]):
                findings.append(_never(info, f"the CryptoAPI parameters for {shown(server_of(info))} ought to be set", reason, where=where))
                continue
            found = ((_named(cfg, info, key, after=value), kind) for key, kind, value in wanted)
            edits += [edit for edit in found if edit[0].before != edit[0].after]
    # Each new line is put right below its parent, so the last one written stands first; the manual's order is wanted.
    after = _written(content, edits[::-1], where=where)
    return ServerInfoPlan(after, tuple(edit for edit, _ignored in edits), tuple(findings))


def unknown_servers(chosen: Collection[str], infos: Iterable[ServerInfo]) -> tuple[str, ...]:
    """
    Return which of the *chosen* names no serverInfo that uses TLS has, sorted: they are misspelt, or out of date.

    Args:
        chosen: Common names of servers.
        infos: Of all files of one client.
    """
    return tuple(sorted(set(chosen) - {info.common_name for info in infos if info.tls}))


def server_of(info: ServerInfo) -> str:
    """Return by what name an operator knows the server of *info*."""
    return info.common_name or info.name or info.path[-1]


def _judge(info: ServerInfo, files: ClientFiles, *, carrier: Carrier, where: str) -> Named | Finding | None:
    """Return what is to be set, or why it is not, None when it is as it should be."""
    wanted = files.custom if _is_chosen(info, files.chosen) else files.licence
    present = file_named(info.certificate)
    if present == wanted.casefold():
        return None
    server = shown(server_of(info))
    by_name = files.chosen is not None and info.common_name in files.chosen
    # Whether the product takes blanks behind a value for part of it is not known, so they are cut off.
    known = present.strip() in ("", files.custom.casefold(), files.licence.casefold())
    reason = untouchable(carrier, info.path[-1])
    if not reason and (known or by_name):
        return Named((*info.path, CERTIFICATE), info.line, server_of(info), info.certificate or None, carrier.named(wanted))
    if reason and (by_name or not present):
        stands = f"is {shown(info.certificate)}" if present else "is blank"
        return _never(info, f"'{CERTIFICATE}' for {server} {stands} and ought to be {shown(carrier.named(wanted))}", reason, where=where)
    return Finding(f"{where}:{info.line}", f"'{CERTIFICATE}' for {server} stays {shown(info.certificate)}",
                   f"set it to {shown(carrier.named(wanted))} by hand if that is not meant", OTHER_CERTIFICATE)


def _never(info: ServerInfo, problem: str, reason: str, *, where: str) -> Finding:
    return Finding(f"{where}:{info.line}", f"{problem}, but {reason}; it is never written here",
                   "set it in the Workstation when that can be borne, or give this client no certificate of its own", NEVER_WRITTEN)


def _in_store(info: ServerInfo, where: str) -> Finding:
    return Finding(f"{where}:{info.line}", f"'{USE_STORE}' is true for {shown(server_of(info))}: not the file is presented",
                   "manage this client's certificate in the Windows store, or take the CryptoAPI parameters out", WINDOWS_STORE)


def _is_chosen(info: ServerInfo, chosen: Collection[str] | None) -> bool:
    return chosen is None or info.common_name in chosen


def _named(cfg: CfgFile, info: ServerInfo, key: str, *, after: str) -> Named:
    path = (*info.path, key)
    present = find(cfg, path)
    return Named(path, info.line, server_of(info), (plain_value(present.line) or None) if present else None, after)


def _written(content: bytes, edits: Iterable[tuple[Named, str]], *, where: str) -> bytes:
    for edit, kind in edits:
        content = set_parameter(content, edit.path, kind=kind, value=edit.after, where=where)
    return content


def _refuse_names(files: ClientFiles) -> None:
    for name in (files.custom, files.licence):
        if not name.strip() or set(name) & set("/\\:"):
            raise OptionError(where="certificate_name", problem=f"{shown(name)} is no bare file name",
                              remedy="give the name of a file in the folder Certificates")
    if files.custom.casefold() == files.licence.casefold():
        raise OptionError(where="certificate_name", problem=f"{shown(files.custom)} is the licence certificate",
                          remedy="choose another name; that file is Adobe's and never written")


def _refuse_entry(entry: StoreEntry) -> None:
    if not (entry.name.strip() and entry.issuer.strip() and entry.store.strip()):
        raise OptionError(where="certificate", problem="the Windows store is asked by three names, and one of them is empty",
                          remedy="give the names of certificate, issuer and store, as Windows shows them")
    # Windows shows My as Personal; that name does not work (dossier 7).
    if entry.store.casefold() == "personal":
        raise OptionError(where="certificate", problem="the store 'Personal' has the system name 'My'", remedy="write My")
