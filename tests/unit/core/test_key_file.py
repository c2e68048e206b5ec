# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The file of key and leaf, and its protection."""

from __future__ import annotations

import base64
import hashlib

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.identity import Identity, IdentitySource, read_identity
from ansible_collections.certops.rollout.plugins.plugin_utils._core.key_file import (
    PRIVATE_DACL,
    dacl_guard,
    mode_guard,
    owner_of,
    plan_key_file,
)
from ansible_collections.certops.rollout.plugins.plugin_utils._core.observation import FileState

from unit.builders import Leaf, make_root

OWNER = base64.b64encode(b"insight:insight").decode()
PRIVATE = mode_guard("0600", OWNER)
OLD, NEW = (make_root("Plant Root").issue("dpu-01", key=f"rsa2048/{name}") for name in ("old", "new"))


def identity(leaf: Leaf) -> Identity:
    """Return *leaf* and its key as they are read from a file."""
    return read_identity(IdentitySource("new.pem", content=leaf.pem))


def observed(leaf: Leaf, guard: str = PRIVATE) -> FileState:
    """Return the state of the file with *leaf*: its key stays on the node."""
    return FileState("/srv/a.pem", "file", len(leaf.pem), hashlib.sha256(leaf.pem).hexdigest(), guard, 1, leaf.cert_pem)


class TestPlanKeyFile:
    def test_replaces_another_certificate(self) -> None:
        """Fingerprints are told, the key is not."""
        change = plan_key_file(observed(OLD), identity(NEW), guard=PRIVATE)

        assert change is not None
        assert (change.content, change.guard, change.action) == (NEW.pem, PRIVATE, "replace key and certificate")
        assert change.details == {"before_fingerprint": OLD.fingerprint, "after_fingerprint": NEW.fingerprint}
        assert NEW.key_pem.splitlines()[3].decode() not in f"{change!r} {change.as_diff()} {change.as_result()}"

    def test_installs_the_first_one(self) -> None:
        """An absent file has no fingerprint and shows nothing before."""
        change = plan_key_file(FileState("/srv/a.pem"), identity(NEW), guard=PRIVATE)

        assert change is not None
        assert (change.action, change.details["before_fingerprint"]) == ("install key and certificate", None)
        assert change.as_diff()["before"] == ""

    def test_is_nothing_when_all_is_right(self) -> None:
        """The same bytes with the same protection are left alone."""
        assert plan_key_file(observed(NEW), identity(NEW), guard=PRIVATE) is None

    def test_protects_the_right_bytes(self) -> None:
        """A wider mode is a change of its own, and the diff shows it."""
        change = plan_key_file(observed(NEW, mode_guard("0644", OWNER)), identity(NEW), guard=PRIVATE)

        assert change is not None
        assert change.action == "protect key and certificate"
        assert (change.as_diff()["before"].splitlines()[-1], change.as_diff()["after"].splitlines()[-1]) == ("mode=0644", "mode=0600")

    def test_shows_the_dacl(self) -> None:
        """On Windows the diff tells who may read the file."""
        change = plan_key_file(observed(OLD, dacl_guard("D:P(A;;FA;;;BA)")), identity(NEW), guard=dacl_guard(PRIVATE_DACL))

        assert change is not None
        assert change.as_diff()["before"] == f"private key (not shown)\ncertificate, SHA-256 {OLD.fingerprint}\nDACL D:P(A;;FA;;;BA)\n"
        assert change.as_diff()["after"] == f"private key (not shown)\ncertificate, SHA-256 {NEW.fingerprint}\nDACL {PRIVATE_DACL}\n"

    @pytest.mark.parametrize("dacl", [PRIVATE_DACL, "D:P(A;;GA;;;S-1-5-32-544)(A;;0x1f01ff;;;S-1-5-18)", ""])
    def test_compares_a_dacl_by_what_it_allows(self, dacl: str) -> None:
        """The same DACL has many spellings; where none is told, there is none to compare."""
        assert plan_key_file(observed(NEW, dacl_guard(dacl)), identity(NEW), guard=dacl_guard(PRIVATE_DACL), one_more=False) is None

    @pytest.mark.parametrize("dacl", [
        f"{PRIVATE_DACL}(A;;FR;;;BU)", f"{PRIVATE_DACL}(A;;FR;;;S-1-5-20)", "D:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)", "D:x",
    ])
    def test_protects_what_others_can_read(self, dacl: str) -> None:
        """The right bytes under a DACL that lets somebody else in, or that cannot be read, get the right one."""
        change = plan_key_file(observed(NEW, dacl_guard(dacl)), identity(NEW), guard=dacl_guard(PRIVATE_DACL), one_more=False)

        assert change is not None
        assert (change.action, change.guard) == ("protect key and certificate", dacl_guard(PRIVATE_DACL))

    def test_replaces_what_cannot_be_read(self) -> None:
        """A broken file has no fingerprint, and its content is not shown."""
        broken = FileState("/srv/a.pem", "file", 5, "0" * 64, PRIVATE, 0, b"-----BEGIN CERTIFICATE-----\n")

        change = plan_key_file(broken, identity(NEW), guard=PRIVATE)

        assert change is not None
        assert (change.details["before_fingerprint"], change.as_diff()["before"]) == (None, "(content not shown)\n")


class TestGuards:
    def test_are_in_the_words_of_the_contract(self) -> None:
        """Mode with or without an owner, and a DACL as base64."""
        assert mode_guard("0640") == "mode=0640"
        assert mode_guard("0600", OWNER) == f"mode=0600,owner={OWNER}"
        assert base64.b64decode(dacl_guard("D:P").removeprefix("sddl=")) == b"D:P"

    def test_tell_the_owner(self) -> None:
        """The owner of a file is in its protection; an absent file has none."""
        assert owner_of(observed(OLD)) == OWNER
        assert owner_of(FileState("/srv/a.pem")) == ""
