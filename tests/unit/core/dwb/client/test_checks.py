"""What stands against a change of a client."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.client.checks import (
    Terms,
    check_owner,
    check_sensor,
    judge_certificate,
)
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.client.planner import ClientWanted
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import Finding
from ansible_collections.certops.rollout.plugins.plugin_utils._core.pem import split_pem

from unit.builders import BOTH, CLIENT, SERVER, Leaf, make_root
from unit.core.dwb.clients import CN, MASTER, OWN, REPLICATE, STUNNEL, TXLOGD, ClientTree, own_identity, own_leaf
from unit.core.dwb.servers import NOW, anchors, company, licensor
from unit.core.findings import rules

PHASES = ("trust", "certificate", "configuration")
TERMS = Terms("ws-07", 30, NOW)
WEAK = split_pem(make_root("Weak Root", key="rsa1024").pem)


def findings(tree: ClientTree, leaf: Leaf | None = None, **wanted: Any) -> list[Finding]:
    """Return what stands against a certificate, the client's own one by default."""
    asked = {"anchors": anchors(), "identity": own_identity(leaf), "phases": PHASES, **wanted}
    return list(judge_certificate(tree.observe(), ClientWanted(**asked), TERMS).findings)


class TestCheckOwner:
    def owned(self, owners: Mapping[str, str], owner: str = "", kind: str = "sensor") -> list[str]:
        """Return the rules that a client breaks whose files belong to *owners*."""
        tree = ClientTree(kind)
        host = tree.host()
        for name, account in owners.items():
            host.guards[tree.path(name)] = "mode=0644,owner=" + base64.b64encode(account.encode()).decode()
        return rules(check_owner(tree.observe(host), owner))

    @pytest.mark.parametrize(("bundle", "owner", "expected"), [
        ("root:root", "", []), ("root:dwb", "", []), ("www:www", "", ["owner"]), ("www:www", "www", []), ("www:www", "www:www", []),
        ("www:adm", "www:www", ["owner"]), ("root:root", "www", ["owner"]),
    ])
    def test_wants_the_bundle_to_belong_to_whom_the_configuration_does(self, bundle: str, owner: str, expected: list[str]) -> None:
        """Or to whom the option names, with a group or without."""
        assert self.owned({"lib/trust_ca_cert.pem": bundle}, owner) == expected

    def test_asks_no_owner_of_what_nobody_trusts(self) -> None:
        """A Sensor with SSL off has nothing to trust: that its bundle is another's is no reason to stop."""
        tree = ClientTree("sensor", {"etc/txlogd.conf": (TXLOGD % b"/srv/client/lib").replace(b"SSL on", b"SSL off")})

        assert list(check_owner(tree.observe(), "www")) == []
        assert rules(check_owner(ClientTree("sensor").observe(), "www")) == ["owner"]

    def test_asks_no_owner_where_there_is_none(self) -> None:
        """Windows tells none, and what is absent has none."""
        assert list(check_owner(ClientTree("workstation", root="C:\\DWB").observe(), "jane")) == []
        assert list(check_owner(ClientTree("sensor", {"lib/trust_ca_cert.pem": None}).observe(), "jane")) == []


