# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Addresses and networks as logs and inventories spell them."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.addresses import is_within, read_address, read_network
from hypothesis import given
from hypothesis import strategies as st


class TestReadAddress:
    @pytest.mark.parametrize(("text", "address"), [
        ("10.0.0.5", "10.0.0.5"), ("::1", "::1"), ("[2001:DB8:0::5]", "2001:db8::5"), ("fe80::1%12", "fe80::1"),
        ("[fe80::1%eth0]", "fe80::1"), ("::ffff:10.0.0.5", "10.0.0.5")])
    def test_gives_each_address_one_spelling(self, text: str, address: str) -> None:
        """Brackets, the interface, capitals and IPv4 in the form of IPv6 make no difference."""
        assert str(read_address(text)) == address

    @pytest.mark.parametrize("text", ["", "ws-07", "10.0.0", "10.0.0.256", "10.0.0.5/32", "%eth0", None, 5])
    def test_takes_nothing_else_for_one(self, text: object) -> None:
        """Names are not looked up, and half an address is none."""
        assert read_address(text) is None

    @given(st.ip_addresses())
    def test_reads_what_it_has_written(self, address: object) -> None:
        """Whatever it returns is read as the same address."""
        once = read_address(address)

        assert once is not None
        assert read_address(once) == once


class TestReadNetwork:
    @pytest.mark.parametrize(("text", "network"), [
        ("10.0.0.0/8", "10.0.0.0/8"), ("10.1.2.3/8", "10.0.0.0/8"), (" 10.0.0.0/8 ", "10.0.0.0/8"), ("10.0.0.5", "10.0.0.5/32"),
        ("2001:db8::/32", "2001:db8::/32"), ("[2001:db8::5]", "2001:db8::5/128")])
    def test_takes_an_address_for_a_network_of_one(self, text: str, network: str) -> None:
        """Bits of the host are no reason to refuse."""
        assert str(read_network(text)) == network

    @pytest.mark.parametrize("text", ["", "ws-07", "10.0.0.0/33", "10.0.*", None])
    def test_takes_nothing_else_for_one(self, text: object) -> None:
        """A mistyped network means nobody."""
        assert read_network(text) is None


class TestIsWithin:
    def test_compares_addresses_of_one_kind(self) -> None:
        """The twin of an address in a network is its neighbour outside of it; IPv6 lies in no IPv4 network."""
        networks = [network for text in ("10.0.0.0/30", "2001:db8::/32") for network in [read_network(text)] if network]

        here, elsewhere = ("10.0.0.3", "2001:db8::1"), ("10.0.0.4", "::1")

        assert all(is_within(ip_address(text), networks) for text in here)
        assert not any(is_within(ip_address(text), networks) for text in elsewhere)
        assert not is_within(ip_address("10.0.0.3"), [])
