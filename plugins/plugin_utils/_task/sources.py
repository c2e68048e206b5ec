# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Trust and certificates from files on the controller or from variables, decrypted in memory only."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader

from .._core.errors import Finding, OptionError
from .._core.identity import Identity, IdentitySource, read_identity
from .._core.requirements import check_anchors


def read_file(loader: DataLoader, path: str, *, option: str) -> bytes:
    """
    Return the content of a file on the controller; one encrypted by Ansible Vault is decrypted in memory.

    Args:
        loader: The play's, which knows the vault's passwords.
        path: Absolute, or relative to the play.
        option: Which option named it.

    Raises:
        OptionError: It cannot be read.
    """
    try:
        # The public functions return text, or decrypt into a temporary file; a key belongs into neither.
        content: bytes = loader._get_file_contents(path)[0]
    except (AnsibleError, OSError) as error:
        # Without ansible-core's advice on remote_src, an option that is not ours.
        reason = " ".join(str(getattr(error, "message", None) or error).partition("\nIf you are using a module")[0].split())
        raise OptionError(where=option, problem=f"cannot read {path!r} on the controller: {reason}",
                          remedy="name a file that exists and is readable there; begin with {{ inventory_dir }}/ for a playbook "
                                 "of the collection") from None
    return bytes(content)


def read_text(loader: DataLoader, options: Mapping[str, Any], name: str) -> bytes | None:
    """
    Return what ``NAME_content`` holds or ``NAME_src`` points to, None when neither is given.

    Args:
        loader: The play's.
        options: Of one task, or of one of its dictionaries.
        name: What both options' names begin with.

    Raises:
        OptionError: Both are given, or the file cannot be read.
    """
    content, path = (options.get(key) for key in (f"{name}_content", f"{name}_src"))
    if content and path:
        raise OptionError(where=f"{name}_src", problem=f"is given together with {name}_content", remedy="give one of them")
    if path:
        return read_file(loader, str(path), option=f"{name}_src")
    return str(content).encode() if content else None


def trust_sources(loader: DataLoader, options: Mapping[str, Any]) -> dict[str, bytes]:
    """
    Return what the trust options give, by the name of the file or option.

    Args:
        loader: The play's.
        options: With ``trust_src`` (files) or ``trust_content``.

    Raises:
        OptionError: A file cannot be read.
    """
    contents = {str(path): read_file(loader, str(path), option="trust_src") for path in options.get("trust_src") or ()}
    if options.get("trust_content"):
        contents["trust_content"] = str(options["trust_content"]).encode()
    return contents


def check_trust(sources: Mapping[str, bytes], *, bundle: bytes, now: datetime) -> list[Finding]:
    """
    Judge every trust source by itself, so that findings name its file, line and block.

    Args:
        sources: As ``trust_sources`` returns them.
        bundle: What they will be added to; it or another source may hold the issuers.
        now: Aware.
    """
    known = b"\n".join([bundle, *sources.values()])
    findings = [finding for where, content in sources.items() for finding in check_anchors(content, where=where, now=now, known=known)]
    # While one of them cannot be read nobody knows which issuers are missing.
    return [finding for finding in findings if finding.rule != "root-missing"] or findings


def wanted_identity(loader: DataLoader, options: Mapping[str, Any] | None, *, host: str) -> Identity | None:
    """
    Return the key and leaf that the option certificate describes, None when it is not given.

    Args:
        loader: The play's.
        options: The dictionary, or None.
        host: For findings about a certificate that has no file name.

    Raises:
        OptionError: A file cannot be read, or the options contradict each other.
        Refused: Key and leaf are not fit to be installed; all findings at once.
    """
    if not options or not any(options.values()):
        return None
    name = next((str(options[key]) for key in ("pem_src", "pkcs12_src") if options.get(key)), f"certificate of {host}")
    passphrase = options.get("passphrase")
    return read_identity(IdentitySource(
        name=name, content=read_text(loader, options, "pem"), key=read_text(loader, options, "key"),
        passphrase=str(passphrase) if passphrase else None, pkcs12=_pkcs12(loader, options)))


def _pkcs12(loader: DataLoader, options: Mapping[str, Any]) -> bytes | None:
    if options.get("pkcs12_src"):
        return read_file(loader, str(options["pkcs12_src"]), option="pkcs12_src")
    if not options.get("pkcs12_content"):
        return None
    try:
        return base64.b64decode(str(options["pkcs12_content"]), validate=True)
    except binascii.Error:
        raise OptionError(where="pkcs12_content", problem="is no base64", remedy="give the base64 of the .p12 file") from None