class TestCheckSensor:
    def told(self, *, tls: bool = True, accept: bool = False, version: str = "", **wanted: Any) -> list[str]:
        """Return the rules that are broken by what a Sensor is to trust."""
        conf = (TXLOGD % b"/srv/client/lib").replace(b"SSL on", b"SSL on" if tls else b"SSL off")
        client = ClientTree("sensor", {"etc/txlogd.conf": conf}).observe()
        asked = ClientWanted(**{"anchors": anchors(), "phases": ["trust"], **wanted})
        return rules(check_sensor(client, asked, Terms("", 30, NOW, "", version, accept)))

    @pytest.mark.parametrize(("version", "expected"), [
        ("5.0", []), ("5", []), (" 6.1.2", []), ("10.0", []), ("4.9", ["sensor-version"]), ("", ["sensor-version"]),
        ("new", ["sensor-version"]),
    ])
    def test_wants_a_sensor_that_reads_the_anchors(self, version: str, expected: list[str]) -> None:
        """From 5.0 on; one that nobody knows may be older."""
        assert self.told(version=version) == expected

    def test_takes_any_sensor_where_nothing_hangs_on_it(self) -> None:
        """It was said so, it does not use TLS, nothing is to be trusted, it is asked for nothing."""
        assert self.told(accept=True) == []
        assert self.told(tls=False) == []
        assert self.told(anchors=[]) == []
        assert self.told(phases=[]) == []

    def test_takes_sha256_for_strong(self) -> None:
        """A small key alone does not make an anchor old; a block that cannot be read is told elsewhere."""
        broken = split_pem(b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n")

        assert self.told(anchors=WEAK) == ["sensor-version"]
        assert self.told(anchors=broken) == []

    def test_refuses_a_certificate_of_its_own(self) -> None:
        """Nobody has documented where it would be; other kinds of clients have one."""
        assert self.told(version="5.0", identity=own_identity()) == ["certificate"]
        assert list(check_sensor(ClientTree().observe(), ClientWanted(identity=own_identity()), TERMS)) == []


class TestJudgeCertificate:
    @pytest.mark.parametrize("kind", ["workstation", "report_server", "repeater", "query_api"])
    def test_accepts_a_certificate_for_clients(self, kind: str) -> None:
        """It needs neither the purpose of a server nor a name in DNS."""
        assert findings(ClientTree(kind)) == []

    @pytest.mark.parametrize("chosen", [None, [MASTER]])
    def test_refuses_a_certificate_that_no_connection_would_present(self, chosen: list[str] | None) -> None:
        """The run would be fine and the client would go on with its licence certificate, or with none."""
        bare = ClientTree(files={"ReportServer.cfg": b"Update Software = bool: true\r\n"})
        plain = ClientTree("repeater", {"Components/Replicate.cfg": REPLICATE.replace(b"true", b"false")})

        assert rules([*findings(bare, chosen=chosen), *findings(plain, chosen=chosen)]) == ["certificate-for"] * 2
        assert findings(ClientTree(files={"ReportServer.cfg": b""}), phases=["certificate"]) == []

    @pytest.mark.parametrize(("leaf", "expected"), [
        (company()[1].issue(CN, eku=(SERVER,)), ["purpose-client"]), (company()[1].issue("jane", eku=(CLIENT,)), ["common-name"]),
        (company()[1].issue(CN, eku=(CLIENT,), not_after=NOW + timedelta(days=9)), ["days-left"]),
        (make_root("Strange Root").issue(CN), ["chain"]), (company()[1].issue(CN, key="ec"), ["key-type"]),
        (licensor().issue(CN), ["licence"]), (company()[1].issue(CN, eku=BOTH), []),
    ])
    def test_refuses_what_no_server_would_take(self, leaf: Leaf, expected: list[str]) -> None:
        """One thing broken, one finding."""
        assert rules(findings(ClientTree(), leaf)) == expected

    def test_says_what_another_cn_does(self) -> None:
        """The user's folder on the servers is named by it."""
        (finding,) = findings(ClientTree(), company()[1].issue("jane", eku=(CLIENT,)))

        assert "Jane Doe.pem of ws-07 has 'Jane Doe'" in finding.problem
        assert "Users\\<CN>" in finding.remedy

    def test_asks_for_clientauth_only(self) -> None:
        """The remedy does not ask for more than a client needs."""
        (finding,) = findings(ClientTree(), company()[1].issue(CN, eku=(SERVER,)))

        assert finding.remedy == "have it reissued with extendedKeyUsage clientAuth"

    def test_judges_an_installed_certificate(self) -> None:
        """Without a new one the one that is there is to be presented; if none is, that is said."""
        expired = company()[1].issue(CN, eku=(CLIENT,), not_before=NOW - timedelta(days=9), not_after=NOW - timedelta(days=1))
        asked: dict[str, Any] = {"identity": None, "phases": ["configuration"]}

        assert findings(ClientTree(files={f"Certificates/{OWN}": own_leaf().pem}), **asked) == []
        assert rules(findings(ClientTree(files={f"Certificates/{OWN}": expired.pem}), **asked)) == ["expired"]
        assert rules(findings(ClientTree(), **asked)) == ["certificate"]

    def test_is_not_asked_about_trust_alone(self) -> None:
        """Two licences, and a certificate that somebody holds ready, do not stand against it; nor anything of a Sensor."""
        two = ClientTree(files={"Certificates/other.pem": licensor().issue("x").pem})

        assert findings(two, make_root("Strange Root").issue("x"), phases=["trust"]) == []
        assert rules(findings(two)) == ["licence"]
        assert findings(ClientTree("sensor")) == []

    def test_wants_exactly_one_licence(self) -> None:
        """Nobody else tells the CN; and a licence is never overwritten."""
        assert rules(findings(ClientTree(files={"Certificates/Jane Doe.pem": None}))) == ["licence"]
        assert rules(findings(ClientTree(files={f"Certificates/{OWN}": licensor().issue(CN).pem}))) == ["licence"]

    def test_overwrites_no_licence_whose_name_was_given(self) -> None:
        """Beside a certificate that somebody put there by hand, which passed for the licence; the client would not have started again."""
        tree = ClientTree(files={"Certificates/Company.pem": own_leaf(1).pem}, options={"certificate_name": "Jane Doe.pem"})

        assert rules(findings(tree)) == ["licence"]

    def test_counts_what_can_be_read_only(self) -> None:
        """What is no certificate is no licence."""
        assert findings(ClientTree(files={"Certificates/notes.pem": b"text"})) == []

    def test_refuses_servers_that_nobody_connects_to(self) -> None:
        """A mistyped name would silently choose nobody; stunnel has one server and no names."""
        named: dict[str, Any] = {"chosen": [MASTER, "insight-99"]}

        assert [finding.where for finding in findings(ClientTree(), **named)] == ["certificate_for"]
        assert findings(ClientTree(), chosen=[MASTER]) == []
        assert findings(ClientTree("query_api"), **named) == []

    def test_refuses_the_windows_store_where_nobody_reads_it(self) -> None:
        """Only a Workstation does, and it has to be told by what names."""
        store: dict[str, Any] = {"in_store": True}

        assert findings(ClientTree("workstation"), **store) == []
        assert rules(findings(ClientTree("report_server"), **store)) == ["store"]
        assert rules(findings(ClientTree("workstation"), **store, identity=None)) == ["certificate"]

    def test_does_not_judge_by_a_broken_bundle(self) -> None:
        """What it holds is not known; it has a finding of its own."""
        tree = ClientTree(files={"Certificates/trust_ca_cert.pem": licensor().pem[:-20]})

        assert findings(tree) == []

    def test_names_a_client_without_licence_all_the_same(self) -> None:
        """Every finding at once: no licence, and a chain that nobody trusts."""
        tree = ClientTree("query_api", {"Jane Doe.pem": None, "stunnel.conf": STUNNEL})

        assert rules(findings(tree, make_root("Strange Root").issue("x"))) == ["licence", "chain"]
