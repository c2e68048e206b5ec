"""How a processing server follows its master (§6.2)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from simulator.cluster import Cluster, Shape
from simulator.tree import Node
from unit.builders import Authority

from .helpers import (
    FIRST_LINE,
    communications,
    edit,
    give_certificate,
    log,
    see,
    shipped_fingerprint,
    trust,
    until,
    use_certificate,
)

PROCESSING = "Components for Processing Servers"
LOG = "Trace/Synchronization.log"


@pytest.fixture
def dpu(pair: Cluster) -> Node:
    """Return the DPU of `pair`."""
    return pair.of_role("dpu")[0]


@pytest.fixture
def fsus(tmp_path: Path) -> Iterator[Cluster]:
    """Return a master, a backup FSU and an FSU that stands alone, not started."""
    with Cluster(tmp_path, Shape(dpus=0, fsus=1, backups=1), lifetime=60) as cluster:
        yield cluster


class TestAtStart:
    """A DPU asks its master before it opens its listeners."""

    def test_the_copy_of_the_master_wins(self, pair: Cluster, dpu: Node) -> None:
        """A newer local edit is overwritten and a local file that the master lacks is deleted."""
        edit(communications(dpu), b"Audit\\\\\r\n", new=b"Elsewhere\\\\\r\n")
        (dpu.root / "Components" / "Communications.bak").write_bytes(b"mine")
        pair.start()

        assert communications(dpu).read_bytes() == communications(pair.master, PROCESSING).read_bytes()
        assert not (dpu.root / "Components" / "Communications.bak").exists()
        assert "deleted Components\\Communications.bak" in log(dpu, LOG)

    def test_nothing_is_written_when_all_is_equal(self, pair: Cluster, dpu: Node) -> None:
        """As installed, a DPU has what its master would send."""
        before = communications(dpu).stat().st_mtime_ns
        pair.start()

        assert communications(dpu).stat().st_mtime_ns == before

    def test_the_files_at_hand_do_when_the_master_is_away(self, pair: Cluster, dpu: Node) -> None:
        """The DPU serves what it has and logs the failure."""
        pair.start(dpu.name)

        assert see(dpu).fingerprint == shipped_fingerprint(dpu)
        assert "Connection refused" in log(dpu, LOG)

    def test_a_custom_certificate_that_both_trust_is_presented(self, pair: Cluster, dpu: Node, company: Authority) -> None:
        """Master and DPU identify to each other with their communications certificates."""
        for node in (pair.master, dpu):
            trust(node, company)
            give_certificate(node, company)
            use_certificate(node)
        use_certificate(pair.master, PROCESSING)
        pair.start()

        assert see(dpu, trusted=company.pem).status == 200
        assert "ERROR" not in log(dpu, LOG)

    def test_a_master_that_the_dpu_does_not_trust_is_not_followed(self, pair: Cluster, dpu: Node, company: Authority) -> None:
        """The DPU lacks the company's CA: error 20, and it keeps its own files."""
        give_certificate(pair.master, company)
        use_certificate(pair.master)
        use_certificate(pair.master, PROCESSING)
        pair.start()

        assert "certificate verify failed. Error 20. Desc: unable to get local issuer certificate" in log(dpu, LOG)
        assert b"Certificate =" not in communications(dpu).read_bytes()

    def test_a_dpu_that_the_master_does_not_trust_gets_nothing(self, pair: Cluster, dpu: Node, company: Authority) -> None:
        """The master lacks the company's CA: its alert is in the DPU's log."""
        give_certificate(dpu, company)
        use_certificate(dpu)
        pair.start()

        assert "alert unknown ca" in log(dpu, LOG).lower()
        assert b"Certificate =" in communications(dpu).read_bytes()

    def test_a_master_with_another_name_is_not_followed(self, pair: Cluster, dpu: Node) -> None:
        """The CN is compared with `SSL Server Common Name` (§5.2)."""
        edit(dpu.root / "Components" / "Synchronize.cfg", pair.master.name.encode(), new=b"another")
        pair.start()

        assert "common name is 'insight-master', expected 'another'" in log(dpu, LOG)

    def test_a_stranger_gets_nothing(self, pair: Cluster, dpu: Node) -> None:
        """Membership is by address, in the master's Access Control.cfg (§1.3)."""
        file = pair.master.root / "Access Control" / "Access Control.cfg"
        edit(file, b"IP:%s\r\n" % dpu.address.encode(), new=b"IP:127.0.0.99\r\n")
        pair.start()

        assert "403" in log(dpu, LOG)


