# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The modules that change one file, run by ansible-playbook on a folder of this machine."""

from __future__ import annotations

import json
import stat
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from unit.builders import Authority, Leaf, make_root

from integration.playbook import Event, Result, run_playbook

CFG = b"\r\n".join([
    b"component = CommServer:", b"  Port = int: 80", b"  Proxy Password = EncryptedString: c2VjcmV0", b"  Servers = vector: 2 items",
    b"    0 = InitServer:", b"      URI = string: /a", b"    1 = InitServer:", b"      URI = string: /b", b"  SSL Port = int: 443"])


@dataclass(frozen=True)
class Node:
    """An install tree on this machine, and the CA that its bundle trusts."""

    root: Path
    plant: Authority
    licence: Leaf

    @property
    def bundle(self) -> Path:
        """Return its trust bundle."""
        return self.root / "Certificates" / "trust_ca_cert.pem"

    @property
    def certificate(self) -> Path:
        """Return the file of its custom certificate."""
        return self.root / "Certificates" / "custom_communications_cert.pem"

    @property
    def cfg(self) -> Path:
        """Return its Communications.cfg."""
        return self.root / "Components" / "Communications.cfg"

    def snapshot(self) -> dict[str, bytes]:
        """Return all its files, the state folder's included."""
        files = (path for folder in (self.root, Path(f"{self.root}.certops")) for path in folder.rglob("*") if path.is_file())
        return {str(path): path.read_bytes() for path in files}

    def play(self, *tasks: Mapping[str, Any], arguments: tuple[str, ...] = ()) -> Result:
        """Run *tasks* on it, each with its name, its module, its options, and how it is run."""
        play = {"hosts": "node", "gather_facts": False, "tasks": [self._task(**task) if "module" in task else task for task in tasks]}
        return run_playbook(json.dumps([play]), "node ansible_connection=local\n", *arguments, folder=self.root.parent / "run")

    def _task(self, *, name: str, module: str, options: Mapping[str, Any], **how: Any) -> dict[str, Any]:
        return {"name": name, f"certops.rollout.{module}": {"root": str(self.root), **options}, **how}

    def rehearse(self, module: str, options: Mapping[str, Any]) -> tuple[Event, Event, Event]:
        """Return what came of a task in check mode, done, and done again; make sure that check mode changed nothing."""
        task = {"module": module, "options": options, "diff": True}
        hashes = f"find {self.root} {self.root}.certops -type f -exec sha256sum {{}} + 2> /dev/null | sort"
        look = {"ansible.builtin.debug": {"msg": f"{{{{ lookup('ansible.builtin.pipe', '{hashes}') }}}}"}}

        told = self.play({"name": "Before", **look}, {"name": "Check", "check_mode": True, **task}, {"name": "Between", **look},
                         {"name": "Do", **task}, {"name": "Again", **task})
        assert told.of("node", "Before").result["msg"] == told.of("node", "Between").result["msg"] != "", "check mode wrote"
        return told.of("node", "Check"), told.of("node", "Do"), told.of("node", "Again")


@pytest.fixture
def node(tmp_path: Path) -> Node:
    """Return a fresh install tree with a licence certificate for the common name dpu-01."""
    plant = make_root("Plant Root")
    made = Node(tmp_path / "insight", plant, plant.issue("dpu-01"))
    made.certificate.parent.mkdir(parents=True)
    made.cfg.parent.mkdir()
    made.bundle.write_bytes(plant.pem.rstrip(b"\n"))
    (made.certificate.parent / "server_cert.pem").write_bytes(b"Product = Premium\n" + made.licence.pem)
    made.cfg.write_bytes(CFG)
    return made


def problem(event: Event) -> str:
    """Return the message of a task that was refused, and make sure that it was refused as it should be."""
    assert event.status == "ignored", event.result
    assert event.result["findings"], event.result
    assert "Traceback" not in json.dumps(event.result)
    return str(event.result["msg"])


