# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module trust_bundle, run by ansible-playbook, and what it shares with the others that change one file."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from unit.builders import make_root

from integration.install import Install, make_install, problem, refusals


@pytest.fixture
def node(tmp_path: Path) -> Install:
    """Return a fresh install tree."""
    return make_install(tmp_path)


class TestTrustBundle:
    def test_appends_every_missing_anchor_and_keeps_the_rest(self, node: Install) -> None:
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

    def test_keeps_a_backup_of_what_was_there(self, node: Install) -> None:
        """The folder that the result names holds the old bytes; a task that changes nothing names none."""
        old = node.bundle.read_bytes()

        checked, done, again = node.rehearse("trust_bundle", {"trust_content": make_root("Corp Root").pem.decode()})

        backups = [path for path in Path(done.result["backup"]).rglob("*") if path.is_file()]
        assert old in [path.read_bytes() for path in backups]
        assert checked.result["backup"] == again.result["backup"] == ""

    def test_removes_the_anchor_with_a_fingerprint(self, node: Install) -> None:
        """Only the lines of that certificate go; a fingerprint may be written as OpenSSL shows it."""
        gone = make_root("Old Root")
        node.bundle.write_bytes(b"# ours\n" + node.plant.pem + b"# old\n" + gone.pem)
        colons = ":".join(gone.fingerprint.upper()[at : at + 2] for at in range(0, 64, 2))

        checked, done, again = node.rehearse("trust_bundle", {"state": "absent", "fingerprints": [colons]})

        assert node.bundle.read_bytes() == b"# ours\n" + node.plant.pem + b"# old\n"
        assert [event.result["changed"] for event in (checked, done, again)] == [True, True, False]
        assert done.result["changes"][0]["anchors"] == ["CN=Old Root"]

    def test_refuses_what_is_not_fit_to_be_trusted(self, node: Install) -> None:
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

    def test_refuses_to_remove_what_has_to_stay(self, node: Install) -> None:
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

    def test_refuses_a_file_that_is_not_the_bundle(self, node: Install) -> None:
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


class TestNodeAtWork:
    def lock(self, node: Install, run: str, *, age: int) -> Path:
        """Leave the lock of *run*, taken *age* seconds ago."""
        lock = Path(f"{node.root}.certops") / "lock"
        lock.parent.mkdir(mode=0o700)
        lock.write_text(f"{run} {int(time.time()) - age}\n")
        return lock

    @pytest.mark.parametrize("age", [5, 5000], ids=["locked", "interrupted"])
    def test_is_left_alone(self, node: Install, age: int) -> None:
        """A lock of somebody else refuses the task with his run and the remedy, in check mode, too."""
        self.lock(node, "20260101T000000Z-abcdef.1-1-elsewhere-1", age=age)
        task = {"module": "trust_bundle", "options": {"trust_content": make_root("Corp Root").pem.decode()}, "ignore_errors": True}
        before = node.snapshot()

        result = node.play({"name": "Do", **task}, {"name": "Check", "check_mode": True, **task})

        assert node.snapshot() == before
        for name in ("Do", "Check"):
            assert "take_over: 20260101T000000Z-abcdef" in problem(result.of("node", name))

    def test_is_recovered_when_told_so(self, node: Install) -> None:
        """With take_over the interrupted run is ended, then the file is changed."""
        lock = self.lock(node, "20260101T000000Z-abcdef.1-1-elsewhere-1", age=5000)
        corp = make_root("Corp Root")
        options = {"trust_content": corp.pem.decode(), "take_over": "20260101T000000Z-abcdef"}

        result = node.play({"name": "Do", "module": "trust_bundle", "options": options})

        anchors = [certificate.subject.rfc4514_string() for certificate in x509.load_pem_x509_certificates(node.bundle.read_bytes())]
        assert result.of("node", "Do").result["changed"]
        assert anchors == ["CN=Plant Root", "CN=Corp Root"]
        assert not lock.exists()
