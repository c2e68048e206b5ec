# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Faults and attacks, made on purpose, counted: experiments that try to break what the collection promises."""

from __future__ import annotations

from . import (
    away,
    cluster,
    controllers,
    cuts,
    disks,
    expiry,
    failing,
    kills,
    liars,
    names,
    networks,
    plays,
    refusals,
    rivals,
    runs,
    secrets,
    times,
    workstation,
)
from .fuzzing import fuzz
from .outcome import Experiment
from .targets import TARGETS

EXPERIMENTS: dict[str, Experiment] = {
    "kill-command": kills.at_every_command, "kill-moment": kills.at_random_moments,
    "disk-full": disks.full, "disk-broken": refusals.broken, "disk-read-only": disks.read_only,
    "disk-io-error": failing.errors, "disk-bytes": failing.full, "disk-slow": failing.slow,
    "network-answers": networks.answers, "network-requests": networks.requests,
    "ssh-cut": cuts.ssh, "connection-lost": cuts.lost,
    "two-commits": rivals.commits, "saved-meanwhile": rivals.saves,
    "lying-node": liars.nodes, "hostile-names": names.certificates, "hostile-files": plays.files,
    "secrets-script": secrets.script,
    "time-certificates": times.certificates, "time-clocks": times.clocks,
    "controller-task": cluster.at_every_task, "controller-moment": cluster.at_random_moments,
    "two-controllers": controllers.at_once, "half-away": away.half,
    "expires-meanwhile": expiry.meanwhile, "secrets-run": runs.whole,
    "workstation-saves": workstation.saves,
    **{f"fuzz-{name}": fuzz(name) for name in TARGETS},
}
