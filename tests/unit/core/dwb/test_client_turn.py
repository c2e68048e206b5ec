# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One client's turn: trust at once, its own certificate when no server refuses it, and a restart that leaves web servers alone."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.client.turn import (
    Service,
    check_service,
    find_drift,
    plan_client,
    refusals,
)
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.cluster import Member

from unit.builders import SERVER, Authority, make_root
from unit.core.findings import rules

PHASES = ("trust", "certificate", "configuration")
CHANGE = {"path": "/opt/report/Certificates/trust_ca_cert.pem", "action": "add 2 anchors"}
SYSTEMD = Service("systemd", {"name": "report"})
NOBODY = Service("none")
FINDING = {"where": "/etc/txlogd.conf", "problem": "has CertPath twice", "remedy": "take one out", "rule": "txlogd"}


def survey(*due: str, **facts: Any) -> dict[str, Any]:
    """Return the survey of a Report Server; *due* phases have a change."""
    changes = {phase: [CHANGE] if phase in due else [] for phase in PHASES}
    return {"kind": "report_server", "changes": changes, "findings": [], "warnings": [],
            "restart_pending": False, "interrupted": "", "marker": {"run": "before"}, "proposed_run": "next", "leaf_after": "", **facts}


def server(anchor: Authority, **facts: Any) -> Member:
    """Return a server that trusts *anchor*."""
    return Member("insight-1", {"bundle_after": anchor.pem.decode(), "marker": {}, "leaf_now": "", **facts})


@pytest.fixture(scope="module")
def company() -> Authority:
    """Return the company's CA."""
    return make_root("Corp Root")


@pytest.fixture(scope="module")
def leaf(company: Authority) -> str:
    """Return the PEM of a client's own certificate."""
    return company.issue("Report 01").cert_pem.decode()


class TestPlanClient:
    def test_needs_nothing_when_all_is_as_wanted(self) -> None:
        """No change, no restart, no note, whatever is known of the service."""
        plan = plan_client(survey(), [], Service("systemd"))

        assert (plan.needed, plan.restart, plan.findings, plan.warnings) == (False, False, [], [])

    def test_gives_trust_without_asking_the_servers(self) -> None:
        """Trust is for what comes; no server has to be there for it."""
        plan = plan_client(survey("trust"), [Member("lost", {}, "unreachable")], SYSTEMD)

        assert (plan.needed, plan.phases, plan.restart, plan.run) == (True, ["trust"], True, "next")
        assert (plan.findings, plan.warnings) == ([], [])

    def test_presents_its_certificate_when_every_server_takes_it(self, company: Authority, leaf: str) -> None:
        """All phases at once, and one restart."""
        plan = plan_client(survey(*PHASES, leaf_after=leaf), [server(company)], SYSTEMD)

        assert (plan.phases, plan.restart, plan.warnings) == ([*PHASES], True, [])

    def test_keeps_its_certificate_back_while_one_server_refuses_it(self, company: Authority, leaf: str) -> None:
        """Its trust is extended all the same, and the operator is told who is to be rolled out first."""
        plan = plan_client(survey(*PHASES, leaf_after=leaf), [server(company), server(make_root("Old Root"))], SYSTEMD)

        assert (plan.phases, plan.restart) == (["trust"], True)
        assert len(plan.warnings) == 1
        assert "insight-1 refuses it: error 20" in plan.warnings[0]
        assert plan.warnings[0].endswith("run certops.rollout.rollout, then this again")

    def test_is_idle_while_all_that_is_left_waits(self, leaf: str) -> None:
        """Nothing is restarted for a certificate that is not installed."""
        plan = plan_client(survey("certificate", "configuration", leaf_after=leaf), [server(make_root("Old Root"))], SYSTEMD)

        assert (plan.needed, plan.restart, len(plan.warnings)) == (False, False, 1)

    def test_finishes_a_run_whose_restart_is_pending(self) -> None:
        """Under its own name, so that its changes can be taken back together."""
        plan = plan_client(survey(restart_pending=True), [], SYSTEMD)

        assert (plan.needed, plan.restart, plan.note, plan.run) == (True, True, True, "before")

    def test_does_torn_files_again(self) -> None:
        """What an interrupted transaction wrote is not known."""
        plan = plan_client(survey(interrupted="torn"), [], SYSTEMD)

        assert (plan.phases, plan.run, plan.restart) == ([*PHASES], "torn", True)

    def test_passes_findings_on(self) -> None:
        """What stands against the client's files stands against its turn."""
        assert rules(plan_client(survey(findings=[FINDING]), [], SYSTEMD).findings) == ["txlogd"]


class TestClientThatNobodyRestarts:
    def test_is_changed_and_warned_of(self) -> None:
        """A Workstation is started by who sits before it."""
        plan = plan_client(survey("trust"), [], NOBODY)

        assert (plan.needed, plan.restart, plan.note) == (True, False, False)
        assert "-e dwb_client_restarted=true" in plan.warnings[0]

    def test_is_no_unfinished_run(self) -> None:
        """What was changed weeks ago is not taken back with what is changed today."""
        plan = plan_client(survey("trust", restart_pending=True), [], NOBODY)

        assert (plan.run, plan.note, len(plan.warnings)) == ("next", False, 1)

    def test_is_noted_when_the_operator_says_so(self) -> None:
        """Nothing else is done."""
        plan = plan_client(survey(restart_pending=True), [], Service("none", restarted=True))

        assert (plan.needed, plan.note, plan.restart, plan.run, plan.warnings) == (True, True, False, "before", [])

    def test_is_not_noted_when_it_has_something_new_to_read(self) -> None:
        """It was started anew before that was written."""
        plan = plan_client(survey("trust", restart_pending=True), [], Service("none", restarted=True))

        assert (plan.note, len(plan.warnings)) == (False, 1)


