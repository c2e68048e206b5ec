# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a rollout refuses: everything that is wrong is listed at once, by node and cause, and nothing is touched anywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.x509.oid import NameOID
from unit.builders import SERVER, make_root

from integration.world import Stage, findings, written

NOW = datetime.now(UTC)
_MISTYPED = "[{hosts: dwb_master, gather_facts: false, tasks: [{certops.rollout.node: {rot: /x, certificate: {pem_scr: y}}}]}]"


@pytest.fixture(scope="module")
def untouched(cluster: Stage) -> Stage:
    """Return the cluster as the product ships it; every refusal leaves it so."""
    return cluster.back_to("shipped")


@pytest.fixture
def plant(untouched: Stage) -> Stage:
    """Return that cluster with all servers at work, and no variable of another test."""
    untouched.common, untouched.of_host = {}, {}
    untouched.wait_until_served()
    return untouched


def refused(stage: Stage, *arguments: str) -> list[str]:
    """Return what a rollout lists; make sure that it fails, says that nothing was touched, and touched nothing."""
    before, starts = stage.everything(), stage.starts()

    result = stage.play("rollout", *arguments)

    assert result.rc != 0, result.stdout
    assert "Nothing was touched." in result.stdout
    assert result.changed == 0
    assert stage.everything() == before
    assert stage.starts() == starts
    return findings(result)


def of(node: str, told: list[str]) -> str:
    """Return what is told of one node."""
    return "\n".join(line for line in told if line.startswith(f"{node}: "))


@contextmanager
def issued(stage: Stage, **how: Any) -> Iterator[None]:
    """Give each server, called by its short name, a certificate that the company issued in another way; afterwards its own again."""
    with ExitStack() as undo:
        for name, asked in how.items():
            host = f"insight-{name.replace('_', '-')}"
            leaf = stage.world.company.issuing.issue(asked.pop("common_name", host), **{"key": f"rsa2048/{host}", **asked})
            undo.enter_context(written(stage.pem(host), leaf.pem))
        yield


class TestCertificates:
    def test_of_another_name_expired_or_with_another_key_are_listed_together(self, plant: Stage) -> None:
        """One fault on each node: one list with all three, each with the node, the file and the cause."""
        master, first, second = plant.names
        mixed = plant.leaf(first).key_pem + plant.leaf(second).cert_pem

        expired = {"not_before": NOW - timedelta(9), "not_after": NOW - timedelta(2)}
        with issued(plant, master={"common_name": "somebody-else"}, dpu_1=expired), written(plant.pem(second), mixed):
            told = refused(plant)

        assert f"{plant.pem(master)}: subject CN is 'somebody-else', server_cert.pem of {master} has '{master}'" in of(master, told)
        assert f"{plant.pem(first)}: certificate has expired" in of(first, told)
        assert f"{plant.pem(second)}: the private key does not belong to the certificate" in of(second, told)

    def test_for_one_purpose_or_with_a_short_key_are_listed_together(self, plant: Stage) -> None:
        """A server that may not be a client cannot pull; 1024 bits are too few; the third node has nothing wrong."""
        master, first, second = plant.names

        with issued(plant, master={"eku": (SERVER,)}, dpu_1={"key": "rsa1024"}):
            told = refused(plant)

        assert "client" in of(master, told)
        assert "purpose" in of(master, told)
        assert "the RSA key has 1024 bits; at least 2048 are wanted" in of(first, told)
        assert of(second, told) == ""

    def test_below_a_missing_intermediate_are_refused_on_every_node(self, plant: Stage) -> None:
        """The trust lacks the CA that issued: no server could be verified, by none."""
        plant.common = {"dwb_trust_src": plant.world.anchors[:2]}
        told = refused(plant)

        assert all("unable to get local issuer certificate" in of(name, told) for name in plant.names)

    def test_with_hostile_names_are_shown_escaped(self, plant: Stage) -> None:
        """Terminal escapes, templates and line ends in a common name are text, in the list and on the screen."""
        hostile = "\x1b[31mred{{ 7 * 191 }}\nok: [all]"
        before = plant.everything()

        with issued(plant, master={"names": [(NameOID.COMMON_NAME, hostile)], "dns": ("x",)}):
            result = plant.play("rollout", "-vvv")

        assert result.rc != 0
        assert "\x1b" not in result.stdout
        assert not re.search(r"^ok: \[all\]", result.stdout, re.M)
        assert "{{ 7 * 191 }}" in result.stdout
        assert "1337" not in result.stdout
        assert plant.everything() == before


class TestTrust:
    def test_files_with_keys_leaves_expired_cas_or_glued_blocks_are_listed_with_block_and_line(self, plant: Stage, tmp_path: Path) -> None:
        """Four broken files beside three good ones: each is named, with the block and the line that is at fault."""
        company = plant.world.company
        expired = make_root("Expired CA", not_before=NOW - timedelta(9), not_after=NOW - timedelta(2))
        broken = {"key": company.root.pem + plant.leaf(plant.names[0]).key_pem, "leaf": plant.leaf(plant.names[0]).cert_pem,
                  "expired": expired.pem, "glued": company.root.pem.strip() + company.policy.pem}
        for name, content in broken.items():
            (tmp_path / f"{name}.pem").write_bytes(content)
        plant.common = {"dwb_trust_src": [*plant.world.anchors, *(str(tmp_path / f"{name}.pem") for name in broken)]}
        told = "\n".join(refused(plant))

        line = company.root.pem.count(b"\n")
        assert re.search(rf"key\.pem: block 2, line {line + 1}: .*(private key|PRIVATE KEY)", told)
        assert re.search(r"leaf\.pem: block 1, line 1: .*CA:TRUE", told)
        assert re.search(r"expired\.pem: block 1, line 1: .*expired", told)
        assert re.search(rf"glued\.pem: line {line}: ", told)


