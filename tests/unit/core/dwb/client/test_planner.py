"""From a client and what is wanted to the list of changes."""

from __future__ import annotations

import base64

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.client.layout import KINDS
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.client.planner import (
    ClientWanted,
    client_bundle_after,
    plan_client,
    store_entry,
)
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.marker import Turn
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.planner import make_commit
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.server_info import StoreEntry
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import CoreError
from ansible_collections.certops.rollout.plugins.plugin_utils._core.key_file import PRIVATE_DACL, dacl_guard
from ansible_collections.certops.rollout.plugins.plugin_utils._core.plan import Change
from hypothesis import given, settings
from hypothesis import strategies as st

from unit.builders import make_root
from unit.core.dwb.clients import CN, DPU, MASTER, OWN, REPLICATE, STUNNEL, TXLOGD, ClientTree, own_identity, own_leaf, servers_cfg
from unit.core.dwb.servers import anchors, company, licensor
from unit.core.findings import rules
from unit.fakes import MemoryHost

PHASES = ("trust", "certificate", "configuration")
ALL = ClientWanted(anchors(), own_identity(), PHASES)
STORE = ClientWanted(anchors(), own_identity(), PHASES, in_store=True)
ROOT = base64.b64encode(b"root:root").decode()
CONFIGS = {"workstation": "Insight.cfg", "report_server": "ReportServer.cfg", "repeater": "Components/Replicate.cfg",
           "query_api": "stunnel.conf"}


def planned(tree: ClientTree, wanted: ClientWanted = ALL, host: MemoryHost | None = None) -> dict[str, list[Change]]:
    """Return the changes by phase."""
    client = tree.observe(host)
    assert client.findings == ()
    return plan_client(client, wanted).changes


def carry_out(tree: ClientTree, wanted: ClientWanted = ALL) -> MemoryHost:
    """Return the node after one commit of all that is planned."""
    host = tree.host()
    client = tree.observe(host)
    commit = make_commit(client, plan_client(client, wanted).changes, Turn("20261121T120000Z-abc123", "control-1"))
    assert commit is not None
    host.add_folder(client.layout.state)
    host.commit(commit.run, commit.changes)
    return host


