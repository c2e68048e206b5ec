"""What the tests do to a client, and what they see of it."""

from __future__ import annotations

from pathlib import Path

from simulator.clients.attempts import Attempt, noted
from simulator.clients.client import Client
from simulator.clients.population import Clients
from simulator.clients.program import Program
from simulator.cluster import Cluster
from unit.builders import Authority

from .helpers import give_certificate, trust, use_certificate

BLANK = b"SSL Client Certificate = string: \r\n"
NAMED = b"SSL Client Certificate = string: custom_client_cert.pem\r\n"


def connect_once(client: Client) -> list[Attempt]:
    """Let a client start, connect to each of its servers once and end, in this process; return these attempts. Raises Refusal."""
    before = len(noted(client.root))
    Program(client.root, lifetime=0.2).run(lambda: None)
    return noted(client.root)[before:]


def start_only(client: Client) -> None:
    """Let a client start and end at once. Raises Refusal."""
    Program(client.root, lifetime=0).run(lambda: None)


def the(clients: Clients, kind: str) -> Client:
    """Return the first client of a kind."""
    return clients.of_kind(kind)[0]


def give_trust(client: Client, company: Authority) -> None:
    """Append the company's CA to the client's bundle."""
    client.bundle.write_bytes(client.bundle.read_bytes() + company.pem)


def change(file: Path, old: bytes, *, new: bytes) -> None:
    """Replace the first *old* in *file*."""
    content = file.read_bytes()
    assert old in content
    file.write_bytes(content.replace(old, new, 1))


def roll_out(cluster: Cluster, company: Authority) -> None:
    """Have every server of a running cluster present a certificate of the company, by a restart of all."""
    cluster.stop()
    for node in cluster.nodes.values():
        trust(node, company)
        give_certificate(node, company)
        use_certificate(node)
    use_certificate(cluster.master, "Components for Processing Servers")
    cluster.start()


def name_certificate(client: Client, company: Authority, *, common_name: str = "", **how: object) -> None:
    """Give a client a custom certificate, and name it in every serverInfo."""
    leaf = company.issue(common_name or client.name, **how)
    (client.certificates / "custom_client_cert.pem").write_bytes(leaf.pem)
    if client.kind == "query_api":
        change(client.config, f"cert={client.name}.pem".encode(), new=b"cert=custom_client_cert.pem")
    else:
        client.config.write_bytes(client.config.read_bytes().replace(BLANK, NAMED))
