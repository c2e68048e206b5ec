"""An Insight.cfg of a few lines, and the names that the tests give to certificates."""

from __future__ import annotations

CUSTOM, USER, SERVER = "custom_client_cert.pem", "Named User.pem", "server_cert.pem"
CERTIFICATE = "SSL Client Certificate"


def insight(*servers: tuple[str, str | None, str | None]) -> bytes:
    """Return an Insight.cfg with *servers*: common name, certificate as it is spelled, Use SSL; None leaves a line out."""
    lines = [f"Servers = vector: {len(servers)} items"]
    for number, (common_name, certificate, tls) in enumerate(servers):
        lines += [f"  {number} = serverInfo:", f"    SSL Server Common Name = string: {common_name}"]
        lines += [f"    {CERTIFICATE} = string: {certificate}"] if certificate is not None else []
        lines += [f"    Use SSL = bool: {tls}"] if tls else []
    return "\n".join([*lines, ""]).encode()
