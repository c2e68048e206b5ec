# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the options of a task ask of one client."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.marker import Marker, write_marker
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.survey import Judged
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import OptionError
from ansible_collections.certops.rollout.plugins.plugin_utils._core.observation import FileState
from ansible_collections.certops.rollout.plugins.plugin_utils._task.client import (
    CLIENT_GROUPS,
    ClientRequest,
    judge_client,
    observe_client,
    read_client_request,
)

from unit.builders import make_root
from unit.core.dwb.clients import REPLICATE, TXLOGD, ClientTree, own_leaf, servers_cfg
from unit.core.dwb.servers import company, licensor
from unit.core.findings import rules
from unit.fakes import MemoryHost

COMPANY = b"".join(authority.pem for authority in company()).decode()
TRUST: dict[str, Any] = {"trust_content": COMPANY, "sensor_version": "5.0"}
ALL: dict[str, Any] = {**TRUST, "certificate": {"pem_content": own_leaf().pem.decode()}}


def request(kind: str = "report_server", **options: Any) -> ClientRequest:
    """Return what is asked of a client."""
    place = {"config": "/srv/client/etc/txlogd.conf"} if kind == "sensor" else {"root": "/srv/client"}
    return read_client_request({"kind": kind, **place, **options}, {"inventory_hostname": "ws-07"}, DataLoader())


def judged(tree: ClientTree, host: MemoryHost | None = None, **options: Any) -> Judged:
    """Return the plan of a client, or what stands against it."""
    node, asked = host or tree.host(), request(tree.kind, **options)
    return judge_client(observe_client(lambda _state: node, asked)[1], asked)


class TestReadClientRequest:
    @pytest.mark.parametrize(("group", "kind"), CLIENT_GROUPS.items())
    def test_knows_the_kind_by_the_group(self, group: str, kind: str) -> None:
        """The inventory says what a host is; the option goes before it."""
        variables = {"group_names": [group, "dwb_dpu"]}
        options: dict[str, Any] = {"root": None if kind == "sensor" else "/srv/client", "phases": []}

        assert read_client_request(options, variables, DataLoader()).layout.kind == kind
        assert read_client_request({**options, "kind": "query_api", "root": "/srv"}, variables, DataLoader()).layout.kind == "query_api"

    @pytest.mark.parametrize("groups", [[], ["dwb_sensor", "dwb_report_server"]])
    def test_refuses_a_host_that_is_none_or_two(self, groups: list[str]) -> None:
        """Then the option is needed."""
        with pytest.raises(OptionError, match=f"the host is in {len(groups)} of the groups dwb_workstation"):
            read_client_request({"root": "/srv/client"}, {"group_names": groups}, DataLoader())

    def test_asks_for_trust_and_for_more_only_with_a_certificate(self) -> None:
        """An empty list asks for nothing, and reads no file of the controller."""
        assert request(**TRUST).wanted.phases == ["trust"]
        assert request(**ALL).wanted.phases == ["trust", "certificate", "configuration"]
        assert request(**ALL, phases=["configuration", "trust"]).wanted.phases == ["trust", "configuration"]
        assert request(phases=[], trust_src=["gone.pem"], certificate={"pem_src": "gone.pem"}).findings == ()

    def test_tells_all_that_is_wrong_with_the_options(self) -> None:
        """Files that cannot be read, and a SID that is none."""
        assert [finding.where for finding in request(trust_src=["gone.pem"], service_sid="x").findings] == ["trust_src", "service_sid"]
        assert rules(request().findings) == ["trust"]
        assert rules(request(**TRUST, phases=["certificate"]).findings) == ["certificate"]


class TestObserveClient:
    @pytest.mark.parametrize(("tree", "calls", "state"), [
        (ClientTree("report_server"), 1, "/srv/client.certops"), (ClientTree("repeater"), 1, "/srv/client.certops"),
        (ClientTree("query_api"), 1, "/srv/client.certops"), (ClientTree("workstation"), 1, "/srv/client.certops"),
        (ClientTree("workstation", {"Insight.ini": b"[InitialSettings]\r\nAppDataFolder=/srv/data\r\n"}), 2, "/srv/data.certops"),
        (ClientTree("sensor"), 2, "/srv/client/lib.certops"),
        (ClientTree("sensor", {"etc/txlogd.conf": TXLOGD % b"/srv/client/etc"}), 1, "/srv/client/etc.certops"),
    ], ids=["report", "repeater", "query", "6.3", "6.4", "sensor", "beside"])
    def test_costs_one_call_and_a_second_where_a_file_tells_the_folder(self, *, tree: ClientTree, calls: int, state: str) -> None:
        """The lock that counts is the one beside the folder that is changed."""
        host, states = tree.host(), list[str]()

        def files_at(folder: str) -> MemoryHost:
            states.append(folder)
            return host

        observe_client(files_at, request(tree.kind, **TRUST))

        assert host.verbs == ["observe"] * calls
        assert states[-1] == state