class TestWhileRunning:
    """A change on the master arrives everywhere; a change on a DPU is left alone until then."""

    def test_a_certificate_line_on_the_master_switches_the_dpu(self, pair: Cluster, dpu: Node, company: Authority) -> None:
        """With its certificate in place a DPU presents it within seconds, without a restart (§6.3)."""
        pair.start()
        custom = give_certificate(dpu, company)
        use_certificate(pair.master, PROCESSING)

        assert until(lambda: pair.served()[dpu.name] == custom)

    def test_a_certificate_line_on_the_master_takes_the_listener_of_an_unprepared_dpu(self, pair: Cluster, dpu: Node) -> None:
        """Without its certificate file the DPU is gone from the net."""
        pair.start()
        use_certificate(pair.master, PROCESSING)

        assert until(lambda: not pair.served()[dpu.name])
        with pytest.raises(ConnectionRefusedError):
            see(dpu)

    def test_a_copy_left_on_the_master_is_a_second_component_on_the_dpu(self, pair: Cluster, dpu: Node) -> None:
        """Whoever leaves a backup in the master's folder takes the DPUs down (§2.1, §6.2)."""
        pair.start()
        original = communications(pair.master, PROCESSING)
        original.with_name("Communications backup.cfg").write_bytes(original.read_bytes())

        assert until(lambda: not pair.served()[dpu.name])
        assert "needs one CommServer and has 2" in log(dpu)

    def test_a_local_edit_stays_until_the_master_changes(self, pair: Cluster, dpu: Node) -> None:
        """DPUs download at their start and when a file changes on the master, not all the time."""
        pair.start()
        edit(communications(dpu), FIRST_LINE, new=FIRST_LINE + b"  Drift = int: 1\r\n")

        assert not until(lambda: b"Drift" not in communications(dpu).read_bytes(), 2)
        (pair.master.root / PROCESSING / "Note.txt").write_bytes(b"changed")
        assert until(lambda: b"Drift" not in communications(dpu).read_bytes())

    @pytest.mark.parametrize("role", ["master", "dpu"])
    def test_a_refusal_can_be_asked_for(self, pair: Cluster, dpu: Node, *, role: str) -> None:
        """The fault refuse-sync works at once on either side, and ends when it is told to."""
        pair.start()
        state = pair.state(pair.of_role(role)[0].name)
        state.misbehave("refuse-sync")
        (pair.master.root / PROCESSING / "Note.txt").write_bytes(b"changed")

        assert until(lambda: "refused by a fault" in log(dpu, LOG))
        assert not (dpu.root / "Components" / "Note.txt").exists()
        state.behave()
        assert until((dpu.root / "Components" / "Note.txt").exists)


class TestFsu:
    """File server units: one follows, one stands alone."""

    def test_a_backup_follows_both_folders(self, fsus: Cluster) -> None:
        """It receives the line of the master's own file and keeps its FSU_Synchronize.cfg (§6.2, 10.35)."""
        master, alone, backup = fsus.nodes.values()
        (master.root / "Components" / "Note.txt").write_bytes(b"x")
        fsus.start()

        assert (backup.root / "Components" / "Note.txt").exists()
        assert (backup.root / PROCESSING / "Synchronize.cfg").exists()
        assert (backup.root / "Components" / "FSU_Synchronize.cfg").exists()
        assert not (alone.root / "Components" / "Note.txt").exists()
        assert all(fsus.served().values())
