# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The moments of a cluster's rollout at which a certificate could be refused, each rehearsed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..errors import Finding
from ..rehearsal import Party, Rehearsed, rehearse, rehearse_retirement
from .cluster import Member


def rehearse_cluster(members: Sequence[Member], clients: Sequence[Party] = ()) -> list[Rehearsed]:
    """
    Return what would come of each moment.

    Licence certificates count for a retirement only: otherwise bundles grow, so who accepts them now goes on to.

    Args:
        members: All servers of the cluster, surveyed.
        clients: Known clients by the file of their certificate; they count for a retirement only.
    """
    steps = [rehearse("trust extended", [_server(member, "leaf_now") for member in members]),
             rehearse("servers activated", [_server(member, "leaf_after") for member in members])]
    if is_retiring(members):
        parties = [party for member in members for party in (_server(member), *_holders(member))]
        judged = rehearse_retirement("old CA retired", parties, clients=clients)
        steps.append(replace(judged, findings=(*_unready(members), *judged.findings)))
    return steps


def is_retiring(members: Sequence[Member]) -> bool:
    """
    Tell whether an anchor is to be taken out of a bundle; of an interrupted server only what is asked for is known.

    Args:
        members: All servers of the cluster, surveyed.
    """
    return any(_retiring(member).get("anchors") or (_retiring(member) and member.survey.get("interrupted")) for member in members)


def _retiring(member: Member) -> Mapping[str, Any]:
    retiring: Mapping[str, Any] = member.survey.get("retiring", {})
    return retiring


def _server(member: Member, leaf: str = "") -> Party:
    certificate, bundle = (str(member.survey.get(key, "")).encode("latin-1") for key in (leaf, "bundle_after"))
    return Party(member.host, certificate, bundle, str(_retiring(member).get("bundle_now", "")).encode("latin-1"))


def _holders(member: Member) -> Iterator[Party]:
    """Yield each certificate that the server holds or is to get, whether it presents it or not."""
    for name, pem in _retiring(member).get("leaves", {}).items():
        yield Party(f"{member.host}: {name}", str(pem).encode("ascii"))


def _unready(members: Sequence[Member]) -> Iterator[Finding]:
    """Find servers that present something else than their files say: what they need is not what the files show."""
    if not any(_retiring(member).get("anchors") for member in members):
        return   # taken out already, by a rollout that was interrupted later on
    for member in members:
        if member.served != member.survey.get("presents"):
            yield Finding(member.host, "serves another certificate than the one on its disk, so nobody knows whom it needs",
                          "bring it in order first: run certops.rollout.rollout without dwb_retired_ca", "retired")
