# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Changes of a trust bundle."""

from __future__ import annotations

import hashlib

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import Finding, OptionError, PemError, Refused
from ansible_collections.certops.rollout.plugins.plugin_utils._core.observation import FileState
from ansible_collections.certops.rollout.plugins.plugin_utils._core.pem import split_pem
from ansible_collections.certops.rollout.plugins.plugin_utils._core.trust import (
    names_above,
    plan_added,
    plan_removed,
    plan_swapped,
    read_fingerprints,
    readable_certificates,
    retired_blocks,
    swap_anchors,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from unit.builders import make_root

PLANT, CORP, THIRD = make_root("Plant Root"), make_root("Corp Root"), make_root("Third Root")
STAYS = THIRD.pem


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


class TestPlanSwapped:
    def test_adds_and_removes_in_one_change(self) -> None:
        """What goes, goes from where it stands; what comes, comes at the end; both are told."""
        change = plan_swapped(observed(PLANT.pem + b"# ours\n"), split_pem(CORP.pem), [PLANT.fingerprint])

        assert change is not None
        assert change.content == b"# ours\n" + CORP.pem
        assert change.as_result() == {
            "path": "/srv/trust.pem", "action": "add 1 anchor, remove 1 anchor", "anchors": ["CN=Corp Root"],
            "fingerprints": [CORP.fingerprint], "removed": ["CN=Plant Root"], "removed_fingerprints": [PLANT.fingerprint]}

    def test_removes_every_copy_under_every_label(self) -> None:
        """OpenSSL trusts an X509 CERTIFICATE, too."""
        change = plan_swapped(observed(PLANT.pem + CORP.pem + PLANT.pem.replace(b" CERT", b" X509 CERT")), [], [PLANT.fingerprint])

        assert change is not None
        assert (change.content, change.action, change.details["anchors"]) == (CORP.pem, "remove 2 anchors", [])

    def test_is_an_addition_when_nothing_is_there_to_go(self) -> None:
        """The result has no word of a removal then."""
        state, anchors = observed(PLANT.pem), split_pem(CORP.pem)

        assert plan_swapped(state, anchors, ["0" * 64]) == plan_added(state, anchors)
        assert plan_swapped(state, split_pem(PLANT.pem), [CORP.fingerprint]) is None

    @pytest.mark.parametrize("rest", [b"", b"# text\n"])
    def test_never_leaves_a_bundle_without_a_certificate(self, rest: bytes) -> None:
        """A bundle without any anchor would trust nobody; a new one in its place is enough."""
        with pytest.raises(Refused, match=r"^/srv/trust\.pem: would be left without any certificate"):
            plan_swapped(observed(PLANT.pem + rest), [], [PLANT.fingerprint])

        assert plan_swapped(observed(PLANT.pem + rest), split_pem(CORP.pem), [PLANT.fingerprint]) is not None

    def test_names_the_file_that_is_no_pem(self) -> None:
        """A glued bundle is refused under its own path."""
        with pytest.raises(PemError, match=r"/srv/trust\.pem"):
            plan_swapped(observed(PLANT.pem.rstrip() + CORP.pem), [], [CORP.fingerprint])

    @settings(deadline=None)   # the first certificate that is read loads a library
    @given(st.lists(st.sampled_from([PLANT.pem, CORP.pem, STAYS])),
           st.lists(st.sampled_from([PLANT.fingerprint, CORP.fingerprint]), unique=True), st.sampled_from([b"\n", b"\r\n"]))
    def test_does_what_it_shows(self, held: list[bytes], retired: list[str], eol: bytes) -> None:
        """Whatever a bundle holds: afterwards it is as swap_anchors says, nothing retired is left, and nothing is left to do."""
        bundle, kept = (STAYS + b"".join(held)).replace(b"\n", eol), split_pem(STAYS)
        after = swap_anchors(bundle, kept, retired)
        change = plan_swapped(observed(bundle), kept, retired)

        assert (change.content if change else bundle) == after
        assert retired_blocks(after, retired) == []
        assert plan_swapped(observed(after), kept, retired) is None


class TestNamesAbove:
    def test_are_those_of_every_level(self) -> None:
        """Up to the root, whose own name is above itself; what is aside is not."""
        issuing = CORP.intermediate("Corp Issuing CA")
        leaf, *pool = readable_certificates(split_pem(b"".join([issuing.issue("a").cert_pem, CORP.pem, issuing.pem, PLANT.pem])))

        assert names_above([leaf], pool) == {"cn=corp issuing ca", "cn=corp root"}
        assert names_above([leaf], []) == {"cn=corp issuing ca"}
        assert names_above([], pool) == set()


class TestReadableCertificates:
    def test_leave_out_what_cannot_be_decoded(self) -> None:
        """In the order of the file."""
        blocks = split_pem(CORP.pem + b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" + PLANT.pem)

        assert [each.subject for each in readable_certificates(blocks)] == ["CN=Corp Root", "CN=Plant Root"]


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
