# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Each client is a transaction of its own: one that fails is taken back, and its own certificate waits for the servers."""

from __future__ import annotations

import pytest

from integration.office import KINDS, OWN, WHY, Office, failed, warnings

SERVED = [name for name in KINDS if name != "ws"]


class TestClientThatFails:
    LIMIT = ("report-1", "report-2", "web-1", "web-2")

    @pytest.mark.parametrize("name", ["report-1", "web-1"])
    def test_to_start_is_taken_back_and_the_others_go_on(self, office: Office, name: str) -> None:
        """It runs again with the files that it had; the exit status tells."""
        before = {path: content for path, content in office.files().items() if path.startswith(str(office.root(name)))}
        office.break_service(name, times=1)

        result = office.play("clients", "--limit", ",".join(self.LIMIT))

        assert (result.rc != 0, failed(result)) == (True, [name]), result.stdout
        assert {path: content for path, content in office.files().items() if path.startswith(str(office.root(name)))} == before
        assert (office.calls(name), office.is_up(name)) == (["stop 3", "start 3", "start 1"], True)
        assert "was taken back on this client." in result.of(name, WHY).result["msg"]
        assert "does not start" in result.of(name, WHY).result["msg"]
        assert all(office.bundle(other).read_bytes().count(b"BEGIN") == 3 for other in self.LIMIT if other != name)

    def test_to_start_for_good_is_told(self, office: Office) -> None:
        """Its files are back, and the operator knows that it is down; drift goes on naming what is off."""
        office.break_service("report-1", times=9)

        result = office.play("clients", "--limit", "report-1")

        assert "which does not start any more" in result.of("report-1", WHY).result["msg"]
        assert office.bundle("report-1").read_bytes().count(b"BEGIN") == 1
        assert not office.is_up("report-1")

    def test_to_stop_gets_its_files_back(self, office: Office) -> None:
        """It runs on, with whatever it has read; the operator is told."""
        office.break_service("report-1", times=9, verb="stop")
        before = office.files()

        result = office.play("clients", "--limit", "report-1")

        assert (failed(result), office.files() == before, office.is_up("report-1")) == (["report-1"], True, True)
        assert "which does not stop, and may have read the new files. " in result.of("report-1", WHY).result["msg"].replace("\n", " ")

    def test_is_done_by_the_next_run(self, office: Office) -> None:
        """Whatever it was is mended: nothing of the failed run is in the way."""
        office.break_service("report-1", times=1)
        office.play("clients", "--limit", "report-1")

        result = office.play("clients", "--limit", "report-1")

        assert (result.rc, office.bundle("report-1").read_bytes().count(b"BEGIN")) == (0, 3), result.stdout

    def test_to_be_understood_is_not_touched(self, office: Office) -> None:
        """All of the clients at once, and then the Sensors still have their turn."""
        office.config("web-1").write_text("SSL on\nCertName insight\nCertPath /nowhere/at/all\n")
        for name in SERVED[:4]:
            office.bundle(name).write_bytes(b"no certificate\n-----BEGIN CERTIFICATE-----\n")
        before = {name: office.bundle(name).read_bytes() for name in SERVED[:4]}

        result = office.play("clients", "--limit", "all:!ws")

        assert failed(result) == sorted([*SERVED[:4], "web-1"])
        assert {name: office.bundle(name).read_bytes() for name in SERVED[:4]} == before
        assert all("Nothing was touched." in result.of(name, WHY).result["msg"] for name in failed(result))
        assert "CertPath /nowhere/at/all" in result.of("web-1", WHY).result["msg"]
        assert office.calls("web-2") == ["stop 3", "start 3"]


class TestCertificateOfItsOwn:
    def test_waits_until_the_server_trusts_it(self, office: Office) -> None:
        """Trust is given at once, the certificate when nobody refuses it any more; then nothing is left to do."""
        leaf = office.give_certificate("report-1")
        limit = ("--limit", "report-1,insight")

        first = office.play("clients", *limit)
        waiting = (office.bundle("report-1").read_bytes().count(b"BEGIN"), list(office.root("report-1").rglob(OWN)))
        office.trust_company()
        second, third = office.play("clients", *limit), office.play("clients", *limit)

        assert (first.rc, second.rc, third.rc, third.changed) == (0, 0, 0, 0), second.stdout
        assert waiting == (3, [])
        assert "insight refuses it: error 20" in warnings(first, "report-1")
        assert (office.root("report-1") / "Certificates" / OWN).read_bytes() == leaf.pem
        assert office.config("report-1").read_bytes().count(OWN.encode()) == 2
        assert office.calls("report-1") == ["stop 3", "start 3", "stop 3", "start 3"]

    def test_waits_for_servers_that_nobody_asked(self, office: Office) -> None:
        """A server that --limit leaves out may refuse it."""
        office.give_certificate("report-1")
        office.trust_company()

        result = office.play("clients", "--limit", "report-1")

        assert result.rc == 0, result.stdout
        assert "insight could not be asked" in warnings(result, "report-1")
        assert not list(office.root("report-1").rglob(OWN))

    def test_is_taken_out_with_the_rest_when_the_client_does_not_start(self, office: Office) -> None:
        """Key, names and trust: all files are as they were."""
        office.give_certificate("report-1")
        office.trust_company()
        office.break_service("report-1", times=1)
        before = office.files()

        result = office.play("clients", "--limit", "report-1,insight")

        assert failed(result) == ["report-1"]
        assert office.files() == before

    @pytest.mark.parametrize("arguments", [("clients", "--check", "--diff"), ("clients", "--diff", "-vvv")])
    def test_shows_no_key(self, office: Office, arguments: tuple[str, ...]) -> None:
        """Neither in a diff nor in what a failed run says."""
        leaf = office.give_certificate("query")
        office.trust_company()
        office.break_service("query", times=1)

        result = office.play(*arguments, "--limit", "query,insight")

        secret = leaf.key_pem.splitlines()[2].decode()
        assert "PRIVATE KEY" not in result.stdout
        assert secret not in result.stdout + repr(result.events)


class TestStoreOfWindows:
    def test_is_refused_without_what_it_takes(self, office: Office) -> None:
        """A PKCS#12 file, and the user whose store it is; both are told before anything is touched."""
        office.give_certificate("ws")
        office.of_host["ws"]["dwb_client_store"] = "windows"
        before = office.everything()

        result = office.play("clients", "--limit", "ws,insight")

        said = result.of("ws", WHY).result["msg"]
        assert (failed(result), office.everything() == before) == (["ws"], True)
        assert "dwb_client_certificate: has no pkcs12_src" in said
        assert "dwb_client_store_user: is empty" in said