def refusals(node: Node, module: str, cases: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return the message of each case; make sure that none of them wrote anything."""
    before = node.snapshot()
    result = node.play(*({"name": name, "module": module, "options": options, "ignore_errors": True} for name, options in cases.items()))

    assert node.snapshot() == before, "a refused task wrote"
    return {name: problem(result.of("node", name)) for name in cases}


class TestTrustBundle:
    def test_appends_every_missing_anchor_and_keeps_the_rest(self, node: Node) -> None:
        """The present bytes stay, the new anchors follow on lines of their own, and a second run changes nothing."""
        root = make_root("Corp Root")
        issuing = root.intermediate("Corp Issuing")
        old = node.bundle.read_bytes()

        checked, done, again = node.rehearse("trust_bundle", {"trust_content": (root.pem + issuing.pem).decode()})

        assert node.bundle.read_bytes() == old + b"\n" + root.pem + issuing.pem
        assert [event.result["changed"] for event in (checked, done, again)] == [True, True, False]
        assert checked.result["changes"] == done.result["changes"]
        assert done.result["changes"][0]["fingerprints"] == [root.fingerprint, issuing.fingerprint]
        assert checked.result["diff"][0]["after"] == node.bundle.read_text()

    def test_keeps_a_backup_of_what_was_there(self, node: Node) -> None:
        """The folder that the result names holds the old bytes; a task that changes nothing names none."""
        old = node.bundle.read_bytes()

        checked, done, again = node.rehearse("trust_bundle", {"trust_content": make_root("Corp Root").pem.decode()})

        backups = [path for path in Path(done.result["backup"]).rglob("*") if path.is_file()]
        assert old in [path.read_bytes() for path in backups]
        assert checked.result["backup"] == again.result["backup"] == ""

    def test_removes_the_anchor_with_a_fingerprint(self, node: Node) -> None:
        """Only the lines of that certificate go; a fingerprint may be written as OpenSSL shows it."""
        gone = make_root("Old Root")
        node.bundle.write_bytes(b"# ours\n" + node.plant.pem + b"# old\n" + gone.pem)
        colons = ":".join(gone.fingerprint.upper()[at : at + 2] for at in range(0, 64, 2))

        checked, done, again = node.rehearse("trust_bundle", {"state": "absent", "fingerprints": [colons]})

        assert node.bundle.read_bytes() == b"# ours\n" + node.plant.pem + b"# old\n"
        assert [event.result["changed"] for event in (checked, done, again)] == [True, True, False]
        assert done.result["changes"][0]["anchors"] == ["CN=Old Root"]

    def test_refuses_what_is_not_fit_to_be_trusted(self, node: Node) -> None:
        """A key, a leaf, an expired CA and a lone intermediate are named with their place, and nothing is written."""
        corp = make_root("Corp Root")
        expired = make_root("Old Root", not_before=datetime.now(UTC) - timedelta(days=9), not_after=datetime.now(UTC) - timedelta(days=1))
        sources = {"key": corp.issue("x").pem, "leaf": corp.issue("x").cert_pem, "expired": corp.pem + expired.pem,
                   "rootless": corp.intermediate("Corp Issuing").pem, "glued": corp.pem.rstrip(b"\n") + expired.pem}
        for name, content in sources.items():
            (node.root.parent / f"{name}.pem").write_bytes(content)

        told = refusals(node, "trust_bundle", {name: {"trust_src": [str(node.root.parent / f"{name}.pem")]} for name in sources})

        assert "key.pem: block 1, line 1: a private key in a trust file" in told["key"]
        assert "do not say CA:TRUE" in told["leaf"]
        assert f"expired.pem: block 2, line {len(corp.pem.splitlines()) + 1}: certificate has expired" in told["expired"]
        assert "unable to get issuer certificate" in told["rootless"]
        assert f"glued.pem: line {len(corp.pem.splitlines())}" in told["glued"]

    def test_refuses_to_remove_what_has_to_stay(self, node: Node) -> None:
        """A protected anchor and the last one stay; a fingerprint that is none and options of the other state are refused."""
        mine = node.plant.fingerprint

        told = refusals(node, "trust_bundle", {
            "last": {"state": "absent", "fingerprints": [mine]},
            "protected": {"state": "absent", "fingerprints": [mine], "protected": [mine.upper()]},
            "short": {"state": "absent", "fingerprints": ["abc"]},
            "mixed": {"state": "present", "fingerprints": [mine]},
            "nothing": {"state": "absent"},
        })

        assert "would be left without any certificate" in told["last"]
        assert "is protected" in told["protected"]
        assert "'abc' is no SHA-256" in told["short"]
        assert "present needs trust_src" in told["mixed"]
        assert "absent needs fingerprints" in told["nothing"]

    def test_refuses_a_file_that_is_not_the_bundle(self, node: Node) -> None:
        """A bundle that is absent, a link, or holds a key, and a mistyped option are refused by name."""
        (node.root / "link.pem").symlink_to(node.bundle)
        (node.root / "key.pem").write_bytes(node.plant.pem + node.licence.key_pem)
        trust = {"trust_content": node.plant.pem.decode()}

        told = refusals(node, "trust_bundle", {
            "absent": {"path": "Certificates/trust_cert_ca.pem", **trust}, "link": {"path": "link.pem", **trust},
            "key": {"path": "key.pem", **trust}, "licence": {"path": "Certificates/server_cert.pem", **trust},
            "mistyped": {"trust_contents": "x"}, "relative": {"root": "opt/insight", **trust},
        })

        assert "trust_cert_ca.pem: is absent" in told["absent"]
        assert "link.pem: is no plain file" in told["link"]
        assert "key.pem: holds a private key" in told["key"]
        assert "read and never written" in told["licence"]
        assert "'trust_contents' is no option; did you mean 'trust_content'?" in told["mistyped"]
        assert "is not the absolute path" in told["relative"]


class TestServerCertificate:
    def test_installs_key_and_leaf_for_its_owner_only(self, node: Node) -> None:
        """The file is key, then leaf, readable by its owner; the result shows fingerprints; a second run changes nothing."""
        leaf = node.plant.issue("dpu-01", key="rsa2048/new")
        options = {"certificate": {"pem_content": (leaf.cert_pem + leaf.key_pem).decode()}}

        checked, done, again = node.rehearse("server_certificate", options)

        assert node.certificate.read_bytes() == leaf.pem
        assert stat.S_IMODE(node.certificate.stat().st_mode) == 0o600
        assert [event.result["changed"] for event in (checked, done, again)] == [True, True, False]
        assert done.result["fingerprint"] == done.result["changes"][0]["after_fingerprint"] == leaf.fingerprint

    def test_shows_no_key(self, node: Node) -> None:
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

    def test_takes_the_file_back_to_its_owner_only(self, node: Node) -> None:
        """A mode that was widened by hand is a change, also when the bytes are right."""
        leaf = node.plant.issue("dpu-01")
        node.certificate.write_bytes(leaf.pem)
        node.certificate.chmod(0o644)

        checked, done, again = node.rehearse("server_certificate", {"certificate": {"pem_content": leaf.pem.decode()}, "mode": "0640"})

        assert stat.S_IMODE(node.certificate.stat().st_mode) == 0o640
        assert [event.result["changed"] for event in (checked, done, again)] == [True, True, False]
        assert done.result["changes"][0]["action"] == "protect key and certificate"

    def test_takes_any_name_when_told_so(self, node: Node) -> None:
        """An empty common_name accepts a leaf for another name; the licence certificate is then not needed."""
        (node.certificate.parent / "server_cert.pem").unlink()
        leaf = node.plant.issue("report-01")

        _, done, _ = node.rehearse("server_certificate", {"certificate": {"pem_content": leaf.pem.decode()}, "common_name": ""})

        assert done.result["fingerprint"] == leaf.fingerprint

    def test_refuses_a_certificate_that_would_not_do(self, node: Node) -> None:
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


class TestCfgParameter:
    def test_writes_a_new_parameter_below_its_parent(self, node: Node) -> None:
        """The line has the file's own line end, a doubled backslash and the documented place; nothing else changes."""
        options = {"path": "Components/Communications.cfg", "parameter": ["component", "Certificate"], "value": "Certificates\\a.pem"}

        checked, done, again = node.rehearse("cfg_parameter", options)

        first, rest = CFG.split(b"\r\n", 1)
        assert node.cfg.read_bytes() == first + b"\r\n  Certificate = string: Certificates\\\\a.pem\r\n" + rest
        assert [event.result["changed"] for event in (checked, done, again)] == [True, True, False]
        assert (done.result["before"], done.result["after"]) == (None, "Certificates\\a.pem")
        assert checked.result["diff"][0]["after"] == "component, Certificate: Certificates\\a.pem\n"

    def test_replaces_a_value_and_keeps_its_line(self, node: Node) -> None:
        """Only the number changes; before and after are returned."""
        options = {"path": str(node.cfg), "parameter": ["component", "SSL Port"], "type": "int", "value": "8443"}

        checked, done, again = node.rehearse("cfg_parameter", options)

        assert node.cfg.read_bytes() == CFG.replace(b"443", b"8443")
        assert [event.result["changed"] for event in (checked, done, again)] == [True, True, False]
        assert (done.result["before"], done.result["after"]) == ("443", "8443")

    def test_takes_a_bool_of_yaml(self, node: Node) -> None:
        """YAML's true is written as the file spells it."""
        options = {"path": str(node.cfg), "parameter": ["component", "Use SSL"], "type": "bool", "value": True}

        _, done, _ = node.rehearse("cfg_parameter", options)

        assert done.result["after"] == "true"
        assert b"\r\n  Use SSL = bool: true\r\n" in node.cfg.read_bytes()

    def test_removes_a_parameter_and_hides_a_secret(self, node: Node) -> None:
        """The line goes; the value of an encrypted string is in no result and no diff."""
        options = {"path": str(node.cfg), "parameter": ["component", "Proxy Password"], "state": "absent"}

        checked, done, again = node.rehearse("cfg_parameter", options)

        assert node.cfg.read_bytes() == CFG.replace(b"  Proxy Password = EncryptedString: c2VjcmV0\r\n", b"")
        assert [event.result["changed"] for event in (checked, done, again)] == [True, True, False]
        assert done.result["before"] == "(not shown)"
        assert "c2VjcmV0" not in json.dumps([checked.result, done.result])

    def test_takes_an_item_out_of_a_vector(self, node: Node) -> None:
        """Labels and count of the vector stay right, and the item that moved up is not taken out by a second run."""
        options = {"path": str(node.cfg), "parameter": ["component", "Servers", "[InitServer URI=/a]"], "state": "absent"}

        checked, done, again = node.rehearse("cfg_parameter", options)

        assert b"Servers = vector: 1 items\r\n    0 = InitServer:\r\n      URI = string: /b\r\n" in node.cfg.read_bytes()
        assert [event.result["changed"] for event in (checked, done, again)] == [True, True, False]

    def test_refuses_to_guess(self, node: Node) -> None:
        """A tab, another type, an absent parent, a missing value, a label that moves and a file of the whole cluster are refused."""
        tab = node.cfg.with_name("Tab.cfg")
        tab.write_bytes(CFG.replace(b"  Port", b"\tPort"))
        port = {"parameter": ["component", "Port"], "type": "int", "value": "81"}

        told = refusals(node, "cfg_parameter", {
            "tab": {"path": str(tab), **port}, "type": {"path": str(node.cfg), **port, "type": "string"},
            "parent": {"path": str(node.cfg), "parameter": ["component", "Nothing", "Port"], "value": "x"},
            "value": {"path": str(node.cfg), "parameter": ["component", "Certificate"]},
            "label": {"path": str(node.cfg), "parameter": ["component", "Servers", "0"], "state": "absent"},
            "cluster": {"path": "Profiles/Cluster.cfg", **port},
        })

        assert "Tab.cfg:2: a tab" in told["tab"]
        assert "is of type 'int', not 'string'" in told["type"]
        assert "nothing to put it below" in told["parent"]
        assert "value: is missing" in told["value"]
        assert "would take out the next one" in told["label"]
        assert "read and never written" in told["cluster"]


class TestNodeAtWork:
    def lock(self, node: Node, run: str, *, age: int) -> Path:
        """Leave the lock of *run*, taken *age* seconds ago."""
        lock = Path(f"{node.root}.certops") / "lock"
        lock.parent.mkdir(mode=0o700)
        lock.write_text(f"{run} {int(time.time()) - age}\n")
        return lock

    @pytest.mark.parametrize("age", [5, 5000], ids=["locked", "interrupted"])
    def test_is_left_alone(self, node: Node, age: int) -> None:
        """A lock of somebody else refuses the task with his run and the remedy, in check mode, too."""
        self.lock(node, "20260101T000000Z-abcdef.1-1-elsewhere-1", age=age)
        task = {"module": "trust_bundle", "options": {"trust_content": make_root("Corp Root").pem.decode()}, "ignore_errors": True}
        before = node.snapshot()

        result = node.play({"name": "Do", **task}, {"name": "Check", "check_mode": True, **task})

        assert node.snapshot() == before
        for name in ("Do", "Check"):
            assert "take_over: 20260101T000000Z-abcdef" in problem(result.of("node", name))

    def test_is_recovered_when_told_so(self, node: Node) -> None:
        """With take_over the interrupted run is ended, then the file is changed."""
        lock = self.lock(node, "20260101T000000Z-abcdef.1-1-elsewhere-1", age=5000)
        corp = make_root("Corp Root")
        options = {"trust_content": corp.pem.decode(), "take_over": "20260101T000000Z-abcdef"}

        result = node.play({"name": "Do", "module": "trust_bundle", "options": options})

        anchors = [certificate.subject.rfc4514_string() for certificate in x509.load_pem_x509_certificates(node.bundle.read_bytes())]
        assert result.of("node", "Do").result["changed"]
        assert anchors == ["CN=Plant Root", "CN=Corp Root"]
        assert not lock.exists()
