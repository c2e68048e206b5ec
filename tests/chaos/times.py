# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Time: certificates that end at the edges of the calendar, and nodes whose clocks are off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.cluster import Member
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.report import make_rows
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.server import read_server
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.survey import describe
from ansible_collections.certops.rollout.plugins.plugin_utils._core.requirements import days_left
from ansible_collections.certops.rollout.plugins.plugin_utils._core.x509 import read_certificate
from unit.builders import self_signed
from unit.core.dwb.servers import Tree
from unit.core.dwb.test_cluster import survey

from .outcome import Effort, Outcome

# The last second of 31-bit time, both sides of the change from UTCTime to GeneralizedTime (RFC 5280 section 4.1.2.5), leap days
# of which one is in a century that has none, and the last second there is (section 4.1.2.5 too).
_EDGES = (
    datetime(2038, 1, 19, 3, 14, 7), datetime(2038, 1, 19, 3, 14, 8), datetime(2049, 12, 31, 23, 59, 59), datetime(2050, 1, 1),
    datetime(2028, 2, 29, 12), datetime(2100, 2, 28, 23, 59, 59), datetime(2000, 2, 29), datetime(9999, 12, 31, 23, 59, 59),
    datetime(1999, 12, 31, 23, 59, 59), datetime(2026, 12, 31, 23, 59, 59),
)
_SECONDS = (-86400 * 366, -86400, -1, 0, 1, 86400)


def certificates(effort: Effort) -> Outcome:
    """Judge certificates before, at and after the second at which they end, at every edge of the calendar."""
    outcome = Outcome("a certificate that expires at an edge of the calendar (2038, 2050, leap days, the year 9999)",
                      "it is valid up to that second, expired after it, and the report says so", effort.seed)
    for edge, seconds in product((edge.replace(tzinfo=UTC) for edge in _EDGES), _SECONDS):
        issued = self_signed("insight-01", key="ec", not_before=edge - timedelta(days=9000), not_after=edge)
        leaf = read_certificate(issued.der, where="leaf")
        try:
            now = edge + timedelta(seconds=seconds)
        except OverflowError:
            continue   # beyond the year 9999 there is no now
        told = describe(leaf, now) or {}
        problems = make_rows([Member("m", survey("master", served={**told, "fingerprint": "old", "error": None}))])[0]["problems"]
        outcome.count("expired" if problems else "valid")
        outcome.expect(leaf.not_after == edge, f"{edge} was read as {leaf.not_after}")
        outcome.expect(bool(problems) == (seconds > 0) == (days_left(leaf, now) < 0), f"{edge} {seconds:+} s: {problems}")
    return outcome


def clocks(effort: Effort) -> Outcome:
    """Survey nodes whose clocks are off by seconds, hours and years."""
    fault = "a node whose clock is off, by a second up to 285 million years"
    outcome = Outcome(fault, "told above ten minutes, in both directions", effort.seed)
    tree = Tree()
    moments = [edge.replace(tzinfo=UTC) for edge in _EDGES if 1999 < edge.year < 9999][:: effort.times(8, otherwise=1)]
    for now, skew in product(moments, (0, 1, 599, 600, 601, 3600, 86400 * 365, 2**53 - 2**33)):
        for signed in dict.fromkeys((skew, -skew)):
            host = tree.host()
            host.clock = max(0, int(now.timestamp()) + signed)
            off = abs(host.clock - now.timestamp()) > 600
            server = read_server(tree.layout, host.observe(tree.layout.looks()), now=now, window=timedelta(0))
            found = [finding for finding in server.findings if finding.rule == "clock"]
            outcome.count("told" if found else "not told")
            outcome.expect(bool(found) == off, f"{now} {signed:+} s: {found}")
    return outcome
