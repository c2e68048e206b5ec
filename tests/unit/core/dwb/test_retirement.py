# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which anchors are never retired, whoever asks for it."""

from __future__ import annotations

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.planner import Wanted
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.retirement import check_own, check_retired, held_leaves
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import Finding
from ansible_collections.certops.rollout.plugins.plugin_utils._core.pem import PemBlock
from cryptography.x509.oid import NameOID

from unit.builders import Authority, make_root
from unit.core import findings

from .servers import CN, Tree, anchors, company, identity, leaf, licensor

BUNDLE = "/srv/dwb/Certificates/trust_ca_cert.pem"
CUSTOM = "Certificates/custom_communications_cert.pem"
OLD = make_root("Old Root")


def holding(*held: Authority, licence: bytes | None = None, custom: bytes | None = None) -> Tree:
    """Return a server whose bundle holds the licensing CA, then *held*."""
    files: dict[str, bytes | None] = {"Certificates/trust_ca_cert.pem": b"".join(each.pem for each in (licensor(), *held)), CUSTOM: custom}
    return Tree(files=files if licence is None else {**files, "Certificates/server_cert.pem": licence})


def retiring(*authorities: Authority, **how: object) -> Wanted:
    """Return that *authorities* are to be retired."""
    return Wanted(phases=("trust",), retired=[each.fingerprint for each in authorities], **how)  # type: ignore[arg-type]


def rules(tree: Tree, wanted: Wanted) -> list[str]:
    """Return the rules that stand against a retirement."""
    return findings.rules(check_retired(tree.observe(), wanted))


class TestCheckRetired:
    def test_lets_a_company_s_ca_go(self) -> None:
        """Neither of the vendor nor above the licence: nothing stands against it, whether it is there or not."""
        assert rules(holding(OLD), retiring(OLD)) == []
        assert rules(holding(), retiring(OLD)) == []

    def test_keeps_what_the_licence_chains_to(self) -> None:
        """The file, the line, the subject and the reason are told, and what to do."""
        line = licensor().pem.count(b"\n") + 1
        root = make_root("Odd Licensing Root")

        assert check_retired(holding(root, licence=root.issue(CN).pem).observe(), retiring(root)) == [Finding(
            f"{BUNDLE}: line {line}", "'CN=Odd Licensing Root' is never retired: the licence certificate server_cert.pem chains to it",
            f"take {root.fingerprint} out of dwb_retired_ca", "protected")]

    @pytest.mark.parametrize("chain", [False, True])
    def test_keeps_every_level_above_the_licence(self, chain: bool) -> None:
        """Whether the CA between stands in the bundle or in the licence file itself."""
        root = make_root("Odd Licensing Root")
        between = root.intermediate("Odd Licensing CA")
        licence = between.issue(CN)
        tree = holding(root, licence=licence.pem + between.pem) if chain else holding(between, root, licence=licence.pem)

        assert rules(tree, retiring(root)) == ["protected"]

    def test_keeps_a_ca_that_got_a_new_key(self) -> None:
        """Names count, not signatures: the one of the same name is kept rather than lost."""
        renewed = make_root("Odd Licensing Root", key="rsa2048/renewed")

        assert rules(holding(renewed, licence=make_root("Odd Licensing Root").issue(CN).pem), retiring(renewed)) == ["protected"]

    @pytest.mark.parametrize("names", [
        ((NameOID.ORGANIZATION_NAME, "Visual Sciences,LLC"), (NameOID.COMMON_NAME, "CA 2")),
        ((NameOID.COMMON_NAME, "Insight CA"),),
        ((NameOID.COMMON_NAME, "VISUAL  SCIENCES root"),),
        ((NameOID.ORGANIZATIONAL_UNIT_NAME, "visualsciences.com"),),
    ])
    def test_keeps_whatever_is_named_after_the_vendor(self, names: tuple[tuple[object, str], ...]) -> None:
        """Other servers and clients present its certificates, even where this server's licence is of another CA."""
        vendor = make_root(names=names)

        assert rules(holding(vendor), retiring(vendor)) == ["protected"]

    def test_keeps_what_the_vendor_has_issued(self) -> None:
        """A CA below the vendor's is the vendor's, whatever it is called."""
        below = make_root("Insight CA").intermediate("Licences 2026")

        assert rules(holding(below), retiring(below)) == ["protected"]

    @pytest.mark.parametrize("name", ["Insight Capital Root", "Insight", "Audiovisual Sciencescape"])
    def test_is_not_misled_by_names_that_only_begin_alike(self, name: str) -> None:
        """A company may be called nearly so."""
        other = make_root(name)

        assert rules(holding(other), retiring(other)) == []

    def test_refuses_what_is_wanted_and_retired_at_once(self) -> None:
        """Nobody can mean both; it is told for each such anchor, with everything else."""
        root, issuing = company()
        both = Wanted(anchors(), None, ("trust",), retired=[root.fingerprint, licensor().fingerprint])

        told = check_retired(holding(root, issuing).observe(), both)

        assert findings.rules(told) == ["retired", "protected"]
        assert told[0].problem == f"'CN=Corp Root', {root.fingerprint}, is among the wanted anchors, too"

    def test_refuses_what_it_cannot_read(self) -> None:
        """A block that is no certificate may be anybody's."""
        block = PemBlock("CERTIFICATE", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", b"\0\0\0")
        tree = Tree(files={"Certificates/trust_ca_cert.pem": licensor().pem + block.raw + b"\n"})

        assert rules(tree, Wanted(phases=("trust",), retired=[block.sha256])) == ["CertificateError"]
        assert rules(tree, retiring(OLD)) == []


class TestCheckOwn:
    def test_lets_go_what_no_certificate_of_the_server_needs(self) -> None:
        """The new CA issued what is installed."""
        tree = holding(*company(), OLD, custom=leaf().pem)

        assert check_own(tree.observe(), retiring(OLD)) == []

    @pytest.mark.parametrize("custom", [True, False])
    def test_keeps_what_one_of_them_needs(self, custom: bool) -> None:
        """Installed already, or to be installed in a later phase."""
        tree = holding(*company(), OLD, custom=leaf().pem if custom else None)
        wanted = retiring(company()[0], identity=None if custom else identity())
        whose = "custom_communications_cert.pem" if custom else "certificate to be installed"

        assert check_own(tree.observe(), wanted) == [Finding(
            whose, f"its certificate '{CN}' needs 'CN=Corp Root', which {BUNDLE} would no longer trust",
            "renew it from the new CA first, or leave that CA out of dwb_retired_ca", "retired")]

    def test_does_not_ask_in_other_phases_or_where_nothing_is_taken_out(self) -> None:
        """The trust is not touched then."""
        tree = holding(company()[1], custom=leaf().pem)

        assert check_own(tree.observe(), retiring(company()[0])) == []
        assert check_own(holding(*company(), custom=leaf().pem).observe(), Wanted(retired=[company()[0].fingerprint])) == []


class TestHeldLeaves:
    def test_are_licence_installed_and_new_certificate(self) -> None:
        """Each by its file; the new one only when it is another."""
        held = held_leaves(holding(custom=leaf(1).pem).observe(), Wanted(identity=identity()))

        assert list(held) == ["server_cert.pem", "custom_communications_cert.pem", "certificate to be installed"]
        assert [each.fingerprint for each in held.values()][1:] == [leaf(1).fingerprint, leaf().fingerprint]
        assert list(held_leaves(holding(custom=leaf().pem).observe(), Wanted(identity=identity()))) == list(held)[:2]
        assert list(held_leaves(holding().observe(), Wanted())) == ["server_cert.pem"]