class TestJudgeClient:
    @pytest.mark.parametrize("kind", ["workstation", "report_server", "repeater", "query_api"])
    def test_plans_all_phases(self, kind: str) -> None:
        """Trust, certificate and configuration of each kind."""
        told = judged(ClientTree(kind), **ALL)

        assert (told.findings, [len(told.planned[phase]) for phase in ("trust", "certificate", "configuration")]) == ((), [1, 1, 1])

    def test_tells_every_finding_at_once_and_plans_nothing(self) -> None:
        """Of the options, the client, the owner, the Sensor, and the trust."""
        tree = ClientTree("sensor")
        host = tree.host()
        host.guards[tree.path("lib/trust_ca_cert.pem")] = "mode=0644,owner=d3d3Ond3dw=="
        told = judged(tree, host, trust_content=company()[1].pem.decode(), service_sid="x")

        assert (rules(told.findings), told.planned) == (["sid", "owner", "sensor-version", "root-missing"], {"trust": []})

    def test_refuses_what_has_to_be_left_alone(self) -> None:
        """A finding of the planner is one like any other."""
        tree = ClientTree("repeater", {"Components/Log Processing.cfg": REPLICATE.replace(b"Server = ", b"Log Server = ", 1)})

        assert rules(judged(tree, **ALL).findings) == ["never-written"]
        assert judged(tree, **TRUST).findings == ()

    def test_warns_of_what_stays(self) -> None:
        """The client's own warnings, and those of the plan."""
        tree = ClientTree(files={"ReportServer.cfg": servers_cfg(b"Other.pem")})

        assert ["stays 'Other.pem'" in warning for warning in judged(tree, **ALL).warnings] == [True]
        assert judged(tree, **TRUST).warnings == []

    def test_gives_trust_to_a_client_whose_configuration_is_not_understood(self) -> None:
        """Trust is what keeps it connected, and no line of Insight.cfg tells where that is; a certificate of its own has to wait."""
        tree = ClientTree("workstation", {"Insight.cfg": servers_cfg() + b"Proxy Password string: hunter2\r\n"})
        trust = judged(tree, **TRUST)

        assert ([len(trust.planned["trust"]), *trust.findings], rules(judged(tree, **ALL).findings)) == ([1], ["CfgError"])
        assert ["Insight.cfg:18: no 'key = type: value'" in warning for warning in trust.warnings] == [True]
        assert "hunter2" not in str((trust, judged(tree, **ALL)))

    @pytest.mark.parametrize(("kind", "expected"), [("report_server", ["rollout"]), ("workstation", [])])
    def test_waits_for_another_rollout(self, kind: str, expected: list[str]) -> None:
        """One that has not restarted the client yet; a Workstation is started by its user, whenever that is."""
        marker = write_marker(FileState("x"), Marker("20261121T120000Z-abc123", restart_pending=True, holder="elsewhere-1"))
        tree = ClientTree(kind, {"/srv/client.certops/marker": marker.content})

        assert rules(judged(tree, **TRUST).findings) == expected
        assert judged(tree, **TRUST, take_over="20261121T120000Z-abc123").findings == ()

    def test_judges_anchors_by_the_bundle_they_come_to(self) -> None:
        """A root that is there already need not be brought; a broken bundle has a finding of its own."""
        issuing = {**TRUST, "trust_content": company()[1].pem.decode()}
        bundle = "Certificates/trust_ca_cert.pem"

        assert judged(ClientTree(files={bundle: licensor().pem + company()[0].pem}), **issuing).findings == ()
        assert rules(judged(ClientTree(files={bundle: make_root("x").pem[:-20]}), **TRUST).findings) == ["PemError"]
