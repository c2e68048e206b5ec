# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A node that lies: its answers are well formed, and hostile; the whole way from the answer to the operator's terminal."""

from __future__ import annotations

import base64
import json
import random
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.cluster import Member, check_way_back, plan_cluster, plan_way_back
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.planner import Wanted, plan_phases
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.report import make_rows, make_table
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.server import read_server
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.survey import Judged, make_survey
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import CoreError, HostError
from ansible_collections.certops.rollout.plugins.plugin_utils._host import wire
from ansible_collections.certops.rollout.plugins.plugin_utils._host.record import Reply
from unit.core.dwb.servers import NOW, Tree, anchors
from unit.fakes import sha256

from .mutate import TOKENS
from .outcome import Effort, Outcome

Record = dict[str, Any]
_NUMBERS: tuple[object, ...] = (0, -1, 1, 2**31, 2**53 - 1, 2**53, 2**63, 10**4000, 1.5, True, None, "1", [], {})
_RUN = "20260314T091500Z-3f9a1c"
_MARKER = {"run": _RUN, "commits": [f"{_RUN}.1-ff-a-1"], "restart_pending": True, "phases": ["trust"], "since": 255, "holder": "a-1",
           "files": {"/a": "absent"}}
_PLAN = Wanted(anchors=anchors(), phases=("trust", "configuration"))


def nodes(effort: Effort) -> Outcome:
    """Let a node tell lies of all kinds; what reaches a person is safe, and nothing but findings and refusals come of it."""
    promise = "no crash, nothing above 1 s, nothing that moves a cursor on the terminal, no file but those that were asked for"
    outcome = Outcome("a node that lies: hashes, numbers, paths, names, markers, files", promise, effort.seed)
    dice, truth = random.Random(effort.seed), _truth()
    for number in range(effort.times(60, otherwise=20_000)):
        records = json.loads(json.dumps(truth))
        for _ignored in range(dice.choice((1, 1, 2, 3))):
            dice.choice(_LIES)(records, dice)
        begun = time.process_time()
        try:
            outcome.count(_tell(outcome, records))
        except Exception as error:   # noqa: BLE001  whatever it is, it would have been a traceback
            outcome.count("crashed")
            outcome.expect(False, f"trial {number}: {type(error).__name__}: {error}")
        taken = time.process_time() - begun
        outcome.expect(taken < 1, f"trial {number}: took {taken:.1f} s")
    return outcome


def _tell(outcome: Outcome, records: list[Record]) -> str:
    """Return how far an answer of these records got: whether it was refused, or what was found."""
    layout = Tree().layout
    output = "".join(json.dumps(record) + "\n" for record in records)
    try:
        observation = wire.observation(Reply("dpu-3", "observe", 0, output), layout.looks())
    except HostError as error:
        outcome.expect(str(error).isprintable(), f"not safe: {error}")
        return "refused"
    server = read_server(layout, observation, now=NOW, window=timedelta(hours=4))
    judged = Judged(findings=server.findings)
    if not server.findings:
        try:
            judged = Judged(plan_phases(server, _PLAN))
        except CoreError as error:
            judged = Judged(findings=error.findings)
    survey = make_survey(server, _PLAN, judged, role="dpu", now=NOW)
    members = [Member("dpu-3", {**survey, "served": {}})]
    plan, way = plan_cluster(members, consent=False), plan_way_back(members)
    told = [*make_table(make_rows(members)), *survey["warnings"], *map(str, server.findings), way.run, *survey["edited"], plan.run,
            *map(str, check_way_back(members, way)), *(str(finding) for found in plan.findings.values() for finding in found)]
    outcome.expect(all(line.isprintable() for line in told), f"not safe: {[line for line in told if not line.isprintable()]}")
    json.dumps(survey)
    paths = {change.path for changes in judged.planned.values() for change in changes}
    outcome.expect(all(path.startswith("/srv/dwb/") and ".." not in path for path in paths), f"would write {paths}")
    return "found out" if judged.findings else "believed, and harmless"