class TestStore:
    def test_is_filled_when_every_server_takes_the_certificate(self, company: Authority, leaf: str) -> None:
        """No survey shows what is in it, so that is looked at each time."""
        assert plan_client(survey(leaf_after=leaf), [server(company)], NOBODY, store=True).store

    def test_waits_for_servers_as_a_file_does(self, leaf: str) -> None:
        """A store is no way around them."""
        plan = plan_client(survey(leaf_after=leaf), [server(make_root("Old Root"))], NOBODY, store=True)

        assert (plan.store, plan.needed, len(plan.warnings)) == (False, False, 1)


class TestCheckService:
    @pytest.mark.parametrize(("manager", "missing"), [("none", 0), ("win_service", 1), ("systemd", 1), ("command", 3)])
    def test_names_every_variable_that_is_missing(self, manager: str, missing: int) -> None:
        """Before anything is written, not when the client is to be stopped."""
        findings = check_service(Service(manager), sensor=False)

        assert rules(findings) == ["service"] * missing
        assert all(finding.where.startswith("dwb_client_") for finding in findings)

    def test_counts_for_clients_that_are_restarted_only(self) -> None:
        """What runs on needs no service."""
        assert rules(plan_client(survey("trust"), [], Service("systemd")).findings) == ["service"]
        assert plan_client(survey(), [], Service("systemd")).findings == []

    @pytest.mark.parametrize("name", ["httpd", "apache2.service", "W3SVC", "Tomcat9"])
    def test_refuses_a_web_server_for_a_transmitter(self, name: str) -> None:
        """Of a Sensor the transmitter is restarted, never what it sits in."""
        assert rules(check_service(Service("systemd", {"name": name}, "dwb_sensor_"), sensor=True)) == ["web-server"]
        assert check_service(Service("systemd", {"name": name}), sensor=False) == []

    def test_takes_a_transmitter(self) -> None:
        """The name that the operator gave it."""
        assert check_service(Service("systemd", {"name": "txlogd"}, "dwb_sensor_"), sensor=True) == []


class TestRefusals:
    def test_are_none_without_a_certificate_of_its_own(self) -> None:
        """A licence certificate is known to all servers."""
        assert refusals(survey(), [Member("lost", {}, "unreachable")]) == []

    @pytest.mark.parametrize(("facts", "problem"), [
        ({"bundle_after": ""}, "cannot be read"), ({"bundle_after": "x"}, "refuses it"),
        ({"marker": {"restart_pending": True}}, "has not read")])
    def test_name_servers_that_may_refuse(self, company: Authority, leaf: str, facts: dict[str, Any], problem: str) -> None:
        """A bundle that nobody has read, or that is none, trusts nobody."""
        [finding] = refusals(survey(leaf_after=leaf), [server(company, **facts)])

        assert problem in finding.problem

    @pytest.mark.parametrize(("servers", "problem"), [([], "no server"), ([Member("lost", {}, "gone")], "lost could not be asked: gone")])
    def test_include_servers_that_nobody_asked(self, leaf: str, servers: list[Member], problem: str) -> None:
        """What is not known is no consent."""
        [finding] = refusals(survey(leaf_after=leaf), servers)

        assert problem in finding.problem

    def test_judge_the_purpose(self, company: Authority) -> None:
        """A certificate for servers only is refused as a client's."""
        for_servers = company.issue("Report 01", eku=(SERVER,)).cert_pem.decode()

        [finding] = refusals(survey(leaf_after=for_servers), [server(company)])

        assert "error 26" in finding.problem


class TestFindDrift:
    def test_is_nothing_when_all_is_as_wanted(self, company: Authority) -> None:
        """Also where a server presents a certificate that the client accepts."""
        presents = company.issue("insight-1").cert_pem.decode()

        assert find_drift(survey(bundle_now=company.pem.decode()), [server(company, leaf_now=presents)], SYSTEMD) == []

    @pytest.mark.parametrize(("facts", "rule"), [
        ({"changes": {"trust": [CHANGE]}}, "drift"), ({"restart_pending": True}, "restart"), ({"interrupted": "torn"}, "interrupted"),
        ({"findings": [FINDING]}, "txlogd")])
    def test_names_what_is_off(self, facts: dict[str, Any], rule: str) -> None:
        """One thing, one finding."""
        assert rules(find_drift(survey(**facts), [], SYSTEMD)) == [rule]

    def test_does_not_blame_what_nobody_restarts(self) -> None:
        """Nobody can tell whether it was."""
        assert find_drift(survey(restart_pending=True), [], NOBODY) == []

    def test_finds_a_server_that_the_client_refuses(self, company: Authority) -> None:
        """It is locked out now, although nothing is asked for that it has not."""
        presents = company.issue("insight-1").cert_pem.decode()
        old = make_root("Old Root").pem.decode()

        [finding] = find_drift(survey(bundle_now=old), [server(company, leaf_now=presents)], SYSTEMD)

        assert (finding.rule, "insight-1" in finding.problem) == ("locked-out", True)

    def test_blames_no_client_without_tls_for_whom_it_would_refuse(self, company: Authority) -> None:
        """A Sensor with SSL off is given no anchors, so it was off every night, and nothing could put that right."""
        presents, old = company.issue("insight-1").cert_pem.decode(), make_root("Old CA").pem.decode()
        told = [find_drift(survey(bundle_now=old, servers=[{"tls": tls}]), [server(company, leaf_now=presents)], SYSTEMD)
                for tls in (False, True)]

        assert [rules(findings) for findings in told] == [[], ["locked-out"]]
