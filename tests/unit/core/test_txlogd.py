"""Promises of what reads txlogd.conf."""

from __future__ import annotations

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core import txlogd
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import CfgError

from unit.core.client_cases import WHERE, client_file


def value(content: bytes, name: str) -> str | None:
    """Return a parameter of *content*."""
    return txlogd.value(content, name, where=WHERE)


class TestValue:
    @pytest.mark.parametrize(
        ("name", "folder", "common_name"),
        [
            ("txlogd.conf", "/usr/local/visualsensor", "fsu"),
            ("txlogd (Windows).conf", "C:\\VisualSensor\\", "fsu"),
            ("txlogd (BOM).conf", "C:\\Program Files\\Sensor", "fsu"),
            ("txlogd (single byte).conf", "/usr/local/visual_sciences", "fsu"),
            ("txlogd (indented).conf", "/opt/sensor", "fsu"),
            ("txlogd (plain).conf", None, None),
        ],
    )
    def test_finds_where_the_bundle_is(self, name: str, folder: str | None, common_name: str | None) -> None:
        """Folder and name of the server, however they are spaced, spelled and encoded; nothing when they are absent."""
        content = client_file(name)

        assert value(content, "CertPath") == folder
        assert value(content, "CertName") == common_name

    @pytest.mark.parametrize("name", ["CertPath", "certpath", "CERTPATH"])
    def test_takes_a_name_in_any_case(self, name: str) -> None:
        """Names are without regard to case."""
        assert value(b"CERTPath /opt\n", name) == "/opt"

    def test_takes_no_comment_for_a_parameter(self) -> None:
        """What stands behind a # at the beginning of a line is not there; one later in the line is part of the value."""
        assert value(b"#CertPath /opt\n # CertPath /opt\n", "CertPath") is None
        assert value(b"CertPath /opt/#1\n", "CertPath") == "/opt/#1"

    def test_keeps_the_spelling_of_a_value(self) -> None:
        """Blanks inside and single backslashes are part of a path."""
        assert value(b"CertPath \tC:\\a  b\\t \n", "CertPath") == "C:\\a  b\\t"

    @pytest.mark.parametrize("second", [b"CertPath /opt", b"certpath /srv"])
    def test_refuses_a_parameter_that_stands_twice(self, second: bytes) -> None:
        """Both lines are named, even if they agree."""
        with pytest.raises(CfgError, match=f"{WHERE}:3: 'CertPath' stands in lines 1 and 3"):
            value(b"CertPath /opt\nSSL on\n" + second + b"\n", "CertPath")

    def test_leaves_other_parameters_in_peace(self) -> None:
        """Another parameter that stands twice is not what was asked for."""
        assert value(b"SSL on\nSSL off\nCertPath /opt\n", "CertPath") == "/opt"

    @pytest.mark.parametrize("line", [b"CertPath", b"CertPath  \t"])
    def test_refuses_a_parameter_without_value(self, line: bytes) -> None:
        """A name alone says nothing."""
        with pytest.raises(CfgError, match=f"{WHERE}:2: 'CertPath' has no value"):
            value(b"SSL on\n" + line + b"\n", "certpath")


class TestSwitch:
    @pytest.mark.parametrize(("spelled", "state"), [(b"on", True), (b"On", True), (b"off", False), (b"OFF", False)])
    def test_reads_on_and_off(self, spelled: bytes, state: bool) -> None:
        """Values are without regard to case."""
        assert txlogd.switch(b"ssl " + spelled, "SSL", default=not state, where=WHERE) is state

    @pytest.mark.parametrize("default", [True, False])
    def test_knows_what_holds_without_it(self, default: bool) -> None:
        """An absent parameter is its default."""
        assert txlogd.switch(b"# SSL off\n", "SSL", default=default, where=WHERE) is default

    @pytest.mark.parametrize("spelled", [b"true", b"1", b"on # always", b"offf"])
    def test_refuses_everything_else(self, spelled: bytes) -> None:
        """What is neither on nor off is not guessed; the line is named."""
        with pytest.raises(CfgError, match=f"{WHERE}:2: 'SSL' is neither on nor off"):
            txlogd.switch(b"\nSSL " + spelled, "SSL", default=True, where=WHERE)
