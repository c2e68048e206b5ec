# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Options of the module server_certificate: which name is expected, and who may read the private key."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

from .._core.errors import NodeError, OptionError
from .._core.key_file import PRIVATE_DACL, dacl_guard, mode_guard, owner_of
from .._core.observation import FileState
from .._core.pem import split_pem
from .._core.x509 import read_certificate
from .single_file import Job

# The owner reads, the group at the most; nobody else may do anything.
_MODE = re.compile("0[46][04]0")
_OWNER = re.compile("[^:\\s]+:[^:\\s]+")


def common_name_of(options: Mapping[str, Any], licence: FileState) -> bytes | str | None:
    """
    Return the common name that the leaf must have, None when any will do.

    Args:
        options: With common_name and licence_path.
        licence: The certificate that the product came with, as observed.

    Raises:
        OptionError: It was not given, and the licence certificate does not tell.
        PemError, CertificateError: That certificate cannot be read.
    """
    if options["common_name"] is not None:
        return str(options["common_name"]) or None
    blocks = [block for block in split_pem(licence.content or b"", where=licence.path) if block.is_certificate]
    names = read_certificate(blocks[0], where=licence.path).common_name_bytes if blocks else ()
    if not names:
        raise OptionError(where="common_name", problem=f"is not given, and {licence.path} has no certificate with a common name",
                          remedy="give the name that the certificate must have, or an empty one if any will do")
    return names[0]


def guard_of(job: Job, options: Mapping[str, Any], state: FileState) -> str:
    """
    Return the protection of the file, in the words of the host contract.

    Args:
        job: Tells the system.
        options: With mode and owner, or sddl.
        state: The present file, whose owner it keeps unless another is given.

    Raises:
        OptionError: Everybody could read the key, or the option is one of the other system.
    """
    if job.layout.windows:
        _refuse(options, ("mode", "owner"), system="Windows", instead="sddl")
        return dacl_guard(str(options["sddl"] or PRIVATE_DACL))
    _refuse(options, ("sddl",), system="POSIX", instead="mode and owner")
    mode, owner = str(options["mode"] or "0600"), str(options["owner"] or "")
    if not _MODE.fullmatch(mode):
        raise OptionError(where="mode", problem=f"{mode!r} is not fit for a private key",
                          remedy="give '0600', '0640', '0400' or '0440', quoted")
    if owner and not _OWNER.fullmatch(owner):
        raise OptionError(where="owner", problem=f"{owner!r} is no USER:GROUP", remedy="give both names, with a colon between them")
    return mode_guard(mode, base64.b64encode(owner.encode()).decode() if owner else owner_of(state))


def _refuse(options: Mapping[str, Any], names: tuple[str, ...], *, system: str, instead: str) -> None:
    for name in names:
        if options[name]:
            raise OptionError(where=name, problem=f"means nothing on {system}", remedy=f"give {instead}")


def target(state: FileState) -> FileState:
    """
    Return the observed file that is to be installed or replaced.

    Raises:
        NodeError: There is something else than a file.
    """
    if state.kind not in {"absent", "file"}:
        raise NodeError(where=state.path, problem="is no plain file", remedy="move it away, or name another path")
    return state
