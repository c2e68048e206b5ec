# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the module client refuses, run by ansible-playbook: by name, and nothing is written."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from unit.builders import CLIENT, SERVER, make_root
from unit.core.dwb.clients import CN, TXLOGD, servers_cfg
from unit.core.dwb.servers import company, licensor

from integration.clients import CERTIFICATE, COMPANY, TRUST, bundle_of, make_client, make_newer, options_of
from integration.install import refusals


class TestRefusals:
    def test_names_what_is_wrong_with_a_report_server(self, tmp_path: Path) -> None:
        """Purpose, CN, names of servers, kind, store, options: each by itself, and nothing is written."""
        node = make_client(tmp_path, "report_server")
        issue = company()[1].issue
        mine = {"kind": "report_server", **TRUST}

        def given(pem: bytes) -> dict[str, Any]:
            return {**mine, "certificate": {"pem_content": pem.decode()}}

        told = refusals(node, "client", {
            "purpose": given(issue(CN, eku=(SERVER,)).pem), "cn": given(issue("jane", eku=(CLIENT,)).pem),
            "strange": given(make_root("x").issue(CN).pem), "relative": {**mine, "root": "srv/client"},
            "servers": {**mine, **CERTIFICATE, "certificate_for": ["insight-99"]}, "kind": {**mine, "kind": "workstation"},
            "store": {**mine, **CERTIFICATE, "store": "windows"}, "nothing": {"kind": "report_server"}, "no kind": TRUST,
            "gone": {**mine, "root": "/srv/not-there"}, "mistyped": {**mine, "trust_source": ["x"]},
            "licence": {**mine, **CERTIFICATE, "certificate_name": "Jane Doe.pem"}, "owner": {**mine, "owner": "nobody-here"},
        })

        assert "refused as TLS client: error 26" in told["purpose"]
        assert "subject CN is 'jane', Jane Doe.pem of node has 'Jane Doe'" in told["cn"]
        assert "Users\\<CN>" in told["cn"]
        assert "error 20" in told["strange"]
        assert "no connection of the client that uses TLS is to 'insight-99'" in told["servers"]
        assert "unknown layout: no Insight.cfg is there" in told["kind"]
        assert "is not known to use the Windows certificate store" in told["store"]
        assert "trust_src: is empty" in told["nothing"]
        assert "the host is in 0 of the groups" in told["no kind"]
        assert "is not the absolute path" in told["relative"]
        assert "/srv/not-there: is absent" in told["gone"]
        assert "did you mean 'trust_src'?" in told["mistyped"]
        assert "holds no licence certificate" in told["licence"]
        assert "'nobody-here' is what the option owner says" in told["owner"]

    def test_names_what_is_wrong_with_the_files(self, tmp_path: Path) -> None:
        """Two configurations, two licences, a bundle that is a link, none at all, and one that somebody else owns."""
        node = make_newer(tmp_path)
        mine, data = {"kind": "workstation", **TRUST}, node.root / "data"
        bundle = data / "Certificates" / "trust_ca_cert.pem"

        def broken(**options: Any) -> str:
            return refusals(node, "client", {"case": {**mine, **options}})["case"]

        (node.root / "Insight.cfg").write_bytes(servers_cfg())
        assert "is a second Insight.cfg" in broken()
        assert "is a second Insight.cfg" in broken(data_path=str(data))
        (node.root / "Insight.cfg").unlink()
        (data / "Certificates" / "other.pem").write_bytes(licensor().issue("x").pem)
        assert "2 certificates may be the licence: Jane Doe.pem, other.pem" in broken(**CERTIFICATE)
        (data / "Certificates" / "other.pem").unlink()
        bundle.rename(data / "real.pem")
        assert "trust_ca_cert.pem: is absent" in broken()
        bundle.symlink_to(data / "real.pem")
        assert "trust_ca_cert.pem: is a link" in broken()
        bundle.unlink()
        (data / "real.pem").rename(bundle)
        assert "no place for" not in broken(min_days=9999, **CERTIFICATE)

    @pytest.mark.skipif(os.getuid() != 0, reason="only root can give files away")
    def test_names_a_bundle_of_somebody_else(self, tmp_path: Path) -> None:
        """Until an operator says that it is the right one."""
        node = make_client(tmp_path, "sensor")
        shutil.chown(bundle_of(node, "sensor"), "nobody")
        where = options_of(node, "sensor")

        assert "belongs to 'nobody', but 'root' owns" in refusals(node, "client", {"case": {**where, **TRUST}})["case"]
        _checked, done, _again = node.rehearse("client", {**where, **TRUST, "owner": "nobody"})
        assert (done.result["changed"], bundle_of(node, "sensor").owner()) == (True, "nobody")

    def test_names_what_is_wrong_with_a_sensor(self, tmp_path: Path) -> None:
        """Its version, its certificate, its CertPath, its file."""
        node = make_client(tmp_path, "sensor")
        where = {"kind": "sensor", "trust_content": COMPANY.decode()}
        for name, content in {"gone": TXLOGD % b"/srv/not-there", "file": TXLOGD % bytes(bundle_of(node, "sensor")),
                              "none": b"SSL on\n", "twice": TXLOGD % b"/a" + b"CertPath /b\n", "odd": b"SSL on\n=\n"}.items():
            (node.root / f"{name}.conf").write_bytes(content)
        config = str(node.root / "etc" / "txlogd.conf")
        files = {name: {**where, "sensor_version": "5.0", "config": str(node.root / f"{name}.conf")} for name in (
            "gone", "file", "none", "twice", "odd", "absent")}

        told = refusals(node, "client", {
            **files, "unknown": {**where, "config": config}, "old": {**where, "config": config, "sensor_version": "4.2"},
            "certificate": {**where, "config": config, "sensor_version": "5.0", **CERTIFICATE},
        })

        assert "CertPath /srv/not-there is absent" in told["gone"]
        assert "trust_ca_cert.pem is a file" in told["file"]
        assert "has no CertPath" in told["none"]
        assert "stands in lines" in told["twice"]
        assert "odd.conf:2" in told["odd"]
        assert "unknown layout: no txlogd.conf is there" in told["absent"]
        assert "a version that is not known" in told["unknown"]
        assert "the Sensor is of version 4.2" in told["old"]
        assert "no place for a certificate of its own" in told["certificate"]
        result = node.play({"name": "Do", "module": "client", "options": {**where, "config": config, "accept_old_sensor": True}})
        assert result.of("node", "Do").result["changed"]
