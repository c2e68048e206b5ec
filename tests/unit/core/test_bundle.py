"""Trust bundles, byte for byte."""

from __future__ import annotations

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.bundle import add_anchors, missing_anchors, read_anchors, remove_anchors
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import PemError, Refused
from ansible_collections.certops.rollout.plugins.plugin_utils._core.pem import PemBlock, split_pem
from hypothesis import given
from hypothesis import strategies as st

from unit.builders import make_root
from unit.core.forging import pem

BOM = b"\xef\xbb\xbf"
ANCHORS = [split_pem(make_root(name, key=f"ec/{name}").pem)[0] for name in ("Corp", "Plant", "Lab", "Visual")]
CORP, PLANT, LAB, VISUAL = ANCHORS
SOME = st.lists(st.sampled_from(ANCHORS), max_size=6)


@st.composite
def bundles(draw: st.DrawFn) -> bytes:
    """Draw a trust file: some anchors in either line end, text around them, with or without a mark and a last line end."""
    eol = draw(st.sampled_from([b"\n", b"\r\n"]))
    parts = [draw(st.sampled_from([b"", b"# text \xff", b"  ", b"\r"])) + eol + anchor.with_line_end(eol) for anchor in draw(SOME)]
    whole = draw(st.sampled_from([b"", BOM])) + b"".join(parts) + draw(st.sampled_from([b"", b"end", b"end" + eol]))
    return draw(st.sampled_from([whole, whole.rstrip()]))


def rewrapped(anchor: PemBlock) -> bytes:
    """Return the same anchor in one long line."""
    return pem(anchor.der).replace(b"\n", b"").replace(b"-----M", b"-----\nM").replace(b"-----END", b"\n-----END") + b"\n"


def fingerprints(bundle: bytes) -> list[str]:
    """Return the anchors of a trust file, however they are wrapped."""
    return [block.sha256 for block in split_pem(bundle)]


class TestReadAnchors:
    def test_keeps_the_order(self) -> None:
        """Anchors come as they stand in the file."""
        assert read_anchors(PLANT.raw + b"\n" + CORP.raw, where="trust.pem") == [PLANT, CORP]

    def test_refuses_all_that_is_no_certificate_at_once(self) -> None:
        """Each block has its finding with number and line, and a key is told to be replaced."""
        content = CORP.with_line_end(b"\n") + pem(b"x", "TRUSTED CERTIFICATE") + pem(b"geheim", "PRIVATE KEY") + pem(b"x", "X509 CRL")
        line = CORP.raw.count(b"\n") + 2

        with pytest.raises(Refused) as caught:
            read_anchors(content, where="trust.pem")

        assert [finding.where for finding in caught.value.findings] == [
            f"trust.pem: block {2 + number}, line {line + 3 * number}" for number in range(3)]
        assert [finding.problem for finding in caught.value.findings] == [
            f"is a {label}, not a CERTIFICATE" for label in ("TRUSTED CERTIFICATE", "PRIVATE KEY", "X509 CRL")]
        assert [finding.remedy.partition(" ")[0] for finding in caught.value.findings] == ["convert", "take", "take"]
        assert "replace it" in caught.value.findings[1].remedy
        assert {finding.rule for finding in caught.value.findings} == {"label"}

    def test_refuses_a_cut_file(self) -> None:
        """What cannot be read whole is not read in part."""
        with pytest.raises(PemError, match=r"^trust\.pem: line 1: BEGIN CERTIFICATE has no END"):
            read_anchors(CORP.raw[:-40], where="trust.pem")


