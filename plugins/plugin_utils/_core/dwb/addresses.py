# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Numeric addresses and networks as logs and inventories spell them; no name is ever looked up."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def plain(address: Address) -> Address:
    """Return an IPv4 address that a dual-stack socket shows as IPv6 in its own form (RFC 4291 section 2.5.5.2)."""
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def read_address(text: object) -> Address | None:
    """
    Return the address that *text* is, None for anything else.

    Args:
        text: IPv4, or IPv6 with or without brackets. The interface behind a ``%`` is one of the machine that wrote it, so it is left out.
    """
    bare = str(text).partition("%")[0].removeprefix("[").removesuffix("]")
    try:
        return plain(ip_address(bare))
    except ValueError:
        return None


def read_network(text: object) -> Network | None:
    """
    Return the network that *text* is, None for anything else.

    Args:
        text: In CIDR notation, bits of the host allowed; an address is a network of one.
    """
    address = read_address(text)
    try:
        return ip_network(address if address is not None else str(text).strip(), strict=False)
    except ValueError:
        return None


def is_within(address: Address, networks: Iterable[Network]) -> bool:
    """Tell whether *address* lies in one of *networks*."""
    return any(address in network for network in networks)
