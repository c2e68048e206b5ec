"""The survey of a client, as others work with it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.client.layout import KINDS
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.client.planner import ClientWanted, plan_client
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.client.survey import make_client_survey
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.marker import Marker, write_marker
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.survey import Judged
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import Finding
from ansible_collections.certops.rollout.plugins.plugin_utils._core.observation import FileState

from unit.core.dwb.clients import CN, DPU, MASTER, OWN, ClientTree, own_identity, own_leaf, servers_cfg
from unit.core.dwb.servers import NOW, anchors, company, licensor

PHASES = ("trust", "certificate", "configuration")
OWN_FILE = f"Certificates/{OWN}"
CUSTOM: dict[str, bytes | None] = {"ReportServer.cfg": servers_cfg(OWN.encode(), OWN.encode()), OWN_FILE: own_leaf().pem}


def survey(tree: ClientTree, **wanted: Any) -> dict[str, Any]:
    """Return the survey of a client without findings."""
    client, asked = tree.observe(), ClientWanted(**{"phases": [], **wanted})
    return make_client_survey(client, asked, Judged(plan_client(client, asked).changes), now=NOW)


class TestMakeClientSurvey:
    @pytest.mark.parametrize("kind", KINDS)
    def test_has_what_others_count_on(self, kind: str) -> None:
        """The same keys for every kind, and nothing that cannot be JSON."""
        told = survey(ClientTree(kind))

        assert set(told) == {
            "kind", "root", "folder", "system", "bundle", "marker", "restart_pending", "taken_back", "edited", "interrupted", "findings",
            "warnings", "changes", "licence", "installed", "presents", "leaf_now", "leaf_after", "bundle_now", "bundle_after", "servers"}
        assert (told["kind"], told["restart_pending"], told["system"]) == (kind, False, "posix")
        assert told["bundle_now"] == told["bundle_after"] == licensor().pem.decode()
        json.dumps(told)

    def test_tells_where_a_sensor_keeps_its_trust(self) -> None:
        """That is the folder of its state, too."""
        told = survey(ClientTree("sensor"))

        assert (told["root"], told["folder"]) == ("/srv/client/etc", "/srv/client/lib")
        assert told["servers"] == [
            {"name": "", "common_name": "insight-01", "tls": True, "certificate": "", "in_store": False,
             "file": "/srv/client/etc/txlogd.conf", "line": 5}]
        assert told["presents"] is None

    def test_tells_the_trust_as_it_will_be(self) -> None:
        """With the changes by phase."""
        told = survey(ClientTree(), anchors=anchors(), phases=["trust"])

        assert told["bundle_after"] == (licensor().pem + b"".join(each.pem for each in company())).decode()
        assert [change["action"] for change in told["changes"]["trust"]] == ["add 2 anchors"]

    def test_tells_its_own_certificate_when_it_presents_that(self) -> None:
        """Now, and after; the licence certificate is told by its fingerprint only."""
        wanted = {"anchors": anchors(), "identity": own_identity(), "phases": PHASES}
        before, after = survey(ClientTree(), **wanted), survey(ClientTree(files=CUSTOM))
        staged = survey(ClientTree(files={OWN_FILE: own_leaf().pem}))

        assert (before["leaf_now"], before["leaf_after"]) == ("", own_leaf().cert_pem.decode())
        assert after["leaf_now"] == after["leaf_after"] == own_leaf().cert_pem.decode()
        assert after["presents"] == after["installed"]["fingerprint"] == own_leaf().fingerprint
        assert (staged["leaf_now"], staged["leaf_after"], staged["presents"]) == ("", "", staged["licence"]["fingerprint"])
        assert before["licence"]["common_name"] == CN

    def test_tells_a_certificate_that_somebody_put_there_under_another_name(self) -> None:
        """It was no client's that a retirement asked about, and the client was locked out; one of one file is the licence."""
        cfg = {"ReportServer.cfg": servers_cfg(b"Other.pem")}

        assert survey(ClientTree(files={**cfg, "Certificates/Other.pem": own_leaf().pem}))["leaf_now"] == own_leaf().cert_pem.decode()
        assert survey(ClientTree(files=cfg))["leaf_now"] == ""
        assert survey(ClientTree(files={"ReportServer.cfg": servers_cfg(b"Jane Doe.pem")}))["leaf_now"] == ""

    def test_tells_a_certificate_of_the_store_only_when_it_was_given(self) -> None:
        """Nobody can look into the store."""
        given = survey(ClientTree("workstation"), identity=own_identity(), phases=PHASES, in_store=True)
        trust = survey(ClientTree("workstation"), identity=own_identity(), phases=["trust"], in_store=True)

        assert (given["leaf_after"], trust["leaf_after"]) == (own_leaf().cert_pem.decode(), "")

    def test_tells_the_servers_in_file_order(self) -> None:
        """With what each is shown, and where it says so."""
        servers = survey(ClientTree(files=CUSTOM))["servers"]

        assert [(each["common_name"], each["tls"], each["certificate"], each["line"]) for each in servers] == [
            (MASTER, True, OWN, 4), (DPU, True, OWN, 10), ("", False, "", 14)]

    def test_tells_what_stands_against_it(self) -> None:
        """Then nobody knows what the trust will be."""
        client = ClientTree().observe()
        finding = Finding("here", "is wrong", "mend it", "rule")
        told = make_client_survey(client, ClientWanted(), Judged({}, [finding], ["a warning"]), now=NOW)

        assert (told["findings"][0]["rule"], told["warnings"], told["bundle_after"]) == ("rule", ["a warning"], "")

    def test_tells_what_a_rollout_left(self) -> None:
        """A pending restart, and files that somebody has edited since."""
        marker = write_marker(FileState("x"), Marker("20261121T120000Z-abc123", restart_pending=True, files={
            "/srv/client/Certificates/trust_ca_cert.pem": "0" * 64}))
        told = survey(ClientTree(files={"/srv/client.certops/marker": marker.content, "/srv/client.certops/taken-back": b"run\n"}))

        assert (told["restart_pending"], told["marker"]["run"], told["taken_back"]) == (True, "20261121T120000Z-abc123", "run")
        assert told["edited"] == ["/srv/client/Certificates/trust_ca_cert.pem"]

    def test_has_no_key_in_it(self) -> None:
        """Neither of the one that is installed nor of the one to come."""
        told = json.dumps(survey(ClientTree(files={OWN_FILE: own_leaf(1).pem}), identity=own_identity(), phases=PHASES, anchors=anchors()))

        assert "PRIVATE KEY" not in told
        assert own_leaf().key_pem.decode().splitlines()[3] not in told
