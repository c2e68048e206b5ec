# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From what every server of a cluster is like to one plan for the cluster."""

from __future__ import annotations

from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..errors import Finding
from ..observation import ABSENT

# DPUs fetch from the master when they start, so it is up before them; the others come last (dossier 6.4).
_ORDER = {"master": 0, "dpu": 1, "fsu": 2, "repeater": 3}


@dataclass(frozen=True)
class Member:
    """
    One server of a cluster.

    Attributes:
        host: Its name in the inventory.
        survey: What ``node_info`` returned, empty when it returned nothing.
        failure: Why it cannot take part, empty when it can.
        stopped: The rollout that has stopped it in this play, empty when none has.
    """

    host: str
    survey: Mapping[str, Any] = field(default_factory=dict)
    failure: str = ""
    stopped: str = ""

    @property
    def role(self) -> str:
        """Return master, dpu, fsu or repeater."""
        return str(self.survey.get("role", ""))

    @property
    def served(self) -> str:
        """Return the SHA-256 of the certificate it presents, empty when it presents none."""
        return str(self.survey.get("served", {}).get("fingerprint") or "")

    @property
    def run(self) -> str:
        """Return the rollout that is not finished here, empty when there is none."""
        marker = self.survey.get("marker", {})
        return str(self.survey.get("interrupted") or (marker.get("run", "") if marker.get("restart_pending") else ""))


@dataclass(frozen=True)
class ClusterPlan:
    """
    What a rollout has to do.

    Attributes:
        run: The unfinished rollout that is to be finished, else a new identifier.
        master: The host that holds the configuration.
        due: By host, the phases in which something is to be changed.
        activate: Hosts whose server has to be restarted, in the order they are started.
        canary: The one that is restarted first, without a change of configuration; empty when that would prove nothing.
        findings: By host, everything that keeps the rollout from starting.
    """

    run: str
    master: str
    due: Mapping[str, Sequence[str]]
    activate: Sequence[str]
    canary: str
    findings: Mapping[str, Sequence[Finding]]

    @property
    def needed(self) -> bool:
        """Tell whether anything is to be done at all."""
        return bool(self.activate) or any(self.due.values())


def plan_cluster(members: Sequence[Member], *, consent: bool, partial: bool = False) -> ClusterPlan:
    """
    Return the plan of one cluster.

    Args:
        members: All servers of the cluster, in inventory order.
        consent: Whether the operator accepts that servers are restarted (dossier 1.1: each may be one-way).
        partial: Whether *members* may be a part of the cluster, for reading only.
    """
    masters = [member for member in members if member.role == "master"]
    due = {member.host: _due(member, masters) for member in members}
    order = sorted(members, key=lambda member: _ORDER.get(member.role, len(_ORDER)))
    activate = [member for member in order if _must_restart(member, due[member.host])]
    findings = {member.host: _member_findings(member) for member in members}
    if not partial:
        _add_cluster_findings(findings, members, masters)
    if activate and not consent:
        hosts = ", ".join(member.host for member in activate)
        findings[activate[0].host].append(Finding(
            "dwb_restart_consent", f"{hosts} must be restarted, and a server whose licence is not current does not start again",
            "make sure of the licences, then set dwb_restart_consent: true", "consent"))
    return ClusterPlan(
        run=_run(members, masters), master=masters[0].host if masters else "", due=due,
        activate=[member.host for member in activate], canary=_canary(activate, due), findings=findings)


def _due(member: Member, masters: Sequence[Member]) -> list[str]:
    """Return the phases with changes; a pulled file is compared with what its master's will be, torn files are done again."""
    if member.survey.get("interrupted"):
        return list(member.survey.get("changes", {}))
    due = [phase for phase, changes in member.survey.get("changes", {}).items() if changes]
    if differs_from_master(member, masters) and "configuration" in member.survey.get("changes", {}) and "configuration" not in due:
        due.append("configuration")
    return due