class TestAddAnchors:
    def test_ends_the_last_line_before_the_first_new_block(self) -> None:
        """A bundle without a final newline gets one, so END and BEGIN never share a line."""
        bundle = add_anchors(CORP.raw, [PLANT])

        assert bundle == CORP.raw + b"\n" + PLANT.raw + b"\n"

    @pytest.mark.parametrize(("before", "joint", "eol"), [
        (b"", b"", b"\n"), (b"# none\n", b"", b"\n"), (b"# none", b"\n", b"\n"), (b"# none\r\n", b"", b"\r\n"),
        (b"\r\n# none", b"\r\n", b"\r\n"),
    ])
    def test_takes_the_line_end_of_the_bundle(self, before: bytes, joint: bytes, eol: bytes) -> None:
        """New lines look like the old ones."""
        assert add_anchors(before, [CORP]) == before + joint + CORP.with_line_end(eol)

    def test_to_a_lone_byte_order_mark_can_be_read(self) -> None:
        """A file of a mark alone is empty to its author."""
        assert split_pem(add_anchors(BOM, [CORP])) == [CORP]

    def test_knows_an_anchor_however_it_is_wrapped(self) -> None:
        """A certificate is the same when its DER is, so it is not added twice."""
        bundle = rewrapped(CORP)

        assert add_anchors(bundle, [CORP, CORP]) is bundle
        assert add_anchors(bundle, [PLANT, CORP, PLANT]) == bundle + PLANT.with_line_end(b"\n")

    @given(bundles(), SOME)
    def test_only_appends(self, bundle: bytes, anchors: list[PemBlock]) -> None:
        """What was there stays byte for byte, all that is asked for is there once, and a second time changes nothing."""
        before = fingerprints(bundle)

        after = add_anchors(bundle, anchors)

        missing = list(dict.fromkeys(anchor for anchor in anchors if anchor.sha256 not in before))
        assert after.startswith(bundle)
        assert fingerprints(after) == [*before, *(anchor.sha256 for anchor in missing)]
        assert add_anchors(after, anchors) == after
        assert missing_anchors(bundle, anchors) == missing
        assert missing_anchors(after, anchors) == []

    @pytest.mark.parametrize("bundle", [CORP.raw[:-9], CORP.raw + PLANT.raw, CORP.raw.decode().encode("utf-16"), CORP.der, b"\0"])
    def test_refuses_a_bundle_that_is_no_pem(self, bundle: bytes) -> None:
        """A block behind bytes that OpenSSL cannot read would trust nobody."""
        with pytest.raises(PemError, match=r"^trust bundle"):
            add_anchors(bundle, [LAB])
        with pytest.raises(PemError, match=r"^trust bundle"):
            remove_anchors(bundle, [LAB.sha256])


class TestRemoveAnchors:
    @given(bundles(), SOME)
    def test_undoes_adding(self, bundle: bytes, anchors: list[PemBlock]) -> None:
        """What was appended can be taken out again, but for the line end that joined it."""
        added = missing_anchors(bundle, anchors)

        after = remove_anchors(add_anchors(bundle, added), [anchor.sha256 for anchor in added])

        assert after.startswith(bundle)
        assert after[len(bundle) :] in (b"", b"\n", b"\r\n")

    @given(bundles(), st.sampled_from(ANCHORS))
    def test_takes_out_every_copy_and_nothing_else(self, bundle: bytes, anchor: PemBlock) -> None:
        """All other anchors stay in their order, and all text stays."""
        after = remove_anchors(bundle, {anchor.sha256})

        assert fingerprints(after) == [fingerprint for fingerprint in fingerprints(bundle) if fingerprint != anchor.sha256]
        assert after.count(b"text") == bundle.count(b"text")
        assert after.startswith(BOM) == bundle.startswith(BOM)

    @pytest.mark.parametrize("eol", [b"\n", b"\r\n"])
    def test_takes_whole_lines(self, eol: bytes) -> None:
        """The lines of the block go, with their ends; those around it are as they were."""
        corp, lab = CORP.with_line_end(eol), LAB.with_line_end(eol)

        bundle = BOM + corp + b"# plant \xff" + eol + PLANT.with_line_end(eol) + eol + lab.rstrip()

        assert remove_anchors(bundle, [PLANT.sha256]) == BOM + corp + b"# plant \xff" + eol + eol + lab.rstrip()
        assert remove_anchors(bundle, [CORP.sha256]) == bundle.replace(corp, b"")
        assert remove_anchors(bundle, [LAB.sha256]) == bundle.removesuffix(lab.rstrip())

    def test_of_what_is_absent_changes_nothing(self) -> None:
        """Absent is what was asked for."""
        assert remove_anchors(CORP.raw, [PLANT.sha256], protected=[VISUAL.sha256]) == CORP.raw

    def test_refuses_protected_anchors(self) -> None:
        """Each of them has its finding, whether it is in the bundle or not, and nothing is taken out."""
        protected = sorted([CORP.sha256, VISUAL.sha256])
        with pytest.raises(Refused) as caught:
            remove_anchors(CORP.raw, [VISUAL.sha256, CORP.sha256, LAB.sha256], protected=protected)

        assert [finding.problem for finding in caught.value.findings] == [f"{fingerprint} is protected" for fingerprint in protected]
