# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bad networks: what arrives of an answer is cut, doubled or mixed; what arrives of a request is cut."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import HostError
from ansible_collections.certops.rollout.plugins.plugin_utils._core.observation import Look
from ansible_collections.certops.rollout.plugins.plugin_utils._host import wire
from ansible_collections.certops.rollout.plugins.plugin_utils._host.record import Reply
from unit.fakes import sha256
from unit.host.answers import CLEAN, OK, b64, file_of, head, reply

from .nodes import is_clean, make_node, request, state
from .outcome import Effort, Outcome

_KB = 1024


def answers(effort: Effort) -> Outcome:
    """Cut and double the answers of a node at every KB."""
    outcome = Outcome("an answer that is cut, doubled, or begins anew, at every KB", "refused, or read as what the node said", effort.seed)
    looks = [Look(f"/srv/dwb/{number}.cfg") for number in range(effort.times(2, otherwise=16))]
    texts = [bytes([65 + number]) * 20_000 for number in range(len(looks))]
    files = [file_of(look, size=len(text), sha256=sha256(text), content=b64(text)) for look, text in zip(looks, texts, strict=True)]
    seen = _reader("observe", lambda got: wire.observation(got, looks))
    done = _reader("commit", lambda got: wire.done(got, ["/a"]))
    for read, whole in ((seen, reply(head(), *files, CLEAN, OK).output), (done, reply(head("commit"), {"done": b64("/a")}, OK).output)):
        truth = read(whole)
        for damaged in _damaged(whole):
            said = read(damaged)
            outcome.count("refused" if said is None else "read as it was said" if said == truth else "misread")
            outcome.expect(said in (None, truth), f"misread: {len(damaged)} characters")
    return outcome


def _reader(verb: str, read: Callable[[Reply], object]) -> Callable[[str], object]:
    def said(output: str) -> object:
        try:
            return read(Reply("dpu-3", verb, 0, output))
        except HostError:
            return None
    return said


def _damaged(whole: str) -> Iterator[str]:
    step = min(_KB, max(1, len(whole) // 40))
    for at in range(0, len(whole), step):
        yield whole[:at]
        yield whole[:at] + whole
        yield whole[:at] + whole[at + step:]
        yield whole[: at + step] + whole[at:]
    yield whole + whole


def requests(effort: Effort) -> Outcome:
    """Cut the request of a commit at every KB, as a connection does that drops."""
    outcome = Outcome("a request that is cut at every KB", "nothing is changed, and nothing left behind", effort.seed)
    rows = "".join(row + "\n" for row in request(make_node(effort.folder)))
    cuts = [*range(0, len(rows) - 1, _KB), len(rows) - 1, len(rows) - 5]
    random.Random(effort.seed).shuffle(cuts)
    for cut in cuts[: effort.times(2, otherwise=len(cuts))]:
        host = make_node(effort.folder)
        answer = host.send(rows[:cut].split("\n"))
        whole = cut == len(rows) - 1   # send ends the last row
        outcome.count("done" if answer.code == 0 else f"refused, exit status {answer.code}")
        outcome.expect(state(host) == ("new" if whole else "old") and is_clean(host), f"cut at {cut}: {state(host)}")
    return outcome