def lines_changed(before: bytes, after: bytes) -> list[bytes]:
    """Return the lines of *after* that are not as *before* has them; none has come or gone."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    assert len(old) == len(new)
    return [line for was, line in zip(old, new, strict=True) if was != line]


class TestPlanClient:
    @pytest.mark.parametrize("kind", KINDS)
    def test_plans_nothing_where_all_is_as_wanted(self, kind: str) -> None:
        """What was carried out is not planned again, whatever the kind."""
        tree = ClientTree(kind)
        wanted = ALL if kind != "sensor" else ClientWanted(anchors(), phases=["trust"])
        host = carry_out(tree, wanted)

        assert planned(tree, wanted, host) == {phase: [] for phase in wanted.phases}

    def test_adds_trust_only_when_it_is_asked_for(self) -> None:
        """Its own bytes stay in front."""
        client = ClientTree().observe()
        change = plan_client(client, ClientWanted(anchors(), phases=["trust"])).changes["trust"][0]

        assert change.content == licensor().pem + b"".join(authority.pem for authority in company())
        assert client_bundle_after(client, ALL) == change.content
        assert client_bundle_after(client, ClientWanted(anchors())) == licensor().pem
        assert plan_client(client, ClientWanted()).changes == {}

    def test_leaves_a_sensor_without_tls_alone(self) -> None:
        """It trusts nobody."""
        tree = ClientTree("sensor", {"etc/txlogd.conf": (TXLOGD % b"/srv/client/lib").replace(b"SSL on", b"SSL off")})
        wanted = ClientWanted(anchors(), phases=["trust"])

        assert planned(tree, wanted) == {"trust": []}
        assert client_bundle_after(tree.observe(), wanted) == licensor().pem

    @pytest.mark.parametrize("kind", CONFIGS)
    def test_installs_a_key_that_nobody_else_can_read(self, kind: str) -> None:
        """It gets the owner of the licence certificate before its first byte is written."""
        tree = ClientTree(kind)
        host = tree.host()
        licence = tree.observe(host).licence_file
        assert licence is not None
        host.guards[licence.path] = "mode=0640,owner=" + base64.b64encode(b"dwb:dwb").decode()
        change = planned(tree, host=host)["certificate"][0]

        assert (change.content, change.guard) == (own_leaf().pem, "mode=0600,owner=" + base64.b64encode(b"dwb:dwb").decode())
        assert change.path.endswith(OWN)

    @pytest.mark.parametrize(("kind", "changed"), [
        ("workstation", [b"    SSL Client Certificate = string: custom_client_cert.pem\r\n"] * 2),
        ("report_server", [b"    SSL Client Certificate = string: custom_client_cert.pem\r\n"] * 2),
        ("repeater", [b"    SSL Client Certificate = string: Certificates\\\\custom_client_cert.pem\n"]),
        ("query_api", [b"cert = custom_client_cert.pem\n"]),
    ])
    def test_names_the_certificate_and_changes_no_other_line(self, kind: str, changed: list[bytes]) -> None:
        """In the form of the kind of file; connections without TLS and the proxy to the License Server stay."""
        tree = ClientTree(kind)
        change = planned(tree)["configuration"][0]

        assert change.path == tree.path(CONFIGS[kind])
        assert change.content is not None
        assert lines_changed(tree.host().files[change.path], change.content) == changed
        assert change.details == {"value": OWN}

    def test_leaves_components_without_servers_alone(self) -> None:
        """Only the file that names a server is changed, whatever else a Repeater loads."""
        tree = ClientTree("repeater", {"Components/Trace.cfg": b"component = TraceFileComponent:\n  Path = string: x\n"})

        assert [change.path for change in planned(tree)["configuration"]] == [tree.path("Components/Replicate.cfg")]

    def test_writes_the_licence_where_the_own_one_is_not_meant(self) -> None:
        """A second file makes a blank ambiguous (dossier 4.5)."""
        change = planned(ClientTree(), ClientWanted(anchors(), own_identity(), PHASES, [MASTER]))["configuration"][0]

        assert change.content == servers_cfg(OWN.encode(), b"Jane Doe.pem")

    def test_leaves_a_third_certificate_and_says_so(self) -> None:
        """Somebody has chosen it."""
        plan = plan_client(ClientTree(files={"ReportServer.cfg": servers_cfg(b"Other.pem")}).observe(), ALL)

        assert [change.content for change in plan.changes["configuration"]] == [servers_cfg(b"Other.pem", OWN.encode())]
        assert rules(plan.warnings) == ["other-certificate"]

    def test_never_writes_what_makes_a_dataset_reprocess(self) -> None:
        """The file is named, and the consequence; nothing at all is planned."""
        tree = ClientTree("repeater", {"Components/Log Processing.cfg": REPLICATE.replace(b"Server = ", b"Log Server = ", 1)})
        with pytest.raises(CoreError) as caught:
            planned(tree)

        assert rules(caught.value.findings) == ["never-written"]
        assert "whole dataset" in caught.value.findings[0].problem
        assert planned(tree, ClientWanted(anchors(), phases=["trust"]))["trust"]

    @pytest.mark.parametrize("folder", ["/srv/client/", "./"])
    def test_keeps_the_folder_that_stunnel_is_told(self, folder: str) -> None:
        """Absolute stays absolute."""
        conf = STUNNEL.replace(b"Jane Doe.pem", folder.encode() + b"Jane Doe.pem")
        change = planned(ClientTree("query_api", {"stunnel.conf": conf}))["configuration"][0]

        assert change.content == conf.replace(b"Jane Doe.pem", OWN.encode())

    def test_refuses_a_certificate_of_stunnel_elsewhere(self) -> None:
        """The trust bundle is not beside it, so the layout is not the documented one."""
        with pytest.raises(CoreError, match="unknown layout: cert is"):
            planned(ClientTree("query_api", {"stunnel.conf": STUNNEL.replace(b"Jane Doe.pem", b"/etc/ssl/Jane Doe.pem")}))

    def test_shows_neither_key_nor_password(self) -> None:
        """A diff has every other line of the file."""
        changes = planned(ClientTree())
        shown = "".join(f"{change!r}{change.as_result()}{change.as_diff()}" for phase in changes.values() for change in phase)

        assert all(line.decode() not in shown for line in own_leaf().key_pem.splitlines())
        assert "c2VjcmV0" not in shown
        assert "Proxy Password = EncryptedString: (not shown)" in shown
        assert changes["configuration"][0].content is not None
        assert b"c2VjcmV0" in changes["configuration"][0].content

    @settings(deadline=None)   # the first certificate that is issued takes its time
    @given(st.sampled_from([b"", b"Jane Doe.pem", OWN.encode(), b"Other.pem"]), st.sampled_from([b"", b"Jane Doe.pem", b"third.pem"]),
           st.sets(st.sampled_from([MASTER, DPU])) | st.none())
    def test_is_done_after_one_commit(self, first: bytes, second: bytes, chosen: set[str] | None) -> None:
        """Whatever the connections name, and whichever are chosen, a second plan is empty."""
        tree = ClientTree("workstation", {"Insight.cfg": servers_cfg(first, second)})
        wanted = ClientWanted(anchors(), own_identity(), PHASES, None if chosen is None else sorted(chosen))

        assert planned(tree, wanted, carry_out(tree, wanted)) == {phase: [] for phase in PHASES}


class TestWindows:
    def test_lets_nobody_read_the_key_but_the_account_that_was_told(self) -> None:
        """SYSTEM and Administrators can; without an account there is a warning."""
        tree = ClientTree("workstation", root="C:\\DWB")
        told, silent = (plan_client(tree.observe(), ClientWanted(anchors(), own_identity(), PHASES, reader=sid))
                        for sid in ("S-1-5-21-1-2-3-1001", ""))

        assert told.changes["certificate"][0].guard == dacl_guard(PRIVATE_DACL + "(A;;FR;;;S-1-5-21-1-2-3-1001)")
        assert silent.changes["certificate"][0].guard == dacl_guard(PRIVATE_DACL)
        assert (rules(told.warnings), rules(silent.warnings)) == ([], ["reader"])

    def test_names_a_certificate_of_the_store(self) -> None:
        """Four parameters in each connection that uses TLS (dossier 5.3), and no file with a key."""
        tree = ClientTree("workstation", root="C:\\DWB")
        changes = planned(tree, STORE)

        assert (len(changes["trust"]), changes["certificate"]) == (1, [])
        content = changes["configuration"][0].content
        assert content is not None
        assert content.count(b"    SSL CryptoAPI Cert Name = string: Jane Doe\r\n") == 2
        assert content.count(b"    SSL CryptoAPI Cert Issuer Name = string: Corp Issuing CA\r\n") == 2
        assert changes["configuration"][0].details == {"value": CN}
        assert planned(tree, STORE, carry_out(tree, STORE)) == {phase: [] for phase in PHASES}


class TestStoreEntry:
    def test_tells_the_issuer_as_windows_shows_it(self) -> None:
        """A comma in its name is no separator there."""
        leaf = make_root("Visual Sciences,LLC").issue(CN)
        wanted = ClientWanted(identity=own_identity(leaf))

        assert store_entry(ClientTree().observe(), wanted) == StoreEntry(CN, "Visual Sciences,LLC")

    def test_is_empty_where_nothing_is_known(self) -> None:
        """So that the planner refuses it."""
        assert store_entry(ClientTree().observe(), ClientWanted()) == StoreEntry("", "")
