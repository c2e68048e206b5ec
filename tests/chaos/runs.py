# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whole rollouts that tell as much as they can, and all that they leave, searched for pieces of keys and passphrases."""

from __future__ import annotations

import random
import resource
import subprocess
import time
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from integration.conftest import PASSPHRASE, use_every_source
from integration.leaks import Secrets, Watch, is_open, outputs
from integration.playbook import finish, kill, start
from integration.steps import Held, hold
from integration.world import Stage
from simulator.cluster import Shape

from .lanes import Trial, run_trials
from .outcome import Effort, Outcome

ENDS = ("arrives", "fails", "is killed", "is a check")
_CALLBACKS = "collect,halt,ansible.builtin.tree,ansible.builtin.junit"


@dataclass(frozen=True)
class Told:
    """
    One run.

    Attributes:
        end: One of ENDS.
        loud: Whether -vvvvv, ANSIBLE_DEBUG and ANSIBLE_KEEP_REMOTE_FILES are given.
        task: Before which task it is killed, counted from 1.
    """

    end: str
    loud: bool
    task: int


def whole(effort: Effort) -> Outcome:
    """Run rollouts of keys that come encrypted, in PKCS#12 and from a variable, and let them end in every way."""
    outcome = Outcome(
        "a rollout that arrives, fails, is killed, or only checks, with `--diff`, a log, `-vvvvv`, ANSIBLE_DEBUG and kept files",
        "no 16 bytes of a key and no passphrase in what is printed, logged or recorded by callbacks, in temporary files, in a report, in "
        "files of nodes that others may read, in command lines and environments, in a core dump", effort.seed)
    dice = random.Random(effort.seed)
    jobs = [Told(end, loud, dice.randint(5, 55)) for end, loud in product(ENDS, (True, False))]
    jobs += [Told("is killed", True, dice.randint(5, 55)) for _ignored in range(4)]
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))   # an operator may have allowed core dumps
    try:
        run_trials(outcome, effort, Shape(dpus=2), jobs if effort.long else [Told("is killed", True, dice.randint(10, 40))], tell)
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))
    return outcome


def tell(stage: Stage, told: Told) -> Trial:
    """Make one trial."""
    trial = Trial(stage.back_to("shipped"), str(told))
    use_every_source(stage)
    secrets = Secrets([stage.leaf(name).key for name in stage.names], [PASSPHRASE])
    if told.end == "fails":
        stage.world.cluster.state(stage.names[2]).misbehave("not-come-back", times=1)
    held, folder = _prepare(stage, told)
    with Watch() as watch:
        stdout, code = _carry_out(held, told)
    ended = f"it {told.end}" if code or told.end != "is killed" else "it ended before it was killed"
    trial.expect("kill" in ended or (code == 0) == (told.end != "fails"), f"ended with {code}")
    trial.expect(any(b"ansible-playbook" in text for text in watch.seen), "no process was seen")
    left = {str(path): path.read_bytes() for path in (*outputs(held.run.folder), *outputs(folder))}
    places = {"printed": stdout.encode(), **left, **_open(trial)}
    leaks = [f"{place}: {forms}" for place, content in places.items() if (forms := secrets.found(content))]
    trial.expect(not leaks, f"leaked: {leaks}")
    trial.expect(not any(secrets.found(text) for text in watch.seen), "leaked: in a command line or an environment")
    _plant(trial, secrets, folder)
    trial.ended = f"{ended}, {len(leaks) or 'nothing'} found"
    return trial


def _prepare(stage: Stage, told: Told) -> tuple[Held, Path]:
    """Return the run and the folder of what it is asked to write beside what it prints."""
    loud = {"ANSIBLE_DEBUG": "1", "ANSIBLE_KEEP_REMOTE_FILES": "1"} if told.loud else {}
    folder = stage.folder / f"told-{time.monotonic_ns()}"
    folder.mkdir()
    arguments = [*(["-vvvvv"] if told.loud else []), *(["--check"] if told.end == "is a check" else [])]
    held = hold(
        stage, "rollout", *arguments, "--diff", "-e", f"dwb_report_path={folder / 'report.json'}", callbacks=_CALLBACKS,
        ANSIBLE_LOG_PATH=str(folder / "ansible.log"), ANSIBLE_CALLBACK_TREE_DIR=str(folder / "tree"),
        JUNIT_OUTPUT_DIR=str(folder / "junit"), **loud)
    return held, folder


def _carry_out(held: Held, told: Told) -> tuple[str, int]:
    """Return what the run printed, as far as it got, and its exit status."""
    if told.end != "is killed":
        result = finish(held.run)
        return result.stdout, result.rc
    with start(held.run) as process:
        while len(held.steps()) < told.task:
            try:   # what it prints has to be read all the time
                return process.communicate(timeout=0.05)[0], process.returncode
            except subprocess.TimeoutExpired:
                continue
        return kill(process, whole=True), process.returncode


def _open(trial: Trial) -> dict[str, bytes]:
    """Return every file of a node that others may read, or that is a core dump, unless it was there before: licences are shipped so."""
    stage = trial.stage
    roots = [folder for name in stage.names for folder in (stage.node(name).root, stage.state(name)) if folder.exists()]
    found = {str(path): path.read_bytes() for root in roots for path in sorted(root.rglob("*"))
             if path.is_file() and (is_open(path, root.parent) or path.name.startswith("core"))}
    return {path: content for path, content in found.items() if trial.files.get(path) != content}


def _plant(trial: Trial, secrets: Secrets, folder: Path) -> None:
    """Make sure that a key would have been found where it was searched for."""
    planted = folder / "planted"
    planted.write_bytes(b"x" + trial.stage.leaf(trial.stage.names[0]).key_pem[600:640])
    trial.expect(any(secrets.found(path.read_bytes()) for path in outputs(folder)), "the search finds nothing at all")
