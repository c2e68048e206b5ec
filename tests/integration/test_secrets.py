# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Keys and passphrases are nowhere but on the nodes and where the operator keeps them."""

from __future__ import annotations

import base64

import pytest

from integration.conftest import PASSPHRASE, use_every_source
from integration.leaks import WINDOW, Secrets, Watch, outputs
from integration.playbook import finish
from integration.world import Stage


@pytest.fixture
def secrets(shipped: Stage) -> Secrets:
    """Return the keys of all certificates that are rolled out, and the passphrase of two of them."""
    return Secrets([shipped.leaf(name).key for name in shipped.names], [PASSPHRASE])


class TestSearch:
    def test_finds_a_key_in_every_form(self, shipped: Stage, secrets: Secrets) -> None:
        """A few bytes of a key are found plain, in base64 at each offset, and in hexadecimal digits; a certificate is no secret."""
        leaf = shipped.leaf(shipped.names[0])
        piece = leaf.key.private_numbers().p.to_bytes(128, "big")[40:40 + WINDOW + 4]
        texts = [piece, *(base64.b64encode(b"x" * offset + piece) for offset in range(3)), piece.hex().encode(), leaf.key_pem,
                 base64.b64encode(leaf.key_pem), PASSPHRASE.encode()]

        assert all(secrets.found(b"before " + text + b" after") for text in texts)
        assert secrets.found(leaf.cert_pem + base64.b64encode(leaf.cert_pem) + leaf.der) == []


class TestRollout:
    def test_tells_no_secret_even_when_it_fails_with_all_its_debug_output(self, shipped: Stage, secrets: Secrets) -> None:
        """Neither the screen, -vvvvv, ANSIBLE_DEBUG, the diff, the log, temporary files, command lines nor environments have any."""
        use_every_source(shipped)
        shipped.world.cluster.state(shipped.names[2]).misbehave("not-come-back", times=1)
        report = shipped.folder / "report.json"
        run = shipped.prepare("rollout", "-vvvvv", "--diff", "-e", f"dwb_report_path={report}", ANSIBLE_DEBUG="1",
                              ANSIBLE_LOG_PATH=str(shipped.folder / "ansible.log"), ANSIBLE_KEEP_REMOTE_FILES="1")

        with Watch() as watch:
            result = finish(run)

        left = [*outputs(run.folder), shipped.folder / "ansible.log", report]
        assert result.rc != 0
        assert "was taken back" in result.stdout
        assert len(result.stdout) > 100_000
        assert any(b"ansible-playbook" in text for text in watch.seen)
        assert secrets.found(result.stdout.encode()) == []
        assert {path.name: secrets.found(path.read_bytes()) for path in left} == {path.name: [] for path in left}
        assert [text[:200] for text in watch.seen if secrets.found(text)] == []
