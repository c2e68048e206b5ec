"""Who may read what."""

from __future__ import annotations

import http.client

import pytest
from simulator.access import Caller, Group
from simulator.cluster import Cluster
from simulator.tree import Node

from .helpers import log, see, until

USER = Caller("10.0.0.5", {"subject": ((("organizationalUnitName", "Developers"),), (("commonName", "Joe User"),))})


class TestGroup:
    """Members and URIs (§3.5)."""

    @pytest.mark.parametrize("member", ["IP:10.0.0.5", "IP:10.0.0.*", "IP:*", "CN: Joe User", "CN:Joe User", "OU:Developers"])
    def test_knows_its_members(self, member: str) -> None:
        """By address or by a field of the certificate, with a space or without."""
        assert Group("g", (member,), ("/",)).allows(USER, "/x")

    @pytest.mark.parametrize("member", ["IP:10.0.0.6", "CN:joe user", "O:Developers", "CN:*", ""])
    def test_knows_nobody_else(self, member: str) -> None:
        """Values are case-sensitive, and only addresses have wildcards."""
        assert not Group("g", (member,), ("/",)).allows(USER, "/x")

    @pytest.mark.parametrize(("rule", "uri"), [("/a/", "/a/b"), ("/a", "/a"), ("/a/$", "/a/"), ("/Users/%CN%/", "/Users/Joe User/x")])
    def test_gives_what_a_rule_names(self, rule: str, uri: str) -> None:
        """A final slash is a prefix, a final dollar is exact, %CN% is the caller's name."""
        assert Group("g", ("IP:*",), (rule,)).allows(USER, uri)

    @pytest.mark.parametrize(("rule", "uri"), [("/a/", "/ab"), ("/a", "/a/b"), ("/a/$", "/a/b"), ("/Users/%CN%/", "/Users/Jane/x")])
    def test_gives_nothing_else(self, rule: str, uri: str) -> None:
        """What no rule names is not readable."""
        assert not Group("g", ("IP:*",), (rule,)).allows(USER, uri)


class TestAccess:
    """`/Status/` is for those whom access control names (§3.5, §8.3)."""

    def test_is_given_to_this_machine(self, alone: Cluster, node: Node) -> None:
        """127.0.0.1 is an Administrator as shipped, over HTTPS and HTTP alike."""
        alone.start()
        connection = http.client.HTTPConnection(node.address, node.port, timeout=5)
        connection.request("GET", "/Status/")
        text = connection.getresponse().read().decode()
        connection.close()

        assert f"Server Common Name: {node.name}" in text
        assert "Service Status: running" in text

    @pytest.mark.parametrize("path", ["/Status/", "/Components/Communications.cfg", "/Profiles/"])
    def test_is_refused_to_another_address(self, alone: Cluster, node: Node, path: str) -> None:
        """An address in no group gets 403."""
        alone.start()
        connection = http.client.HTTPConnection(node.address, node.port, timeout=5, source_address=("127.0.0.77", 0))
        connection.request("GET", path)
        answer = connection.getresponse()
        connection.close()

        assert answer.status == 403

    @pytest.mark.parametrize("path", ["/Certificates/server_cert.pem", "/Profiles/../Certificates/server_cert.pem"])
    def test_certificates_cannot_be_had(self, alone: Cluster, node: Node, path: str) -> None:
        """The product hands out no certificates, not even to an Administrator (§2.1)."""
        alone.start()

        assert see(node, path=path).status == 404

    def test_is_decided_anew_when_access_control_changes(self, alone: Cluster, node: Node) -> None:
        """The file is watched, and every connection is dropped (§3.5)."""
        alone.start()
        file = node.root / "Access Control" / "Access Control.cfg"
        file.write_bytes(file.read_bytes().replace(b"IP:127.0.0.1", b"IP:127.0.0.9"))

        assert until(lambda: log(node).count("Components loaded") == 2)
        assert see(node).status == 403