def differs_from_master(member: Member, masters: Sequence[Member]) -> bool:
    """
    Tell whether a server that pulls its configuration holds other bytes than its master will hold.

    Args:
        member: Any server.
        masters: The first one counts; without a master nothing can differ.
    """
    follows = member.survey.get("follows")
    if not follows or not masters:
        return False
    source = masters[0].survey.get("files", {})
    own = member.survey.get("files", {})
    pairs = [(own.get("communications", {}), source.get(follows, {}))]
    if own.get("processing", {}).get("sha256", ABSENT) != ABSENT:
        pairs.append((own["processing"], source.get("processing", {})))
    return any(mine.get("sha256") != other.get("planned_sha256") for mine, other in pairs)


def _must_restart(member: Member, due: Sequence[str]) -> bool:
    """Tell by what is served and by the marker; a server that has not read what is on its disk must restart."""
    if not member.survey:
        return False
    marker = member.survey.get("marker", {})
    return bool(due) or bool(marker.get("restart_pending")) or member.served != member.survey.get("wanted")


def _member_findings(member: Member) -> list[Finding]:
    if member.failure:
        return [Finding("node", member.failure, "make it reachable, become included, then run again", "vanished")]
    findings = [Finding(**finding) for finding in member.survey.get("findings", ())]
    error = member.survey.get("served", {}).get("error")
    if error and not member.run and not findings:
        findings.append(Finding("TLS", f"the server does not answer: {error}",
                                "start it first: a rollout begins with servers that are known to work", "down"))
    return findings


def _add_cluster_findings(findings: dict[str, list[Finding]], members: Sequence[Member], masters: Sequence[Member]) -> None:
    if len(masters) != 1 and members and not any(member.failure for member in members):
        hosts = ", ".join(member.host for member in masters) or "none"
        findings[members[0].host].append(Finding("cluster", f"has not exactly one master: {hosts}",
                                                 "put one host of the cluster into the group dwb_master", "master"))
    runs = sorted({member.run for member in members if member.run})
    if len(runs) > 1:
        findings[members[0].host].append(Finding("cluster", f"has {len(runs)} unfinished rollouts: {', '.join(runs)}",
                                                 f"take the last one back first: certops.rollout.rollback -e dwb_run={runs[-1]}", "runs"))


def _run(members: Sequence[Member], masters: Sequence[Member]) -> str:
    unfinished = max((member.run for member in members), default="")
    proposed = (str(member.survey.get("proposed_run", "")) for member in (*masters, *members))
    return unfinished or next((run for run in proposed if run), "")


def _canary(activate: Sequence[Member], due: Mapping[str, Sequence[str]]) -> str:
    """Return a DPU that restarts as it is; where its master holds the new configuration already, it would pull that (dossier 6.2)."""
    if not any(member.role == "master" and "configuration" in due[member.host] for member in activate):
        return ""
    for member in activate:
        if member.role == "dpu" and member.served and "configuration" in due[member.host]:
            return member.host
    return ""


@dataclass(frozen=True)
class WayBack:
    """
    How a rollout is taken back.

    Attributes:
        run: Which one; empty when there is none to take back.
        restore: Hosts whose files it changed.
        stop: Those that must not run meanwhile, because their configuration is among these files.
        restart: Those that have read a trust bundle which is taken back: what they serve does not tell.
        stays: Why a host is left as it is, by its name; it may present its new certificate, now or after its next start.
        lost: Those of them that could not be reached.
    """

    run: str
    restore: Sequence[str] = ()
    stop: Sequence[str] = ()
    restart: Sequence[str] = ()
    stays: Mapping[str, str] = field(default_factory=dict)
    lost: Sequence[str] = ()

    @property
    def keep_trust(self) -> bool:
        """Tell whether the new anchors stay in every bundle, so that nobody refuses a host that is left as it is."""
        return bool(self.stays)