class TestServers:
    def test_with_configuration_that_is_not_understood_are_listed_with_line_and_file(self, plant: Stage) -> None:
        """A tab, no CommServer, a second CommServer under another name."""
        master, first, second = plant.names
        good = plant.communications(master).read_bytes()

        with (written(plant.communications(master), good.replace(b"  Port", b"\tPort")),
              written(plant.communications(first), good.replace(b"CommServer", b"EventLogFile")),
              written(plant.file(second, "Components", "Communications (2).cfg"), good)):
            told = refused(plant)

        assert f"{plant.communications(master)}:5: a tab" in of(master, told)
        assert "has no component of type CommServer" in of(first, told)
        assert "Communications (2).cfg: is a second CommServer" in of(second, told)

    def test_with_two_certificate_keys_mixed_line_ends_or_no_root_are_listed(self, plant: Stage) -> None:
        """What would have to be guessed is not; an install root that is not there is named."""
        master, first, second = plant.names
        good = plant.communications(master).read_bytes()
        line = b"  Certificate = string: Certificates\\\\a.pem\r\n"
        plant.of_host = {second: {"dwb_root": "/nowhere/insight"}}

        with (written(plant.communications(master), good.replace(b"  Port", line + line + b"  Port")),
              written(plant.communications(first), good.replace(b"\r\n", b"\n", 1))):
            told = refused(plant)

        assert f"{plant.communications(master)}:6: lines 5 and 6 both are 'Certificate'" in of(master, told)
        assert re.search(rf"{plant.communications(first)}:[12]: .*line end", of(first, told))
        assert "/nowhere/insight: is absent" in of(second, told)

    def test_without_a_licence_or_about_to_restart_by_themselves_are_listed(self, plant: Stage) -> None:
        """No licence certificate, an expired one, a restart that the server has planned for itself."""
        master, first, second = plant.names
        old = plant.world.cluster.licensor.issue(first, days=-3).pem
        soon = (NOW + timedelta(hours=1)).strftime("%B %d, %Y %H:%M:%S GMT")
        schedule = f"component = ScheduledRestart:\r\n  Restart Every = string: week\r\n  Start Time = string: {soon}\r\n".encode()

        with (written(plant.file(master, "Certificates", "server_cert.pem"), None),
              written(plant.file(first, "Certificates", "server_cert.pem"), old),
              written(plant.file(second, "Components", "ScheduledRestart.cfg"), schedule)):
            told = refused(plant)

        assert "server_cert.pem: is absent: no licence certificate" in of(master, told)
        assert "server_cert.pem: the licence certificate is valid from" in of(first, told)
        assert "ScheduledRestart.cfg: the server restarts by itself within 4 hours" in of(second, told)

    def test_that_are_down_are_named(self, plant: Stage) -> None:
        """A rollout begins with servers that are known to work, else nobody could tell what it broke."""
        down = plant.names[2]
        plant.world.cluster.stop(down)
        told = refused(plant)
        plant.world.cluster.start(down)

        assert len(told) == 1
        assert told[0].startswith(f"{down}: TLS: the server does not answer: Connection refused; start it first")


class TestOperators:
    def test_who_mistype_give_no_consent_or_limit_are_told_all_of_it(self, plant: Stage) -> None:
        """A mistyped variable with the nearest right one, the missing consent, and the nodes that --limit leaves out."""
        master, first, second = plant.names
        plant.common = {"dwb_restart_consent": False, "dwb_certifcate": {}}
        told = refused(plant, "--limit", f"{master},{first}")

        assert "variable: 'dwb_certifcate' is no option; did you mean 'dwb_certificate'?" in told
        assert f"{second} left out by --limit: half a rollout splits the trust" in "\n".join(told)
        assert "set dwb_restart_consent: true" in of(master, told)

    def test_who_mistype_options_of_a_module_are_told_the_nearest(self, plant: Stage) -> None:
        """Also an option inside of another one."""
        result = plant.play(_MISTYPED)

        assert result.rc != 0
        assert "'rot' is no option; did you mean 'root'?" in result.stdout
        assert "'pem_scr' is no option; did you mean 'pem_src'?" in result.stdout


class TestUnreachableNode:
    def test_keeps_the_rollout_from_starting(self, plant: Stage) -> None:
        """Its name and ssh's own words are told; no other node is touched."""
        lost = plant.names[2]
        plant.of_host = {lost: {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 9}}
        told = refused(plant)

        assert "ssh: connect to host 127.0.0.1 port 9: Connection refused" in of(lost, told)
        assert len(told) == 1

    def test_is_no_reason_to_leave_read_only_work(self, plant: Stage) -> None:
        """Preflight of the others may be asked for with --limit."""
        result = plant.play("preflight", "--limit", plant.names[1])

        assert result.rc == 0, result.stdout
