"""When a server starts, and when it refuses to."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from simulator.cluster import Cluster
from simulator.licence import WARNING, revalidate
from simulator.licensor import Licensor
from simulator.refusal import Refusal
from simulator.tree import Node, license_node
from unit.builders import Authority, make_root

from .helpers import (
    CUSTOM,
    FIRST_LINE,
    LINE,
    communications,
    edit,
    give_certificate,
    listens,
    log,
    see,
    shipped_fingerprint,
    start_here,
    use_certificate,
)

Damage = Callable[[Path], None]
Make = Callable[[Authority, str], bytes]
_YESTERDAY = datetime.now(UTC) - timedelta(days=1)
_LONG_AGO = _YESTERDAY - timedelta(days=365)


def _copy(name: str) -> Damage:
    def damage(root: Path) -> None:
        (root / name).write_bytes((root / "Components" / "Communications.cfg").read_bytes())

    return damage


def _replace(old: bytes, *, new: bytes, file: str = "Components/Communications.cfg") -> Damage:
    return lambda root: edit(root / file, old, new=new)


def _remove(name: str) -> Damage:
    return lambda root: (root / name).unlink()


def _glue(root: Path) -> None:
    bundle = root / "Certificates" / "trust_ca_cert.pem"
    bundle.write_bytes(bundle.read_bytes().rstrip() * 2)


class TestStart:
    """A server as shipped starts; with one thing broken it does not, and says why."""

    def test_as_shipped_it_serves_its_licence_certificate(self, alone: Cluster, node: Node) -> None:
        """Without a Certificate line server_cert.pem is presented (10.4), and the start is logged as the product logs it."""
        alone.start()

        assert see(node).fingerprint == shipped_fingerprint(node) == alone.served()[node.name]
        assert " started up." in log(node, "Events/*-event.txt")
        assert "Enabling Query API (licensed)" in log(node, "Trace/InsightServer64.log")

    def test_start_takes_less_than_a_second(self, alone: Cluster) -> None:
        """Whole clusters are started in tests all the time; 0.2 s is usual."""
        begin = time.monotonic()
        alone.start()

        assert time.monotonic() - begin < 1

    def test_with_a_custom_certificate_it_serves_that(self, alone: Cluster, node: Node, company: Authority) -> None:
        """The licence scan warns in the documented words (§8.1) and the certificate is presented."""
        custom = give_certificate(node, company)
        use_certificate(node)
        alone.start()

        assert see(node).fingerprint == custom
        assert WARNING + f" Subject: CN={node.name}" in log(node)

    def test_port_0_is_off(self, alone: Cluster, node: Node) -> None:
        """`Port = int: 0` disables HTTP and leaves HTTPS (§1.4)."""
        edit(communications(node), b"  Port = int: %d" % node.port, new=b"  Port = int: 0")
        alone.start()

        assert not listens(node, node.port)
        assert listens(node, node.ssl_port)

    @pytest.mark.parametrize(
        ("damage", "words"),
        [
            (_replace(b"  Port", new=b"\tPort"), "a tab"),
            (_replace(b"17 items", new=b"18 items"), "announces 18 items"),
            (_replace(b"\r\n", new=b"\n"), "mixed line ends"),
            (_replace(b"string: /Status/", new=b"string: \0"), "undecodable"),
            (_replace(FIRST_LINE, new=b"component = Other:\r\n"), "has 0: no file"),
            (_replace(FIRST_LINE, new=FIRST_LINE + LINE + LINE), "Certificate is there twice"),
            (_replace(FIRST_LINE, new=FIRST_LINE + LINE), "no such file"),
            (_replace(FIRST_LINE, new=FIRST_LINE + LINE.replace(b"\\\\", b"\\")), "single backslash"),
            (_replace(FIRST_LINE, new=FIRST_LINE + LINE.replace(b"\\\\", b"/")), "Certificate is not written as"),
            (_replace(FIRST_LINE, new=FIRST_LINE + LINE.replace(b"string", b"Path")), "Certificate is not written as"),
            (_replace(FIRST_LINE, new=FIRST_LINE + LINE.lstrip()), "indented below a line that holds nothing"),
            (_copy("Components/Communications - Copy.cfg"), "needs one CommServer and has 2"),
            (_replace(b"component", new=b"# component", file="Components/Trace.cfg"), "Trace.cfg: no component"),
            (_replace(b"  Port", new=b"  SSL Ciphers = string: NOTHING\r\n  Port"), "no cipher can be selected"),
            (_remove("Certificates/server_cert.pem"), "no current licence"),
            (_remove("Certificates/trust_ca_cert.pem"), "trust_ca_cert.pem"),
            (_glue, "trust_ca_cert.pem: pem lib"),
            (_replace(b"Locked = node", new=b"Locked = other", file="Certificates/server_cert.pem"), "locked to another machine"),
        ],
    )
    def test_refuses_a_damaged_tree(self, alone: Cluster, damage: Damage, words: str) -> None:
        """Each damage alone keeps the server down; the reason is printed and in both logs."""
        damage(alone.master.root)

        with pytest.raises(Refusal, match=words):
            start_here(alone.master)
        assert words in log(alone.master)
        assert "not started" in log(alone.master, "Events/*-event.txt")

    @pytest.mark.parametrize(
        "name", ["Components/Communications.cfg.off", "Components/Communications.cfg.bak", "Certificates/notes.txt"]
    )
    def test_files_that_are_not_loaded_do_no_harm(self, alone: Cluster, node: Node, name: str) -> None:
        """Another suffix switches a component off (§2.1); a stray file in Certificates is only logged (§4.6)."""
        _copy(name)(node.root)
        alone.start()

        assert see(node).status == 200
        assert ("Unexpected file in Certificates: notes.txt" in log(node)) == name.startswith("Certificates")


class TestLicence:
    """Only a current licence of the built-in CA lets a server start (§4.1)."""

    def test_is_found_under_any_name(self, alone: Cluster, node: Node, company: Authority) -> None:
        """The whole folder is scanned."""
        give_certificate(node, company)
        use_certificate(node)
        (node.root / "Certificates" / "server_cert.pem").rename(node.root / "Certificates" / "licence.pem")
        alone.start()

        assert see(node).status == 200

    @pytest.mark.parametrize(("days", "age", "words"), [(-1, 0, "expired"), (365, 31, "last validated")])
    def test_that_is_not_current_keeps_the_server_down(self, alone: Cluster, days: int, age: int, words: str) -> None:
        """It expires, and it must be re-validated about every 30 days."""
        license_node(alone.master, alone.licensor, days=days, validated_days_ago=age)

        with pytest.raises(Refusal, match=words):
            start_here(alone.master)

    def test_that_was_validated_last_week_is_current(self, alone: Cluster, node: Node) -> None:
        """Within 30 days nothing has to be done."""
        license_node(node, alone.licensor, validated_days_ago=7)
        alone.start()

        assert see(node).status == 200

    def test_of_another_authority_keeps_the_server_down(self, alone: Cluster, node: Node) -> None:
        """A custom certificate never licences, whatever text stands beside it."""
        license_node(node, Licensor(node.root / "none", make_root("Other CA")))

        with pytest.raises(Refusal, match="no current licence"):
            start_here(node)

    def test_is_rewritten_when_it_is_validated(self, alone: Cluster, node: Node) -> None:
        """After a re-validation the file has other bytes and the server still starts."""
        file = node.root / "Certificates" / "server_cert.pem"
        before = file.read_bytes()
        revalidate(node.root)
        alone.start()

        assert file.read_bytes() != before
        assert see(node).fingerprint == shipped_fingerprint(node)


class TestCertificate:
    """The file that Certificate names is checked when it is loaded (10.3)."""

    @pytest.mark.parametrize(
        ("make", "words"),
        [
            (lambda ca, name: ca.issue(name).encrypted_key_pem("secret") + ca.issue(name).cert_pem, "is encrypted"),
            (lambda ca, name: ca.issue(name).encrypted_traditional_key_pem("secret") + ca.issue(name).cert_pem, "is encrypted"),
            (lambda ca, name: ca.issue("x", key="rsa2048/x").key_pem + ca.issue(name).cert_pem, "key values mismatch"),
            (lambda ca, name: ca.issue(name).cert_pem, "0 private keys"),
            (lambda ca, name: ca.issue(name).key_pem * 2 + ca.issue(name).cert_pem, "2 private keys"),
            (lambda ca, name: ca.issue(name).key_pem, "no certificate"),
            (lambda ca, name: ca.issue(name).key_pem + ca.pem + ca.issue(name).cert_pem, "its common name is 'Corp Root'"),
            (lambda ca, name: ca.issue(name, not_before=_LONG_AGO, not_after=_YESTERDAY).pem, "outside its validity"),
            (lambda ca, name: ca.issue("other").pem, "its common name is 'other'"),
            (lambda ca, name: ca.issue(name, key="ec").pem, "is not RSA"),
        ],
    )
    def test_a_bad_one_keeps_the_server_down(self, alone: Cluster, company: Authority, *, make: Make, words: str) -> None:
        """Each of the faults of 10.3, and a name other than the licence's (§4.3), is refused."""
        (alone.master.root / "Certificates" / CUSTOM).write_bytes(make(company, alone.master.name))
        use_certificate(alone.master)

        with pytest.raises(Refusal, match=words):
            start_here(alone.master)

    def test_the_traditional_form_of_a_key_is_fine(self, alone: Cluster, node: Node, company: Authority) -> None:
        """`BEGIN RSA PRIVATE KEY` is the other documented form (§4.3)."""
        leaf = company.issue(node.name)
        (node.root / "Certificates" / CUSTOM).write_bytes(leaf.traditional_key_pem + leaf.cert_pem)
        use_certificate(node)
        alone.start()

        assert see(node).fingerprint == leaf.fingerprint
