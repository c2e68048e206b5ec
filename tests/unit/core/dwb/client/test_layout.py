"""Where things are on a client."""

from __future__ import annotations

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.client.layout import (
    KINDS,
    ClientLayout,
    base_name,
    located,
    make_client_layout,
)
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import OptionError
from ansible_collections.certops.rollout.plugins.plugin_utils._host.wire import in_order

from unit.core.dwb.clients import OWN, TXLOGD, ClientTree


def make(kind: str = "report_server", **options: str) -> ClientLayout:
    """Return the layout that *options* tell."""
    return make_client_layout(kind, **{"root": "", "data_path": "", "config": "", "certificate_name": OWN, **options})


class TestMakeClientLayout:
    @pytest.mark.parametrize(("kind", "root", "bundle", "state"), [
        ("workstation", "C:\\DWB\\", "C:\\DWB\\Certificates\\trust_ca_cert.pem", "C:\\DWB.certops"),
        ("report_server", "E:\\Report", "E:\\Report\\Certificates\\trust_ca_cert.pem", "E:\\Report.certops"),
        ("repeater", "/opt/repeater/", "/opt/repeater/Certificates/trust_ca_cert.pem", "/opt/repeater.certops"),
        ("query_api", "/etc/stunnel", "/etc/stunnel/trust_ca_cert.pem", "/etc/stunnel.certops"),
    ])
    def test_keeps_the_state_beside_the_folder(self, *, kind: str, root: str, bundle: str, state: str) -> None:
        """The bundle is where the kind has it; lock and backups are in no folder that anybody watches."""
        layout = make(kind, root=root)

        assert (layout.bundle, layout.state) == (bundle, state)

    @pytest.mark.parametrize(("options", "pointer"), [
        ({}, "/etc/txlogd.conf"), ({"config": "/opt/sensor/my.conf"}, "/opt/sensor/my.conf"), ({"root": "/opt/sensor"}, "/etc/txlogd.conf"),
        ({"root": "C:\\VisualSensor\\"}, "C:\\VisualSensor\\txlogd.conf"), ({"config": "D:\\s\\txlogd.conf"}, "D:\\s\\txlogd.conf"),
    ])
    def test_finds_the_configuration_of_a_sensor(self, options: dict[str, str], pointer: str) -> None:
        """The option, else the root of Windows, else the one place on POSIX (dossier 2.2)."""
        assert make("sensor", **options).pointer == pointer

    def test_asks_no_insight_ini_for_what_is_told(self) -> None:
        """The option data_path goes before it; then both folders are looked at in one go."""
        told, asked = make("workstation", root="C:\\P", data_path="C:\\D"), make("workstation", root="C:\\P")

        assert (told.pointer, told.root, told.other_config) == ("", "C:\\D", "C:\\P\\Insight.cfg")
        assert (asked.pointer, asked.root, asked.other_config) == ("C:\\P\\Insight.ini", "C:\\P", "")

    @pytest.mark.parametrize("data_path", ["C:\\P", "c:\\p\\", "C:/P"])
    def test_takes_one_folder_of_two_spellings_for_one(self, data_path: str) -> None:
        """Its one Insight.cfg was refused as the second one."""
        assert make("workstation", root="C:\\P", data_path=data_path).other_config == ""
        assert make("workstation", root="/p", data_path="/P").other_config == "/p/Insight.cfg"

    @pytest.mark.parametrize(("kind", "options", "where"), [
        ("report_server", {}, "root"), ("report_server", {"root": "opt/report"}, "root"), ("report_server", {"root": "C:\\"}, "root"),
        ("workstation", {"root": "/opt/dwb", "data_path": "data"}, "data_path"), ("sensor", {"config": "txlogd.conf"}, "config"),
        ("sensor", {"config": "/txlogd.conf"}, "config"), ("sensor", {"root": "C:\\"}, "root"),
        ("report_server", {"root": "/opt/r", "data_path": "/opt/d"}, "data_path"),
        ("workstation", {"root": "/opt/r", "config": "/etc/txlogd.conf"}, "config"),
        ("report_server", {"root": "/opt/r", "certificate_name": "a/b.pem"}, "certificate_name"),
        ("report_server", {"root": "/opt/r", "certificate_name": "own.pfx"}, "certificate_name"),
        ("report_server", {"root": "/opt/r", "certificate_name": "Trust_CA_cert.pem"}, "certificate_name"),
        ("repeater", {"root": "/opt/r", "certificate_name": "server_cert.pem"}, "certificate_name"),
    ])
    def test_refuses_what_it_cannot_work_with(self, kind: str, options: dict[str, str], where: str) -> None:
        """The option at fault is named."""
        with pytest.raises(OptionError) as caught:
            make(kind, **options)

        assert [finding.where for finding in caught.value.findings] == [where]

    @pytest.mark.parametrize("kind", KINDS)
    def test_looks_at_every_path_in_one_way(self, kind: str) -> None:
        """A node answers no two looks at one path."""
        looks = ClientTree(kind).layout.looks()

        assert len(in_order(looks)) == len(set(looks))


class TestLocated:
    def test_follows_the_pointer(self) -> None:
        """A Workstation from 6.4 on has its data elsewhere, a Sensor its trust."""
        sensor = ClientTree("sensor")
        moved = ClientTree("workstation", {"Insight.ini": b"[InitialSettings]\r\nAppDataFolder=/srv/data/\r\n"})

        assert located(sensor.layout, sensor.host().observe(sensor.layout.looks())).root == "/srv/client/lib"
        assert located(moved.layout, moved.host().observe(moved.layout.looks())).root == "/srv/data"

    @pytest.mark.parametrize("tree", [
        ClientTree(), ClientTree("workstation"), ClientTree("workstation", {"Insight.ini": b"[InitialSettings]\r\n"}),
        ClientTree("workstation", {"Insight.ini": b"[InitialSettings]\r\nAppDataFolder=%LOCALAPPDATA%\\x\r\n"}),
        ClientTree("sensor", {"etc/txlogd.conf": TXLOGD % b"lib"}), ClientTree("sensor", {"etc/txlogd.conf": None}),
    ], ids=["report", "6.3", "no line", "variable", "relative", "absent"])
    def test_stays_where_nothing_is_to_be_followed(self, tree: ClientTree) -> None:
        """Also where the pointer is wrong, which the reader tells."""
        assert located(tree.layout, tree.host().observe(tree.layout.looks())) == tree.layout


class TestBaseName:
    @pytest.mark.parametrize("path", ["C:\\a\\b.pem", "/a/b.pem", "b.pem", "a\\x/b.pem"])
    def test_knows_both_systems(self, path: str) -> None:
        """The last part, whoever wrote the path."""
        assert base_name(path) == "b.pem"
