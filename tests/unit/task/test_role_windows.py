# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The role where a node is Windows: its own files, read and evaluated by Ansible's own templates on answers of Windows modules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

from unit.source import ROOT
from unit.windows import answer

ROLE = ROOT / "roles/dwb_cluster"
BOTH = {"dwb_service_name": "Insight", "dwb_service_sid": "S-1-5-20"}


def read(name: str) -> Any:
    """Return the content of a YAML file of the role."""
    return yaml.safe_load((ROLE / name).read_text(encoding="utf-8"))


def templar(**variables: Any) -> Templar:
    """Return Ansible's templates with the variables of the role and others."""
    own = {name: trust_as_template(text) for name, text in read("vars/main.yml").items()}
    return Templar(DataLoader(), variables=own | variables)


def value(name: str, **variables: Any) -> Any:
    """Return what the role's own variable *name* is for a host with *variables*."""
    return templar(**variables).template(trust_as_template("{{ " + name + " }}"))


class TestFindService:
    @pytest.mark.parametrize("job", ["rollout", "preflight", "rollback", "finish", None])
    def test_is_asked_for_by_jobs_that_may_stop_it(self, job: str | None) -> None:
        """A name that was given may be mistyped; unless the server is stopped in another way."""
        variables = {"dwb_job": job} if job else {}

        assert value("__dwb_cluster_find_service", **variables) is True
        assert value("__dwb_cluster_find_service", **variables, dwb_service_name="Insight") is True
        assert value("__dwb_cluster_find_service", **variables, **BOTH) is True
        assert value("__dwb_cluster_find_service", **variables, dwb_service_manager="command") is False

    @pytest.mark.parametrize("job", ["drift", "verify", "tell", "survey_as_is"])
    def test_costs_the_others_nothing(self, job: str) -> None:
        """They look, and one call per node is enough for it."""
        assert value("__dwb_cluster_find_service", dwb_job=job) is False


class TestServiceName:
    def test_is_the_operators_or_the_one_found(self) -> None:
        """In that order."""
        found = {"__dwb_cluster_survey": {"service": {"name": "InsightServer"}}}

        assert value("__dwb_cluster_service_name", **found) == "InsightServer"
        assert value("__dwb_cluster_service_name", **found, **BOTH) == "Insight"

    @pytest.mark.parametrize("survey", [{}, {"service": {}}])
    def test_is_never_guessed(self, survey: dict[str, Any]) -> None:
        """Without either, the task fails before it stops anything, and says what to give."""
        with pytest.raises(AnsibleError, match="give dwb_service_name"):
            value("__dwb_cluster_service_name", __dwb_cluster_survey=survey)


class TestWinService:
    CHANGE, WAIT = read("tasks/service_win_service.yml")

    def test_is_the_default_of_windows_only(self) -> None:
        """One place decides."""
        assert value("__dwb_cluster_manager", __dwb_cluster_survey={"system": "windows"}) == "win_service"
        assert value("__dwb_cluster_manager", __dwb_cluster_survey={"system": "posix"}) == "systemd"

    def test_gets_a_name_and_a_state(self) -> None:
        """Nothing else: start mode, account and path stay as they are."""
        assert set(self.CHANGE["ansible.windows.win_service"]) == {"name", "state"}

    @pytest.mark.parametrize(("state", "retries"), [("stopped", 90), ("started", 0)])
    def test_tries_a_stop_again(self, state: str, retries: int) -> None:
        """A server that is still starting takes no stop; one that did not start is not started again and again."""
        variables = {"__dwb_cluster_state": state, "dwb_stop_timeout": 900}

        assert int(templar(**variables).template(trust_as_template(self.CHANGE["retries"]))) == retries
        assert value("__dwb_cluster_service_timeout", **variables) == (900 if state == "stopped" else 600)

    @pytest.mark.parametrize(("seen", "arrived"), [("stopped", True), ("stop_pending", False), ("started", False)])
    def test_waits_for_the_state_that_is_seen(self, seen: str, arrived: bool) -> None:
        """As win_service_info tells it; what win_service returns is only what it was asked for."""
        told = answer("win_service_info_stopping")
        told["services"][0]["state"] = seen
        variables = {"__dwb_cluster_state": "stopped", "__dwb_cluster_step": told}

        assert templar(**variables).evaluate_conditional(trust_as_template(self.WAIT["until"])) is arrived

    @pytest.mark.parametrize("told", [answer("win_service_stop"), {"failed": True}, {"services": []}])
    def test_takes_no_other_answer_for_it(self, told: dict[str, Any]) -> None:
        """A service that is not there has not stopped."""
        variables = {"__dwb_cluster_state": "stopped", "__dwb_cluster_step": told}

        assert templar(**variables).evaluate_conditional(trust_as_template(self.WAIT["until"])) is False


class TestFacts:
    @pytest.mark.parametrize("path", [*(ROOT / "playbooks").glob("*.yml"), *(ROLE / "tasks").glob("*.yml")], ids=lambda path: path.name)
    def test_are_not_gathered(self, path: Path) -> None:
        """Nothing is read of what setup returns: the system is told by the survey, on Windows as on POSIX."""
        text = path.read_text(encoding="utf-8")

        assert not [word for word in ("ansible_facts", "ansible_os_family", ".setup:") if word in text]
        assert text.count("hosts:") == text.count("gather_facts: false")
