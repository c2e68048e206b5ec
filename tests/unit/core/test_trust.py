# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Changes of a trust bundle."""

from __future__ import annotations

import hashlib

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import Finding, OptionError, PemError, Refused
from ansible_collections.certops.rollout.plugins.plugin_utils._core.observation import FileState
from ansible_collections.certops.rollout.plugins.plugin_utils._core.pem import split_pem
from ansible_collections.certops.rollout.plugins.plugin_utils._core.trust import plan_added, plan_removed, read_fingerprints

from unit.builders import make_root

PLANT, CORP = make_root("Plant Root"), make_root("Corp Root")


def observed(content: bytes) -> FileState:
    """Return the state of a bundle with *content*."""
    return FileState("/srv/trust.pem", "file", len(content), hashlib.sha256(content).hexdigest(), content=content)


class TestPlanAdded:
    def test_appends_what_is_missing(self) -> None:
        """The change holds the old bytes, then the missing anchor, and says which."""
        change = plan_added(observed(PLANT.pem), split_pem(PLANT.pem + CORP.pem))

        assert change is not None
        assert change.content == PLANT.pem + CORP.pem
        assert change.as_result() == {"path": "/srv/trust.pem", "action": "add 1 anchor", "anchors": ["CN=Corp Root"],
                                      "fingerprints": [CORP.fingerprint]}

    def test_is_nothing_when_all_are_there(self) -> None:
        """A bundle that has the anchors is left alone."""
        assert plan_added(observed(PLANT.pem + CORP.pem), split_pem(CORP.pem)) is None

    def test_begins_a_bundle_that_is_absent(self) -> None:
        """The first anchors make the file, and nothing else is in it."""
        change = plan_added(FileState("/srv/trust.pem"), split_pem(PLANT.pem + CORP.pem))

        assert change is not None
        assert (change.content, change.expected, change.action) == (PLANT.pem + CORP.pem, "absent", "add 2 anchors")

    def test_names_the_file_that_is_no_pem(self) -> None:
        """A glued bundle is refused under its own path."""
        with pytest.raises(PemError, match=r"/srv/trust\.pem"):
            plan_added(observed(PLANT.pem.rstrip() + CORP.pem), split_pem(CORP.pem))


class TestPlanRemoved:
    def test_takes_out_what_is_there(self) -> None:
        """Both copies of an anchor go, everything else stays."""
        change = plan_removed(observed(CORP.pem + b"# ours\n" + PLANT.pem + CORP.pem), [CORP.fingerprint])

        assert change is not None
        assert change.content == b"# ours\n" + PLANT.pem
        assert change.action == "remove 2 anchors"

    def test_is_nothing_when_none_is_there(self) -> None:
        """An anchor that is absent already is no change, also when it is the only one asked for."""
        assert plan_removed(observed(PLANT.pem), [CORP.fingerprint]) is None

    def test_never_removes_the_last(self) -> None:
        """A bundle without any anchor would trust nobody."""
        with pytest.raises(Refused) as caught:
            plan_removed(observed(PLANT.pem), [PLANT.fingerprint])

        assert caught.value.findings == (
            Finding("/srv/trust.pem", "would be left without any certificate", "leave at least one of them in it", "last-anchor"),)

    def test_never_removes_a_protected_one(self) -> None:
        """Protection wins over the request, whether the anchor is there or not."""
        with pytest.raises(Refused) as caught:
            plan_removed(observed(PLANT.pem), [CORP.fingerprint], protected=[CORP.fingerprint])

        assert caught.value.findings == (
            Finding("fingerprints", f"{CORP.fingerprint} is protected", "leave it in the bundle", "protected"),)


class TestReadFingerprints:
    def test_takes_what_openssl_shows(self) -> None:
        """Colons, upper case and blanks around it make no difference."""
        shown = ":".join(CORP.fingerprint.upper()[at : at + 2] for at in range(0, 64, 2))

        assert read_fingerprints([f" {shown} ", CORP.fingerprint], option="fingerprints") == [CORP.fingerprint, CORP.fingerprint]

    @pytest.mark.parametrize("text", ["", "ab", "g" * 64, "a" * 40])
    def test_refuses_what_is_no_sha256(self, text: str) -> None:
        """A SHA-1 or a typing error is told, not looked for in vain."""
        with pytest.raises(OptionError, match=r"fingerprints: '.*' is no SHA-256; give 64 hexadecimal digits"):
            read_fingerprints([CORP.fingerprint, text], option="fingerprints")
