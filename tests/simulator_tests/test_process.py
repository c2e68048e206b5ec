"""The commands, and the faults that can be asked for."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest
from simulator import process
from simulator.cluster import Cluster, free_ports
from simulator.refusal import Refusal
from simulator.tree import Node
from unit.builders import Authority

from .helpers import command, give_certificate, listens, log, see, shipped_fingerprint, until, use_certificate


class TestCommands:
    """install, start, status, restart, stop."""

    def test_lead_a_server_through_its_life(self, tmp_path: Path) -> None:
        """Each command does what a service manager expects and exits accordingly."""
        root, (port, ssl_port) = tmp_path / "server", free_ports(["127.0.0.1"], 2)
        told = command("install", "--root", root, "--role", "master", "--name", "one", "--address", "127.0.0.1", "--port", str(port),
                       "--ssl-port", str(ssl_port), "--licensor", tmp_path / "licensor")
        lines = [command(verb, "--root", root) for verb in ("status", "start", "status", "start", "restart", "stop", "stop", "status")]

        assert (told.returncode, told.stderr) == (0, "")
        assert [line.returncode for line in lines] == [3, 0, 0, 0, 0, 0, 0, 3]
        assert [line.stdout.split()[0].strip(",") for line in lines] == [
            "stopped", "running", "running", "running", "running", "stopped", "was", "stopped"]
        assert lines[1].stdout == lines[2].stdout == lines[3].stdout != lines[4].stdout
        events = log(Node(root, "master", "one", "127.0.0.1", port, ssl_port), "Events/*")
        assert (events.count("started up."), events.count("shutting down.")) == (2, 2)

    def test_start_says_why_not(self, alone: Cluster, node: Node) -> None:
        """A failure is an exit code and one line, and nothing is left running."""
        (node.root / "Components" / "Communications.cfg").unlink()
        told = command("start", "--root", node.root)

        assert told.returncode == 1
        assert told.stderr == "Components needs one CommServer and has 0: no file\n"
        assert command("status", "--root", node.root).returncode == 3

    def test_start_needs_an_installed_tree(self, tmp_path: Path) -> None:
        """A root without a server is named."""
        assert "no server is installed there" in command("start", "--root", tmp_path).stderr

    def test_a_taken_port_is_reported(self, alone: Cluster, pair: Cluster) -> None:
        """Two servers on one address and port cannot both start."""
        alone.start()
        text = (alone.master.root / "Components" / "Communications.cfg").read_bytes()
        (pair.master.root / "Components" / "Communications.cfg").write_bytes(text)

        with pytest.raises(Refusal, match="cannot listen on"):
            pair.start(pair.master.name)

    def test_revalidate_rewrites_the_licence(self, node: Node) -> None:
        """Also as an option of start."""
        before = (node.root / "Certificates" / "server_cert.pem").read_bytes()
        told = command("start", "--revalidate", "--root", node.root)

        assert told.returncode == 0
        assert (node.root / "Certificates" / "server_cert.pem").read_bytes() != before


class TestFaults:
    """Each fault is one thing going wrong; told to behave, the server is well again."""

    @pytest.mark.parametrize(("fault", "words"), [("not-come-back", "a fault was asked for"), ("lose-licence", "no current licence")])
    def test_keep_the_server_down(self, alone: Cluster, node: Node, *, fault: str, words: str) -> None:
        """The start fails and says so; `behave` ends it."""
        command("misbehave", "--root", node.root, "--fault", fault)
        with pytest.raises(Refusal, match=words):
            alone.start()
        command("behave", "--root", node.root)
        alone.start()

        assert see(node).status == 200

    def test_wait_for_their_start(self, alone: Cluster, node: Node) -> None:
        """`--after 1` lets one start go well."""
        command("misbehave", "--root", node.root, "--fault", "not-come-back", "--after", "1")
        alone.start()
        alone.stop()

        with pytest.raises(Refusal):
            alone.start()

    def test_end_after_their_number_of_starts(self, alone: Cluster, node: Node) -> None:
        """`--times 1` is for one start; the next one goes well."""
        command("misbehave", "--root", node.root, "--fault", "not-come-back", "--times", "1")

        with pytest.raises(Refusal):
            alone.start()
        alone.start()

    def test_can_depend_on_the_certificate_line(self, alone: Cluster, node: Node, company: Authority) -> None:
        """`--custom` lets a node fail with the new configuration and come back with the old one."""
        command("misbehave", "--root", node.root, "--fault", "not-come-back", "--custom")
        alone.start()
        alone.stop()
        give_certificate(node, company)
        use_certificate(node)

        with pytest.raises(Refusal):
            alone.start()

    def test_bring_back_the_old_certificate(self, alone: Cluster, node: Node, company: Authority) -> None:
        """server_cert.pem is served although Certificate is set."""
        custom = give_certificate(node, company)
        use_certificate(node)
        alone.state(node.name).misbehave("old-certificate")
        alone.start()
        served = see(node).fingerprint
        alone.state(node.name).behave()
        alone.stop()
        alone.start()

        assert served == shipped_fingerprint(node)
        assert see(node).fingerprint == custom

    def test_let_it_die_after_a_good_start(self, alone: Cluster, node: Node) -> None:
        """The start succeeds, then the process is gone without saying goodbye."""
        alone.state(node.name).misbehave("dies")
        alone.start()

        assert until(lambda: not process.status(node.root).pid)
        assert "shutting down." not in log(node, "Events/*")

    def test_slow_it_down(self, alone: Cluster, node: Node) -> None:
        """A start takes the seconds asked for."""
        alone.state(node.name).misbehave("slow", seconds=1.0)
        begin = time.monotonic()
        alone.start()

        assert time.monotonic() - begin >= 1.0


class TestEnd:
    """No process stays behind."""

    def test_comes_with_the_root(self, alone: Cluster, node: Node) -> None:
        """A server whose folder was deleted ends by itself and makes no new files."""
        alone.start()
        shutil.rmtree(node.root)

        assert until(lambda: not listens(node, node.ssl_port))
        assert not until(node.root.exists, 0.5)

    def test_comes_with_the_lifetime(self, alone: Cluster, node: Node) -> None:
        """A forgotten server shuts down in order."""
        command("start", "--root", node.root, "--lifetime", "0.5")

        assert until(lambda: not process.status(node.root).pid)
        assert "shutting down." in log(node, "Events/*")

    def test_comes_with_the_cluster(self, pair: Cluster) -> None:
        """Leaving the context stops every process."""
        with pair:
            pair.start()

        assert [process.status(node.root).pid for node in pair.nodes.values()] == [0, 0]