def _truth() -> list[Record]:
    """Return the answer of an honest node with a marker."""
    tree = Tree(files={"../marker": json.dumps(_MARKER).encode()})
    host = tree.host()
    seen = host.observe(tree.layout.looks())
    records: list[Record] = [{"certops": 1, "verb": "observe", "system": "posix", "clock": seen.clock}]
    for look in wire.in_order(tree.layout.looks()):
        if look.suffix is None:
            records.append(_file(seen.files[look.path]))
            continue
        records.append({"glob": _b64(look.path.encode()), "suffix": look.suffix, "type": seen.folders[look.path].kind})
        records += [_file(file) for file in seen.folders[look.path].files]
    return [*records, {"state": "clean"}, {"ok": True}]


def _file(state: Any) -> Record:
    record: Record = {"path": _b64(state.path.encode()), "type": state.kind}
    if state.kind != "file":
        return record
    content = None if state.content is None else _b64(state.content)
    return {**record, "size": state.size, "sha256": state.sha256, "guard": state.guard, "withheld": state.withheld, "content": content}


def _b64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _bytes(value: object) -> bytes:
    """Return what *value* is the base64 of; nothing, if an earlier lie has spoiled it."""
    try:
        return base64.b64decode(str(value))
    except ValueError:
        return b""


# --- lies ----------------------------------------------------------------------------------------


def _number(records: list[Record], dice: random.Random) -> None:
    record = dice.choice(records)
    record[dice.choice([*record])] = dice.choice(_NUMBERS)


def _word(records: list[Record], dice: random.Random) -> None:
    record = dice.choice(records)
    token = dice.choice(TOKENS)
    record[dice.choice([*record])] = dice.choice((_b64(token), token.decode("latin-1"), "locked", "link", "windows", "0" * 64))


def _order(records: list[Record], dice: random.Random) -> None:
    record = records.pop(dice.randrange(len(records)))
    if records and dice.random() < 0.7:
        records.insert(dice.randrange(len(records)), record)


def _twice(records: list[Record], dice: random.Random) -> None:
    records.insert(dice.randrange(len(records)), dict(dice.choice(records)))


def _content(records: list[Record], dice: random.Random) -> None:
    """Give a file other bytes, with a hash that fits."""
    files = [record for record in records if record.get("content")]
    if not files:
        return
    record = dice.choice(files)
    content = _bytes(record["content"])[:4096]
    at = dice.randrange(len(content) + 1)
    content = content[:at] + dice.choice(TOKENS) * dice.choice((1, 1, 3, 200)) + content[at + dice.choice((0, 1, 50)):]
    record.update(content=_b64(content), size=len(content), sha256=sha256(content))


def _name(records: list[Record], dice: random.Random) -> None:
    """Let a folder hold one more file, of a hostile name."""
    folders = [number for number, record in enumerate(records) if record.get("glob") and record.get("type") == "directory"]
    if not folders:
        return
    number = dice.choice(folders)
    name = b"/\x01" + dice.choice(TOKENS) + dice.choice((b"", b"../..", "\u202e".encode()))
    path = _bytes(records[number]["glob"]) + name.replace(b"\n", b"") + str(records[number]["suffix"]).encode()
    record: Record = {"path": _b64(path), "type": "file", "size": 1, "sha256": sha256(b"x"), "guard": "mode=0644", "withheld": 0}
    records.insert(number + 1, {**record, "content": None if records[number]["suffix"] == ".pem" else _b64(b"x")})


def _lock(records: list[Record], dice: random.Random) -> None:
    run = dice.choice(("", "x", f"{_RUN}.1-ff-a-1", "-", "." * 72, f"{_RUN}.1-ff-a-{'9' * 40}"))
    records[-2:-1] = [{"state": dice.choice(("locked", "interrupted")), "run": run, "since": dice.choice(_NUMBERS)}]


def _note(records: list[Record], dice: random.Random) -> None:
    """Let the marker say something else, in well-formed JSON."""
    noted: Record = dict(_MARKER)
    noted[dice.choice([*noted])] = dice.choice([*_NUMBERS, *(token.decode("latin-1") for token in TOKENS), ["x"], {"/b": "y"}])
    content = json.dumps(noted).encode()
    for record in records:
        if record.get("path") == _b64(b"/srv/dwb.certops/marker"):
            record.update(content=_b64(content), size=len(content), sha256=sha256(content))


_LIES: tuple[Callable[[list[Record], random.Random], None], ...] = (
    _number, _word, _order, _twice, _content, _content, _content, _name, _name, _lock, _note, _note)
