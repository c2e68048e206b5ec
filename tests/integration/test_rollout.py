# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The first rollout of a cluster, in check mode and in earnest, and the ones after it."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest

from integration.conftest import First
from integration.playbook import Result
from integration.world import CUSTOM, Stage, findings

LINE = b"  Certificate = string: Certificates\\\\custom_communications_cert.pem\r\n"


def changes(result: Result) -> dict[str, list[dict[str, str]]]:
    """Return what the tasks of a rollout changed, or would change, by host; without the marker, which names the rollout."""
    told: dict[str, list[dict[str, str]]] = {}
    for event in result.events:
        told.setdefault(event.host, []).extend(
            change for change in event.result.get("changes", ()) if isinstance(change, dict) and not change["path"].endswith("/marker"))
    return told


def moments(first: First, name: str, what: str) -> list[float]:
    """Return when a server logged something, seconds since 1970."""
    return [moment.time.timestamp() for moment in first.history[name] if moment.what == what]


def written(first: First, path: Path) -> float:
    """Return when a file got the content that it has after the rollout, seconds since 1970."""
    return first.times[str(path)] / 1e9


class TestCheckMode:
    def test_changes_nothing(self, first: First) -> None:
        """A rollout with --check leaves every byte alone, and makes no state folder."""
        assert first.checked.rc == 0, first.checked.stdout
        assert first.after_check == first.before

    def test_predicts_what_the_rollout_then_changes(self, first: First) -> None:
        """Both name the same files, actions and fingerprints, on every node."""
        assert changes(first.checked) == changes(first.done)
        assert all(len(of_host) >= 3 for of_host in changes(first.done).values())

    def test_shows_the_line_and_no_key(self, first: First) -> None:
        """The diff has the new line and the certificates, and nothing of a private key."""
        assert "+  Certificate = string: Certificates" in first.checked.stdout
        assert "PRIVATE KEY" not in first.checked.stdout


class TestFirstRollout:
    def test_makes_every_server_present_its_own_certificate(self, first: First) -> None:
        """From a variable, an encrypted key apart from its leaf, or PKCS#12: a live handshake shows the company's certificate."""
        assert first.done.rc == 0, first.done.stdout
        assert first.served == {name: first.stage.leaf(name).fingerprint for name in first.stage.names}

    def test_trusts_everywhere_before_anything_new_is_presented(self, first: First) -> None:
        """The last trust bundle is written before the first server presents a certificate that needs it."""
        trusted = [written(first, first.stage.bundle(name)) for name in first.stage.names]
        presented = [moment for name in first.stage.names for moment in moments(first, name, CUSTOM)]

        assert len(presented) == len(first.stage.names)
        assert max(trusted) < min(presented)

    def test_restarts_a_canary_before_any_configuration_changes(self, first: First) -> None:
        """One DPU is restarted with its licence certificate, and only then a Communications.cfg is written."""
        _ignored, canary, other = first.stage.names
        starts = moments(first, canary, "up")

        assert [moment.what for moment in first.history[canary]] == ["down", "server_cert.pem", "up", "down", CUSTOM, "up"]
        assert [moment.what for moment in first.history[other]] == ["down", CUSTOM, "up"]
        assert starts[0] < min(written(first, first.stage.communications(name)) for name in first.stage.names)

    def test_stops_the_dpus_before_the_files_of_their_master_change(self, first: First) -> None:
        """No DPU runs, and could pull half a change, while the configuration is written; the master stops last."""
        master, *dpus = first.stage.names
        stopped = [moments(first, name, "down")[-1] for name in dpus]

        assert max(stopped) <= moments(first, master, "down")[-1]
        assert moments(first, master, "down")[-1] < min(written(first, first.stage.communications(name)) for name in first.stage.names)

    def test_starts_the_master_first_and_the_dpus_one_at_a_time(self, first: First) -> None:
        """A server begins to load its files only when the one before it is up."""
        last = [(moments(first, name, CUSTOM)[-1], moments(first, name, "up")[-1]) for name in first.stage.names]

        assert all(up <= following for (_ignored, up), (following, _ignored) in pairwise(last))

    def test_gives_the_dpus_the_master_s_processing_copy_byte_for_byte(self, first: First) -> None:
        """So the next synchronisation has nothing to do; the master itself keeps its own, other, file."""
        master, *dpus = first.stage.names
        copy = first.after[str(first.stage.file(master, "Components for Processing Servers", "Communications.cfg"))]

        assert [first.after[str(first.stage.communications(name))] for name in dpus] == [copy, copy]
        assert first.after[str(first.stage.communications(master))] != copy

    def test_adds_one_line_and_keeps_every_other_byte(self, first: First) -> None:
        """CRLF stays CRLF; what differs from the shipped file is the Certificate line below the first one."""
        for name in first.stage.names:
            path = str(first.stage.communications(name))
            head, _ignored, rest = first.before[path].partition(b"\r\n")

            assert first.after[path] == head + b"\r\n" + LINE + rest

    def test_touches_no_other_file(self, first: First) -> None:
        """Licence, Synchronize.cfg and all the rest are as shipped, and nothing is left over in a watched folder."""
        ours = {"trust_ca_cert.pem", CUSTOM, "Communications.cfg"}
        others = {path: content for path, content in first.after.items() if Path(path).name not in ours}

        assert others == {path: content for path, content in first.before.items() if Path(path).name not in ours}
        assert set(first.after) - set(first.before) == {str(first.stage.file(name, "Certificates", CUSTOM)) for name in first.stage.names}

    def test_installs_the_key_without_its_passphrase_for_its_owner_only(self, first: First) -> None:
        """Whatever its source was: the unencrypted key, then the leaf, in a file of mode 0600."""
        for name in first.stage.names:
            path = first.stage.file(name, "Certificates", CUSTOM)

            assert first.after[str(path)] == first.stage.leaf(name).pem
            assert path.stat().st_mode & 0o7777 == 0o600

    def test_keeps_what_the_bundle_had_in_front(self, first: First) -> None:
        """The shipped anchors stay where they were, the company's three levels follow."""
        company = first.stage.world.company

        for name in first.stage.names:
            path = str(first.stage.bundle(name))
            added = first.after[path].removeprefix(first.before[path])
            assert first.after[path].startswith(first.before[path])
            assert added.replace(b"\r\n", b"\n").strip() == (company.root.pem + company.policy.pem + company.issuing.pem).strip()


