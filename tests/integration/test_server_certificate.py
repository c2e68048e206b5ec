# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module server_certificate, run by ansible-playbook."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from unit.builders import make_root

from integration.install import Install, make_install, refusals


@pytest.fixture
def node(tmp_path: Path) -> Install:
    """Return a fresh install tree."""
    return make_install(tmp_path)


class TestServerCertificate:
    def test_installs_key_and_leaf_for_its_owner_only(self, node: Install) -> None:
        """The file is key, then leaf, readable by its owner; the result shows fingerprints; a second run changes nothing."""
        leaf = node.plant.issue("dpu-01", key="rsa2048/new")
        options = {"certificate": {"pem_content": (leaf.cert_pem + leaf.key_pem).decode()}}

        checked, done, again = node.rehearse("server_certificate", options)

        assert node.certificate.read_bytes() == leaf.pem
        assert stat.S_IMODE(node.certificate.stat().st_mode) == 0o600
        assert [event.result["changed"] for event in (checked, done, again)] == [True, True, False]
        assert done.result["fingerprint"] == done.result["changes"][0]["after_fingerprint"] == leaf.fingerprint

    def test_shows_no_key(self, node: Install) -> None:
        """Neither the displayed output at the highest verbosity nor any result holds a line of the key or the passphrase."""
        leaf = node.plant.issue("dpu-01", key="rsa2048/new")
        source = node.root.parent / "key.pem"
        source.write_bytes(leaf.encrypted_key_pem("correct horse"))
        options = {"certificate": {"pem_content": leaf.cert_pem.decode(), "key_src": str(source), "passphrase": "correct horse"}}

        result = node.play({"name": "Do", "module": "server_certificate", "options": options, "diff": True}, arguments=("-vvvvv",))

        told = result.stdout + json.dumps(result.of("node", "Do").result)
        secrets = [*leaf.key_pem.decode().splitlines()[1:-1], *source.read_text().splitlines()[1:-1]]
        assert node.certificate.read_bytes() == leaf.pem
        assert [secret for secret in secrets if secret in told] == []

    def test_takes_the_file_back_to_its_owner_only(self, node: Install) -> None:
        """A mode that was widened by hand is a change, also when the bytes are right."""
        leaf = node.plant.issue("dpu-01")
        node.certificate.write_bytes(leaf.pem)
        node.certificate.chmod(0o644)

        checked, done, again = node.rehearse("server_certificate", {"certificate": {"pem_content": leaf.pem.decode()}, "mode": "0640"})

        assert stat.S_IMODE(node.certificate.stat().st_mode) == 0o640
        assert [event.result["changed"] for event in (checked, done, again)] == [True, True, False]
        assert done.result["changes"][0]["action"] == "protect key and certificate"

    def test_takes_any_name_when_told_so(self, node: Install) -> None:
        """An empty common_name accepts a leaf for another name; the licence certificate is then not needed."""
        (node.certificate.parent / "server_cert.pem").unlink()
        leaf = node.plant.issue("report-01")

        options = {"certificate": {"pem_content": leaf.pem.decode()}, "common_name": ""}
        _ignored, done, _ignored = node.rehearse("server_certificate", options)

        assert done.result["fingerprint"] == leaf.fingerprint

    def test_refuses_a_certificate_that_would_not_do(self, node: Install) -> None:
        """Wrong name, wrong key, foreign CA, a validity that ends soon: refused with every reason, and nothing is written."""
        soon = datetime.now(UTC) + timedelta(days=5)
        leaves = {"name": node.plant.issue("dpu-02"), "foreign": make_root("Corp Root").issue("dpu-01"),
                  "soon and small": node.plant.issue("dpu-01", not_after=soon, key="rsa1024")}
        cases: dict[str, Any] = {name: {"certificate": {"pem_content": leaf.pem.decode()}} for name, leaf in leaves.items()}
        other = node.plant.issue("dpu-01", key="rsa2048/other")
        cases["key"] = {"certificate": {"pem_content": (other.key_pem + node.licence.cert_pem).decode()}}
        cases["nothing"] = {"certificate": {}}
        cases["mistyped"] = {"certificate": {"pem_scr": "x"}}
        cases["open"] = {"certificate": {"pem_content": node.plant.issue("dpu-01").pem.decode()}, "mode": "0644"}

        told = refusals(node, "server_certificate", cases)

        assert "subject CN is 'dpu-02'" in told["name"]
        assert "20" in told["foreign"]
        assert "at least 30 are wanted" in told["soon and small"]
        assert "1024 bits" in told["soon and small"]
        assert "key values mismatch" in told["key"]
        assert "certificate: is empty" in told["nothing"]
        assert "did you mean 'pem_src'?" in told["mistyped"]
        assert "not fit for a private key" in told["open"]
