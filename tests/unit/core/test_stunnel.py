"""Promises of what reads stunnel.conf and edits its certificate."""

from __future__ import annotations

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core import stunnel
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import CfgError
from hypothesis import given
from hypothesis import strategies as st

from unit.core.cfg_cases import EVERY_FORM, variant
from unit.core.client_cases import WHERE, client_file, split_lines

NEW = "custom_client_cert.pem"
NAMES = st.text(st.sampled_from("ab1_.-\\:/ =;#[]"), min_size=1, max_size=12).filter(lambda text: text == text.strip())


def value(content: bytes, name: str, service: str | None = None) -> str | None:
    """Return an option of *content*."""
    return stunnel.value(content, name, service=service, where=WHERE)


def with_cert(content: bytes, name: str = NEW, service: str | None = None) -> bytes:
    """Return *content* with another certificate."""
    return stunnel.with_cert(content, name, service=service, where=WHERE)


class TestValue:
    @pytest.mark.parametrize(
        ("name", "services", "cert"),
        [
            ("stunnel.conf", ("query",), "QueryAPI.pem"),
            ("stunnel (CRLF).conf", ("query",), "QueryAPI.pem"),
            ("stunnel (BOM).conf", ("query",), "QueryAPI.pem"),
            ("stunnel (shared).conf", ("first", "second"), "QueryAPI.pem"),
            ("stunnel (no service).conf", (), ""),
        ],
    )
    def test_finds_the_certificate(self, name: str, services: tuple[str, ...], cert: str) -> None:
        """Above the services, below the only one, or with none at all."""
        content = client_file(name)

        assert stunnel.services(content, where=WHERE) == services
        assert value(content, "cert") == cert

    def test_finds_where_a_service_goes(self) -> None:
        """A service has its own options, and the general ones besides."""
        content = client_file("stunnel (two services).conf")

        assert [value(content, "CERT", service) for service in ("first", "second")] == ["First.pem", "Second.pem"]
        assert value(content, "CAfile", "second") == "trust_ca_cert.pem"
        assert value(content, "connect", "first") == "dpu-01:443"
        assert value(content, "key") is None

    @pytest.mark.parametrize(
        ("name", "service", "problem"),
        [
            ("cert", None, ":13: 'cert' is not the same for all services"),
            ("connect", "second", ":12: 'connect' stands in lines 11 and 12"),
            ("cert", "third", ": there is no service .third.; name one of: first, second"),
        ],
    )
    def test_refuses_what_is_not_one_value(self, name: str, service: str | None, problem: str) -> None:
        """Services that differ, an option that stands twice, a service that is not there."""
        with pytest.raises(CfgError, match=problem):
            value(client_file("stunnel (two services).conf"), name, service)

    def test_refuses_a_service_where_there_is_none(self) -> None:
        """The remedy says that there is none to be named."""
        with pytest.raises(CfgError, match="name one of: none"):
            value(b"cert = a.pem\n", "cert", "query")

    def test_refuses_what_only_one_service_has(self) -> None:
        """What one service says is not what all of them do."""
        with pytest.raises(CfgError, match=":2: 'cert' is not the same for all services"):
            value(b"[a]\ncert = a.pem\n[b]\n", "cert")


