# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The part of a bundle that matters for one certificate: OpenSSL says the same of it as of the whole."""

from __future__ import annotations

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.above import part_above
from ansible_collections.certops.rollout.plugins.plugin_utils._core.handshake import verify
from ansible_collections.certops.rollout.plugins.plugin_utils._core.pem import PemBlock, split_pem
from ansible_collections.certops.rollout.plugins.plugin_utils._core.rehearsal import PURPOSES, Purpose
from cryptography.x509.oid import NameOID

from unit.builders import Authority, Leaf, make_root

ROOT = make_root("Plant Root")
ISSUING = ROOT.intermediate("Plant Issuing")
OTHERS = [make_root(f"Customer Root {number}", key="rsa2048/customer") for number in range(3)]
LEAF = ISSUING.issue("dpu-01")


def bundle(*authorities: Authority) -> bytes:
    """Return a trust file of *authorities*."""
    return b"".join(authority.pem for authority in authorities)


def block(leaf: Leaf) -> PemBlock:
    """Return the certificate of *leaf* as a block."""
    return split_pem(leaf.cert_pem)[0]


class TestPartAbove:
    def test_is_the_chain_whatever_stands_beside_it(self) -> None:
        """Three bundles with other anchors in other places have the same part."""
        bundles = [bundle(ROOT, ISSUING), bundle(OTHERS[0], ROOT, OTHERS[1], ISSUING), bundle(ROOT, OTHERS[2], ISSUING)]

        assert {part_above(block(LEAF), content) for content in bundles} == {bundle(ROOT, ISSUING)}

    def test_keeps_every_ca_of_the_same_name(self) -> None:
        """A CA with another key under the same name may be the issuer, and which one is for OpenSSL to say."""
        twin = make_root("PLANT  Root", key="rsa2048/twin")

        assert part_above(block(LEAF), bundle(twin, ROOT, OTHERS[0], ISSUING)) == bundle(twin, ROOT, ISSUING)

    def test_keeps_the_certificate_itself(self) -> None:
        """A self-signed certificate is accepted when it is in the bundle."""
        root = split_pem(ROOT.pem)[0]

        assert part_above(root, bundle(OTHERS[0], ROOT)) == ROOT.pem

    def test_is_empty_where_nobody_issued_it(self) -> None:
        """The twin of the first test: without its issuers nothing is left."""
        assert part_above(block(LEAF), bundle(*OTHERS)) == b""

    @pytest.mark.parametrize("names", [[(NameOID.COMMON_NAME, "Zürich Root")], [(NameOID.ORGANIZATION_NAME, "Größe")]])
    def test_is_everything_where_a_name_has_other_letters(self, names: list[tuple[object, str]]) -> None:
        """Two encodings of one name look different here and are equal for OpenSSL; so nothing is left out."""
        content = bundle(make_root(names=names, key="rsa2048/foreign"), ROOT, OTHERS[0], ISSUING)

        assert part_above(block(LEAF), content) == content

    def test_is_everything_where_a_block_cannot_be_read(self) -> None:
        """A block that is no certificate for this reader may be one for OpenSSL."""
        content = bundle(ROOT, OTHERS[0]) + b"-----BEGIN TRUSTED CERTIFICATE-----\nAAAA\n-----END TRUSTED CERTIFICATE-----\n"

        assert part_above(block(LEAF), content) == content

    @pytest.mark.parametrize("purpose", PURPOSES)
    @pytest.mark.parametrize("authorities", [(ROOT, ISSUING), (ROOT,), (ISSUING,), ()])
    def test_has_the_verdict_of_the_whole(self, authorities: tuple[Authority, ...], purpose: Purpose) -> None:
        """With and without a complete chain, OpenSSL says the same, with the same error."""
        whole = bundle(*OTHERS, *authorities)

        assert verify(LEAF.cert_pem, part_above(block(LEAF), whole), purpose=purpose) \
            == verify(LEAF.cert_pem, whole, purpose=purpose)
