"""What a server presents, to whom, and whom it believes."""

from __future__ import annotations

import http.client
import ssl

import pytest
from simulator.cluster import Cluster
from simulator.tree import Node
from unit.builders import Authority

from .helpers import CUSTOM, communications, edit, give_certificate, log, see, shipped_fingerprint, trust, until, use_certificate


class TestHandshake:
    """Protocol and ciphers."""

    def test_is_tls_1_2_at_most(self, alone: Cluster, node: Node) -> None:
        """A client that offers TLS 1.3 gets 1.2: the product's OpenSSL has no newer one (§9)."""
        alone.start()

        assert see(node).protocol == "TLSv1.2"

    def test_uses_the_configured_cipher(self, alone: Cluster, node: Node) -> None:
        """`SSL Ciphers` decides (§5.1)."""
        edit(communications(node), b"  SSL Port", new=b"  SSL Ciphers = string: AES256-SHA256\r\n  SSL Port")
        alone.start()

        assert see(node).cipher == "AES256-SHA256"

    def test_fails_without_a_common_cipher(self, alone: Cluster, node: Node) -> None:
        """A client that lacks the configured cipher cannot connect, and the connection log says why."""
        edit(communications(node), b"  SSL Port", new=b"  SSL Ciphers = string: AES256-SHA256\r\n  SSL Port")
        alone.start()

        with pytest.raises(ssl.SSLError):
            see(node, ciphers="ECDHE+AESGCM")
        assert until(lambda: "Connection failed. no shared cipher" in log(node, "Audit/*-access.txt"))

    def test_serves_clients_that_trust_the_authority(self, alone: Cluster, node: Node, company: Authority) -> None:
        """A client with the issuing CA in its bundle connects to a custom certificate."""
        give_certificate(node, company)
        use_certificate(node)
        alone.start()

        assert see(node, trusted=company.pem).status == 200

    def test_is_refused_by_clients_with_the_shipped_bundle(self, alone: Cluster, node: Node, company: Authority) -> None:
        """A client that was forgotten in the trust phase gets error 20 (§8.1, trap)."""
        give_certificate(node, company)
        use_certificate(node)
        alone.start()

        with pytest.raises(ssl.SSLCertVerificationError) as caught:
            see(node, trusted=alone.licensor.authority.pem)
        assert caught.value.verify_code == 20


class TestChain:
    """CA levels that stand behind the leaf in the file."""

    @pytest.fixture
    def issuing(self, alone: Cluster, node: Node, company: Authority) -> Authority:
        """Return the intermediate whose leaf, itself appended, *node* presents; its own bundle knows all levels."""
        issuing = company.intermediate("Issuing CA")
        trust(node, company)
        trust(node, issuing)
        leaf = issuing.issue(node.name)
        (node.root / "Certificates" / CUSTOM).write_bytes(leaf.key_pem + leaf.chain_pem)
        use_certificate(node)
        alone.start()
        return issuing

    def test_are_not_needed_by_a_client_that_has_them(self, node: Node, company: Authority, issuing: Authority) -> None:
        """Every level in the client's bundle is what is asked for."""
        assert see(node, trusted=company.pem + issuing.pem).status == 200

    def test_are_not_sent(self, node: Node, company: Authority, issuing: Authority) -> None:
        """Nobody may rely on the server for an intermediate (10.6)."""
        with pytest.raises(ssl.SSLCertVerificationError) as caught:
            see(node, trusted=company.pem)
        assert caught.value.verify_code in (20, 21)


class TestClientCertificate:
    """A client may present a certificate; then it must verify."""

    def test_of_the_licensor_is_accepted(self, alone: Cluster, node: Node) -> None:
        """Adobe-issued clients keep working (§4.2)."""
        alone.start()

        assert see(node, client=alone.licensor.issue("A User")).status == 200

    def test_of_the_company_is_accepted_once_trusted(self, alone: Cluster, node: Node, company: Authority) -> None:
        """The bundle as it was at the start decides."""
        trust(node, company)
        alone.start()

        assert see(node, client=company.issue("A User")).status == 200

    def test_of_the_company_is_refused_before_a_restart(self, alone: Cluster, node: Node, company: Authority) -> None:
        """The bundle is not read again while the server runs (10.1), and the connection log has OpenSSL's words."""
        alone.start()
        trust(node, company)

        with pytest.raises((ssl.SSLError, ConnectionError, http.client.RemoteDisconnected)):
            see(node, client=company.issue("A User"))
        refused = "Connection refused. Error 20. Desc: unable to get local issuer certificate"
        assert until(lambda: refused in log(node, "Audit/*-access.txt"))


class TestRenewal:
    """A new file under the old name."""

    def test_is_presented_after_a_restart(self, alone: Cluster, node: Node, company: Authority) -> None:
        """Renewal is replace, then start."""
        give_certificate(node, company)
        use_certificate(node)
        alone.start()
        fresh = give_certificate(node, company)
        alone.stop()
        alone.start()

        assert see(node).fingerprint == fresh

    def test_is_not_noticed_while_running(self, alone: Cluster, node: Node, company: Authority) -> None:
        """Certificate files are not watched (10.2)."""
        old = give_certificate(node, company)
        use_certificate(node)
        alone.start()
        give_certificate(node, company)

        assert not until(lambda: see(node).fingerprint != old, 1)


class TestReload:
    """Saving Communications.cfg restarts components in the running server (§6.3, 10.17)."""

    def test_switches_the_certificate_at_once(self, alone: Cluster, node: Node, company: Authority) -> None:
        """The line alone is enough, no restart needed: the process stays the same."""
        alone.start()
        pid, custom = alone.state(node.name).pid(), give_certificate(node, company)
        use_certificate(node)

        assert until(lambda: alone.served()[node.name] == custom)
        assert see(node).fingerprint == custom
        assert alone.state(node.name).pid() == pid

    def test_of_a_bad_file_costs_the_listener(self, alone: Cluster, node: Node) -> None:
        """A line that names a missing file: the process stays, nobody can connect; taking the line back heals it."""
        alone.start()
        before = communications(node).read_bytes()
        use_certificate(node)

        assert until(lambda: not alone.served()[node.name])
        with pytest.raises(ConnectionRefusedError):
            see(node)
        assert "components not loaded" in log(node, "Events/*-event.txt")
        communications(node).write_bytes(before)
        assert until(lambda: alone.served()[node.name] == shipped_fingerprint(node))