class TestLaterRollouts:
    def test_restart_only_what_must_be_restarted(self, rolled_out: Stage, first: First) -> None:
        """An upgrade replaced one DPU's bundle, another play left the other unrestarted: both are restarted, the master runs on."""
        master, pending, upgraded = rolled_out.names
        rolled_out.bundle(upgraded).write_bytes(first.before[str(rolled_out.bundle(upgraded))])
        marker = rolled_out.state(pending) / "marker"
        noted = json.loads(marker.read_text()) | {"restart_pending": True, "holder": "elsewhere-1"}
        marker.write_text(json.dumps(noted))

        drift = rolled_out.play("drift")
        refused = rolled_out.play("rollout")
        done = rolled_out.play("rollout", "-e", f"dwb_take_over={noted['run']}")

        assert sorted(name for name, stats in drift.stats.items() if stats["failures"]) == [pending, upgraded]
        assert refused.rc != 0
        assert f"{pending}: rollout: rollout {noted['run']} by elsewhere-1" in findings(refused)[0]
        assert done.rc == 0, done.stdout
        assert rolled_out.starts() == {master: 0, pending: 1, upgraded: 1}
        assert rolled_out.files() == first.after
        assert json.loads(marker.read_text())["restart_pending"] is False

    def test_renews_without_a_change_of_the_configuration(self, rolled_out: Stage, first: First) -> None:
        """New certificates need one restart of each server, no canary, and no line of a Communications.cfg."""
        cfgs = [rolled_out.communications(name) for name in rolled_out.names]
        before = [(path.read_bytes(), path.stat().st_mtime_ns) for path in cfgs]
        rolled_out.renew()
        rolled_out.of_host = {}

        done = rolled_out.play("rollout")

        assert done.rc == 0, done.stdout
        assert rolled_out.served() == {name: rolled_out.leaf(name).fingerprint for name in rolled_out.names}
        assert [(path.read_bytes(), path.stat().st_mtime_ns) for path in cfgs] == before
        assert rolled_out.starts() == dict.fromkeys(rolled_out.names, 1)


@pytest.mark.parametrize("playbook", ["preflight", "verify", "drift"])
class TestReadOnlyPlaybooks:
    def test_change_nothing(self, playbook: str, rolled_out: Stage) -> None:
        """On a cluster that is as it should be they succeed, and every byte stays."""
        before = rolled_out.everything()

        result = rolled_out.play(playbook, "--limit", rolled_out.names[1])

        assert (result.rc, result.changed) == (0, 0), result.stdout
        assert rolled_out.everything() == before


class TestVerify:
    def test_names_the_server_that_presents_another_certificate_than_the_one_on_its_disk(self, rolled_out: Stage) -> None:
        """What a handshake shows counts, not what the files say; the others are as they should be."""
        odd = rolled_out.names[2]
        rolled_out.world.cluster.state(odd).misbehave("old-certificate")
        rolled_out.world.cluster.stop(odd)
        rolled_out.world.cluster.start(odd)

        result = rolled_out.play("verify")

        assert result.rc != 0
        assert [name for name, stats in result.stats.items() if stats["failures"]] == [odd]
        assert "serves another certificate than the one on its disk" in result.stdout
