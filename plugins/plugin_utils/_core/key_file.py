# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The file that holds a private key and its leaf: who may read it, and the change that installs it."""

from __future__ import annotations

import base64

from .errors import CoreError
from .identity import Identity
from .observation import FileState
from .pem import split_pem
from .plan import Change
from .sddl import is_kept

# Full access for SYSTEM and Administrators, inherited from nowhere.
PRIVATE_DACL = "D:PAI(A;;FA;;;SY)(A;;FA;;;BA)"


def dacl_guard(sddl: str) -> str:
    """Return the protection of a file on Windows by the DACL *sddl*, in the words of the host contract."""
    return "sddl=" + base64.b64encode(sddl.encode()).decode()


def dacl_of(guard: str) -> str:
    """Return the DACL in the protection *guard*, in SDDL; empty when it names none."""
    return base64.b64decode(guard.removeprefix("sddl=")).decode("utf-8", "replace") if guard.startswith("sddl=") else ""


def mode_guard(mode: str, owner: str = "") -> str:
    """
    Return the protection of a file on POSIX, in the words of the host contract.

    Args:
        mode: Four octal digits.
        owner: USER:GROUP, base64 as an observed guard has it; empty for who writes it.
    """
    return f"mode={mode}" + (f",owner={owner}" if owner else "")


def owner_of(state: FileState) -> str:
    """Return the owner in the observed protection of a file, base64; empty where there is none."""
    return state.guard.partition(",owner=")[2]


def plan_key_file(state: FileState, identity: Identity, *, guard: str, one_more: bool = True) -> Change | None:
    """
    Return the change that installs key and leaf with the protection *guard*, None when the file is so already.

    Args:
        state: As observed, compared by the SHA-256 of its bytes; its key is never read.
        identity: Key and leaf.
        guard: In the words of the host contract. DACLs are compared by what they allow, because the same one has many spellings.
        one_more: Whether one account that the DACL does not name may read: nobody said which one the service runs under.
    """
    same = state.sha256 == identity.sha256
    if same and _is_kept(state.guard, guard, one_more=one_more):
        return None
    action = "protect key and certificate" if same else ("replace" if state.kind == "file" else "install") + " key and certificate"
    before, after = _fingerprint(state), identity.leaf.fingerprint
    return Change(
        state.path, state.sha256, identity.pem, action, guard=guard, before=_shown(before, state.guard), after=_shown(after, guard),
        details={"before_fingerprint": before, "after_fingerprint": after})


def _is_kept(observed: str, wanted: str, *, one_more: bool) -> bool:
    """Tell whether a file is protected as *wanted*; one whose DACL was not told, because its system has none, is."""
    if not wanted.startswith("sddl="):
        return observed == wanted
    dacl = dacl_of(observed)
    return not dacl or is_kept(dacl, dacl_of(wanted), one_more=one_more)


def _fingerprint(state: FileState) -> str | None:
    """Return the fingerprint of the leaf in the present file, None if it has none that can be read."""
    try:
        return next((block.sha256 for block in split_pem(state.content or b"") if block.is_certificate), None)
    except CoreError:
        return None


def _shown(fingerprint: str | None, guard: str) -> bytes | None:
    if fingerprint is None:
        return None
    dacl = dacl_of(guard)
    rules = f"DACL {dacl}\n" if dacl else guard.partition(",")[0] + "\n" if guard.startswith("mode=") else ""
    return f"private key (not shown)\ncertificate, SHA-256 {fingerprint}\n{rules}".encode()
