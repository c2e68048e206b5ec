# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A certificate that is rolled out expires while the rollout is at work: that of a server, or that of the CA which has issued it."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from integration.playbook import Result, read_result, start
from integration.steps import LAST, Held, hold
from integration.world import Stage
from simulator.cluster import Shape

from .lanes import Trial, left_behind, run_trials, tail
from .outcome import Effort, Outcome


@dataclass(frozen=True)
class Short:
    """
    What expires, and when.

    Attributes:
        seconds: How long it is valid still when the rollout is begun; certificates count whole seconds.
        authority: Whether it is the issuing CA's certificate, else that of the last server.
    """

    seconds: int
    authority: bool


def meanwhile(effort: Effort) -> Outcome:
    """Roll out what expires in so many seconds, where the operator has asked for no days of validity."""
    outcome = Outcome(
        "a rollout of a certificate, or of a CA's, that expires within seconds, with `dwb_min_days: 0`",
        "refused before anything is touched, or taken back, or all done before it expired; never exit status 0, or no problem in "
        "the report, with an expired certificate at the last look", effort.seed)
    dice = random.Random(effort.seed)
    every = [Short(seconds, authority) for seconds in (0, *range(2, 16, 2)) for authority in (False, True)]
    jobs = every if effort.long else [Short(dice.choice((3, 4, 5)), dice.random() < 0.5)]
    run_trials(outcome, effort, Shape(), jobs, roll_out)
    return outcome


def roll_out(stage: Stage, short: Short) -> Trial:
    """Make one trial."""
    stage.back_to("shipped")
    end = _issue(stage, short)
    trial = Trial(stage, str(short))
    report = stage.folder / "report.json"
    report.unlink(missing_ok=True)
    held = hold(stage, "rollout", "-e", f"dwb_report_path={report}")
    with start(held.run) as process:
        stdout, _ignored = process.communicate(timeout=240)
    result = read_result(held.run, rc=process.returncode, stdout=stdout)
    _judge(trial, result, held, end, json.loads(report.read_text()) if report.exists() else {})
    return trial


def _issue(stage: Stage, short: Short) -> datetime:
    """Issue what expires, and return when it does."""
    company = stage.world.company
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=short.seconds)
    name = stage.names[-1]
    stage.common = {"dwb_min_days": 0}
    if not short.authority:
        stage.pem(name).write_bytes(company.issuing.issue(name, key=f"rsa2048/{name}", not_after=end).pem)
        return end
    issuing = company.policy.intermediate("Short Issuing CA", not_after=end)
    (stage.world.pki / "issuing.pem").write_bytes(issuing.pem)
    for server in stage.names:
        stage.pem(server).write_bytes(issuing.issue(server, key=f"rsa2048/{server}").pem)
    return end


def _judge(trial: Trial, result: Result, held: Held, end: datetime, report: dict[str, Any]) -> None:
    steps = held.steps()
    looked = max((step.time for step in steps if step.name == LAST), default=0)
    ok = bool(report.get("nodes")) and not any(row["problems"] for row in report["nodes"])
    new = {name: row["served"] for name, row in ((row["node"], row) for row in report.get("nodes", ()))} != trial.served
    if result.rc == 0:
        trial.expect(looked < end.timestamp(), f"exit status 0, expired {looked - end.timestamp():.1f} s before the last look")
        trial.expect(ok, f"exit status 0, and the report has {report}")
        trial.ended = "arrived before it expired"
        return
    trial.expect(not (ok and new), f"exit status {result.rc}, and the report is without a problem: {report}")
    trial.expect(trial.state() == "taken back", f"exit status {result.rc}, {trial.state()}: {tail(result)}")
    trial.expect(not left_behind(trial.stage), f"left behind: {left_behind(trial.stage)}")
    trial.ended = "refused, nothing was touched" if "Nothing was touched." in result.stdout else "taken back"
