# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Parts (d), (e) and (g): the rehearsal, what travels to a node and back, and the parsers, all without Ansible."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from ansible_collections.certops.rollout.plugins.plugin_utils._core import bundle as trust
from ansible_collections.certops.rollout.plugins.plugin_utils._core import cfg, cfg_edit, handshake, pem, x509
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.layout import make_layout
from ansible_collections.certops.rollout.plugins.plugin_utils._core.plan import replacing
from ansible_collections.certops.rollout.plugins.plugin_utils._core.rehearsal import Party, rehearse
from ansible_collections.certops.rollout.plugins.plugin_utils._core.requirements import check_anchors
from ansible_collections.certops.rollout.plugins.plugin_utils._host.connection import ConnectionHost
from ansible_collections.certops.rollout.plugins.plugin_utils._host.port import StateFolder
from demo.world import Company
from simulator import shipped
from unit.builders import Authority, make_root

from .bench import Bench, Part, Ratio
from .measure import Cost, Series

_PARTIES = 100
_CACHES: tuple[Any, ...] = (pem._known, cfg.parse, x509._parsed, x509._is_signed_by, handshake._context, handshake._script)


def timed(work: Callable[[], object], rounds: int) -> Series:
    """
    Return what *work* costs in this process; nothing is remembered from one round to the next.

    Args:
        work: Called once a round.
        rounds: At least one.
    """
    series = Series()
    for _ignored in range(rounds):
        for cached in _CACHES:
            cached.cache_clear()
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        series.costs.append(Cost(time.perf_counter() - wall, time.process_time() - cpu))
    return series


def rehearsal(bench: Bench) -> Part:
    """Measure (d): a hundred certificates before a hundred bundles, both purposes; bundles are equal, differ in strangers, or in CAs."""
    part = Part(f"rehearsal of {_PARTIES} x {_PARTIES}")
    company = Company.found()
    kinds: dict[str, Callable[[int], Authority | None]] = {
        "equal bundles": lambda _number: None,
        "each bundle with another stranger's CA": lambda number: make_root(f"Customer {number}", key="rsa2048/customer"),
        "each bundle with another CA of the same name": lambda _number: make_root("Plant Root CA", key="rsa2048/customer"),
    }
    for kind, more in kinds.items():
        parties = [_party(company, number, more(number)) for number in range(_PARTIES)]
        series = timed(partial(rehearse, "activated", parties), bench.rounds)
        part.add(kind, series)
        part.ratios.append(Ratio(f"rehearsal, {kind}, seconds", [cost.wall for cost in series.costs], 10))
    return part


def _party(company: Company, number: int, more: Authority | None) -> Party:
    leaf = company.issuing.issue(f"dpu-{number}", key=f"rsa2048/leaf {number % 4}")
    anchors = [*([more] if more else []), company.root, company.policy, company.issuing]
    return Party(f"dpu-{number}", leaf.cert_pem, b"".join(anchor.pem for anchor in anchors))


class _Counting:
    """What ConnectionHost uses of an action plugin: a command is run here, and its bytes are counted."""

    def __init__(self) -> None:
        self.sent, self.received = 0, 0
        self._connection = self
        self.has_pipelining, self._shell, self.become, self.transport = True, self, None, "counted"
        self._IS_WINDOWS = False

    def get_option(self, name: str) -> object:
        raise KeyError(name)

    def _low_level_execute_command(self, cmd: str, *, in_data: bytes) -> Mapping[str, Any]:
        self.sent += len(cmd) + len(in_data)
        if self._IS_WINDOWS:   # nobody here to answer it
            return {"rc": 0, "stdout": "", "stderr": ""}
        done = subprocess.run(["sh", "-c", cmd], input=in_data, capture_output=True, check=False)
        self.received += len(done.stdout)
        return {"rc": done.returncode, "stdout": done.stdout.decode(), "stderr": done.stderr.decode()}


def traffic(bench: Bench) -> Part:
    """Measure (e): bytes to a node and back for one look and one commit, through both scripts; compression of SSH is not counted."""
    part = Part("bytes to and from a node")
    with bench.fleet(2) as fleet:
        layout = make_layout(str(fleet.nodes[1].root))
    for name, windows in (("sh", False), ("PowerShell", True)):
        action = _Counting()
        action._IS_WINDOWS = windows
        host = ConnectionHost(action, StateFolder(layout.state), name="node")
        if windows:
            for verb in (partial(host.observe, layout.looks()), partial(host.commit, "bench", [])):
                _unanswered(verb)
                part.figures[f"{name}, {verb.func.__name__}: sent"], action.sent = action.sent, 0
            continue
        seen = host.observe(layout.looks())
        part.figures |= {f"{name}, observe: sent": action.sent, f"{name}, observe: received": action.received}
        action.sent = action.received = 0
        state = seen.file(layout.certificates("trust_ca_cert.pem"))
        host.commit("bench", [replacing(state, (state.content or b"") + b"\n", "add nothing")])
        part.figures |= {f"{name}, commit: sent": action.sent, f"{name}, commit: received": action.received}
    return part


def _unanswered(verb: Callable[[], object]) -> None:
    try:
        verb()
    except Exception:   # noqa: BLE001 (nobody answers; what was sent has been counted)
        return


def parsers(bench: Bench) -> Part:
    """Measure (g): the parsers: a Communications.cfg of 1 MiB, and a bundle of 500 anchors."""
    part, rounds = Part("parsers"), max(bench.rounds, 3)
    content, anchors = _large_cfg(), b"".join(make_root(f"CA {number}", key="rsa2048/ca").pem for number in range(500))
    path, value = ("component", "Certificate"), "Certificates\\custom_communications_cert.pem"
    work: Mapping[str, Callable[[], object]] = {
        "cfg of 1 MiB: parse": lambda: cfg.parse(content, where="cfg"),
        "cfg of 1 MiB: set a parameter": lambda: cfg_edit.set_parameter(content, path, kind="string", value=value, where="cfg"),
        "bundle of 500 anchors: split": lambda: pem.split_pem(anchors),
        "bundle of 500 anchors: add one": lambda: trust.add_anchors(anchors, _one_more()),
        "bundle of 500 anchors: judge": lambda: check_anchors(anchors, where="bundle", now=datetime.now(UTC)),
        "bundle of 500 anchors: OpenSSL": lambda: handshake.check_bundle(anchors),
    }
    for name, each in work.items():
        series = timed(each, rounds)
        part.add(name, series)
        part.ratios.append(Ratio(f"{name}, milliseconds", [cost.cpu * 1000 for cost in series.costs]))
    return part


def _one_more() -> Sequence[pem.PemBlock]:
    return pem.split_pem(make_root("CA 500", key="rsa2048/ca").pem)


def _large_cfg() -> bytes:
    head = shipped.communications(80, 443, master=True).replace("\n", "\r\n").encode()
    line = b"  Comment %d = string: " + b"x" * 60 + b"\r\n"
    return head + b"".join(line % number for number in range((1024 * 1024 - len(head)) // 90))
