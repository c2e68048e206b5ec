# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The moments of a cluster's rollout at which a certificate could be refused, each rehearsed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..errors import Finding
from ..rehearsal import Party, Rehearsed, rehearse, rehearse_clients, rehearse_retirement
from .clients import Client
from .cluster import Member

_STEPS = ("trust extended", "servers activated")


def rehearse_cluster(members: Sequence[Member], clients: Sequence[Party] = (), *, known: Sequence[Client] = ()) -> list[Rehearsed]:
    """
    Return what would come of each moment.

    Licence certificates count for a retirement only: otherwise bundles grow, so who accepts them now goes on to.

    Args:
        members: All servers of the cluster, surveyed.
        clients: Clients by the file of their certificate; they count for a retirement only.
        known: Clients that were surveyed, without those that the operator gives up.
    """
    moments = ([_server(member, _leaf_now(member)) for member in members], [_server(member, "leaf_after") for member in members])
    steps = [_together(rehearse(step, parties), rehearse_clients(step, servers, callers))
             for step, parties, (servers, callers) in zip(_STEPS, moments, _met_by_clients(members, known), strict=True)]
    if is_retiring(members):
        parties = [party for member in members for party in (_server(member), *_holders(member))]
        presenting = [_client(client, certificate="leaf_now") for client in known if client.survey.get("leaf_now")]
        judged = rehearse_retirement("old CA retired", parties, clients=[*clients, *presenting])
        steps.append(replace(judged, findings=(*_unready(members), *_unseen(known), *judged.findings)))
    return steps


def _together(first: Rehearsed, second: Rehearsed) -> Rehearsed:
    return Rehearsed(first.step, first.pairs + second.pairs, (*first.findings, *second.findings))


def _met_by_clients(members: Sequence[Member], known: Sequence[Client]) -> Iterator[tuple[list[Party], list[Party]]]:
    """Yield servers and clients of both moments; who meets in both in the same way is told of the first, and once."""
    trusting = [client for client in known if client.uses_tls]
    yield [replace(_server(member, _leaf_now(member)), bundle=b"") for member in members], [_client(client) for client in trusting]
    servers = [_server(member, "" if member.survey.get("leaf_after") == member.survey.get("leaf_now") else "leaf_after")
               for member in members]
    yield servers, [_client(client, certificate=_judged_leaf(client, retiring=is_retiring(members))) for client in trusting]


def _leaf_now(member: Member) -> str:
    """Return which certificate counts before the activation: none where an expired one, which nobody accepts today, is replaced."""
    renewed = member.survey.get("leaf_now") != member.survey.get("leaf_after")
    return "" if renewed and (member.survey.get("installed") or {}).get("days_left", 0) < 0 else "leaf_now"


def _judged_leaf(client: Client, *, retiring: bool) -> str:
    """Return which certificate of a client counts; where a CA is retired, the one that it has already is judged with that."""
    return "" if retiring and client.survey.get("leaf_now") == client.survey.get("leaf_after") else "leaf_after"


def _client(client: Client, *, certificate: str = "") -> Party:
    leaf, bundle = (str(client.survey.get(key, "")).encode("latin-1") for key in (certificate, "bundle_after"))
    return Party(client.host, leaf, bundle)


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


def _unseen(known: Sequence[Client]) -> Iterator[Finding]:
    """Find clients that present a certificate that no survey shows."""
    for client in known:
        if any(server.get("tls") and server.get("in_store") for server in client.survey.get("servers", ())):
            yield Finding(client.host, "presents a certificate of the Windows store, so nobody can tell which CA it needs",
                          "make sure that the one in the store is of the new CA, then list it in dwb_accepted_loss", "retired")


def _unready(members: Sequence[Member]) -> Iterator[Finding]:
    """Find servers that present something else than their files say: what they need is not what the files show."""
    if not any(_retiring(member).get("anchors") for member in members):
        return   # taken out already, by a rollout that was interrupted later on
    for member in members:
        if member.served != member.survey.get("presents"):
            yield Finding(member.host, "serves another certificate than the one on its disk, so nobody knows whom it needs",
                          "bring it in order first: run certops.rollout.rollout without dwb_retired_ca", "retired")