class TestWithCert:
    @EVERY_FORM
    @pytest.mark.parametrize(
        ("name", "service", "line"),
        [
            ("stunnel.conf", None, 2),
            ("stunnel (CRLF).conf", "query", 2),
            ("stunnel (BOM).conf", "query", 3),
            ("stunnel (shared).conf", None, 1),
            ("stunnel (no service).conf", None, 4),
            ("stunnel (two services).conf", "first", 8),
            ("stunnel (two services).conf", "second", 13),
        ],
    )
    def test_changes_only_the_line_it_names(self, name: str, service: str | None, line: int, form: str) -> None:
        """The value is replaced where it stands; all other bytes stay, those of its own line too."""
        content = variant(client_file(name), form)
        before = split_lines(content)
        present = value(content, "cert", service) or ""

        after = with_cert(content, service=service)

        changed = [number for number, pair in enumerate(zip(before, split_lines(after), strict=True), 1) if pair[0] != pair[1]]
        assert changed == [line]
        assert after.replace(NEW.encode(), present.encode()) == content
        assert value(after, "cert", service) == NEW
        assert with_cert(after, service=service) == after

    @pytest.mark.parametrize(
        ("line", "expected"),
        [
            (b"\tcert  =\t a b.pem \t\r\n", b"\tcert  =\t custom_client_cert.pem \t\r\n"),
            (b"cert = \t\n", b"cert = \tcustom_client_cert.pem\n"),
            (b"cert=", b"cert=custom_client_cert.pem"),
        ],
    )
    def test_keeps_blanks_around(self, line: bytes, expected: bytes) -> None:
        """How the line is spaced is its owner's business."""
        assert with_cert(line) == expected

    def test_changes_one_service_beside_one_without(self) -> None:
        """A line of its own is nobody else's."""
        content = b"[a]\ncert = a.pem\n[b]\nverify = 2\n"

        assert with_cert(content, service="a") == content.replace(b"a.pem", NEW.encode())

    def test_changes_every_service_that_has_it(self) -> None:
        """The same certificate in several places is the same afterwards."""
        content = b"cert = a.pem\n[a]\ncert = a.pem\n[b]\n"

        assert with_cert(content) == content.replace(b"a.pem", NEW.encode())

    def test_leaves_alone_what_no_service_uses(self) -> None:
        """A general certificate that every service overrides is not touched."""
        content = b"cert = old.pem\n[a]\ncert = a.pem\n"

        assert with_cert(content) == b"cert = old.pem\n[a]\ncert = custom_client_cert.pem\n"

    @pytest.mark.parametrize(
        ("content", "service", "problem"),
        [
            (b"client = yes\n[a]\n", None, ": no line 'cert = <file>'"),
            (b"cert = a.pem\n[a]\n[b]\n", "a", ":1: 'cert' is that of .b., too"),
            (b"cert = a.pem\nkey = a.key\n[a]\n", None, ":2: 'key' names the file of the private key"),
            (b"cert = a.pem\n[a]\nkey = a.key\n", "a", ":3: 'key' names the file of the private key"),
            (b"cert = a.pem\nCert = b.pem\n", None, ":2: 'cert' stands in lines 1 and 2"),
            (b"[a]\ncert = a.pem\n[b]\ncert = b.pem\n", None, ":4: 'cert' is not the same for all services"),
            (b"cert = a.pem\nverify 2\n", None, ":2: the line is not understood"),
        ],
    )
    def test_refuses_to_guess(self, content: bytes, service: str | None, problem: str) -> None:
        """Nothing to edit, somebody else's, a key elsewhere, two of them, or a line that is not understood."""
        with pytest.raises(CfgError, match=WHERE + problem):
            with_cert(content, service=service)

    def test_minds_no_key_of_another_service(self) -> None:
        """The key file of a service that is not meant does not stand in the way."""
        content = b"[a]\ncert = a.pem\n[b]\ncert = b.pem\nkey = b.key\n"

        assert with_cert(content, service="a") == content.replace(b"a.pem", NEW.encode())

    @pytest.mark.parametrize("name", ["", " a.pem", "a.pem ", "a\nb.pem", "M\u00fcller.pem", "a\x00.pem"])
    def test_refuses_a_name_that_would_read_otherwise(self, name: str) -> None:
        """A name is printable ASCII on one line."""
        with pytest.raises(CfgError, match=":1: a value for 'cert'"):
            with_cert(b"cert = a.pem\n", name)

    @given(NAMES, NAMES)
    def test_set_then_get_returns_the_value(self, first: str, second: str) -> None:
        """Any name is read back as it was given, and replaced by the next one without a trace."""
        content = client_file("stunnel (CRLF).conf")
        once = with_cert(content, first)

        assert value(once, "cert") == first
        assert with_cert(once, second) == with_cert(content, second)