def plan_way_back(members: Sequence[Member], run: str = "", *, careful: bool = False, missed: Container[str] = ()) -> WayBack:
    """
    Return how to take *run* back.

    Args:
        members: All servers of the cluster.
        run: Identifier of the rollout; empty for the last one, unless that was taken back already.
        careful: Whether a host stays as it is where somebody has changed a file since: to restore it would lose that change.
        missed: Hosts that were lost when this was planned before. What was left because of them is not taken back any more in this play, so
            neither are they.
    """
    markers = {member.host: member.survey.get("marker", {}) for member in members}
    wanted = run or _last_run(members)
    touched = [member for member in members
               if wanted and wanted in {markers[member.host].get("run"), member.survey.get("interrupted")}]
    # A canary, or all servers, may have been stopped before a configuration named the new certificate: then nobody presents it.
    named = careful and any(member.survey.get("leaf_now") for member in touched)
    lost = [member.host for member in members
            if named and member.stopped == wanted and (not member.survey or member.host in missed)]
    stays = _staying(touched, lost) if careful else {}
    touched = [member for member in touched if member.host not in stays]
    stop = [member.host for member in touched
            if "configuration" in markers[member.host].get("phases", ()) or member.survey.get("interrupted")]
    done = [member for member in touched if markers[member.host].get("run") == wanted]
    trusting = [member for member in done if "trust" in markers[member.host].get("phases", ())]
    # One noted restart tells that all were stopped, because they are stopped together: perhaps all have read the new bundle.
    begun = any(not markers[member.host].get("restart_pending") for member in trusting)
    restart = [member.host for member in trusting if (begun or member.stopped == wanted) and not stays]
    return WayBack(wanted, [member.host for member in touched], stop, restart, stays, lost)


def _staying(touched: Sequence[Member], lost: Sequence[str]) -> dict[str, str]:
    """
    Return the hosts that cannot be taken back, each with the reason.

    A master and those that pull its configuration stay together (dossier 6.2): taken back alone, a server pulls the new one at its next
    start, which names a certificate that is gone; left alone, it pulls the old one.
    """
    edited = {member.host: f"somebody has changed {', '.join(member.survey['edited'])} since"
              for member in touched if member.survey.get("edited")}
    gone = dict.fromkeys(lost, "it was lost while the servers were activated")
    sharing = {member.host: "it shares its configuration with a server that is left as it is"
               for member in touched if member.role == "master" or member.survey.get("follows")}
    return {**sharing, **gone, **edited} if gone or not sharing.keys().isdisjoint(edited) else edited


def check_way_back(members: Sequence[Member], way: WayBack) -> list[Finding]:
    """
    Return what stands against taking a rollout back on all nodes; half a way back splits the trust as half a rollout does.

    Args:
        members: All servers of the cluster.
        way: As planned for them.
    """
    findings = [Finding(f"{member.host}: node", member.failure,
                        "make it reachable, or leave it out by --limit and -e dwb_force=true", "vanished")
                for member in members if member.failure and way.run]
    # Taken back under another controller's hands, one half of the cluster would go forward and the other half back.
    findings += [replace(found, where=f"{member.host}: {found.where}") for member in members if way.run
                 for found in (Finding(**finding) for finding in member.survey.get("findings", ())) if found.rule == "rollout"]
    return findings + [Finding(f"{member.host}: {path}", f"was changed by somebody since rollout {way.run}",
                               "keep a copy of it, then take back all the same with -e dwb_force=true", "edited")
                       for member in members if member.host in way.restore for path in member.survey.get("edited", ())]


def _last_run(members: Sequence[Member]) -> str:
    """Return the newest rollout that is not taken back: identifiers begin with their time, so the greatest is the newest."""
    newest = max((str(member.survey.get("marker", {}).get("run", "")) for member in members), default="")
    taken_back = max((str(member.survey.get("taken_back", "")) for member in members), default="")
    unfinished = max((member.run for member in members), default="")
    return unfinished or (newest if newest >= taken_back else "")


def plan_restarts(members: Sequence[Member], also: Collection[str] = ()) -> list[str]:
    """
    Return the hosts whose server does not serve what is on its disk, in the order they are to be started.

    Args:
        members: All servers of the cluster.
        also: Hosts to be restarted whatever they serve.
    """
    order = sorted(members, key=lambda member: _ORDER.get(member.role, len(_ORDER)))
    return [member.host for member in order
            if member.survey and (member.served != member.survey.get("presents") or member.host in also)]
