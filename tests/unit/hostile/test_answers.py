"""Answers of a hostile node: each test is named after what would have happened to the operator."""

from __future__ import annotations

import json
import socket
import threading

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import HostError
from ansible_collections.certops.rollout.plugins.plugin_utils._host import connection, wire
from ansible_collections.certops.rollout.plugins.plugin_utils._host.record import Reply, shown
from ansible_collections.certops.rollout.plugins.plugin_utils._host.tls import Target, probe
from ansible_collections.certops.rollout.plugins.plugin_utils._task.base import is_at_work

from unit.core.dwb.servers import NOW
from unit.host.answers import BUNDLE, CLEAN, OK, b64, file_of, head
from unit.hostile.bounds import within, within_memory

BOMBS = {
    "lines": "{}\n" * (20 * 2**20), "empty lines": "\n" * (60 * 2**20), "objects": '{"a":1}\n' * (8 * 2**20),
    "a nested line": '{"a":' * (10 * 2**20), "a list": '{"a":[' + "[]," * (20 * 2**20), "fields": '{"a":1' + ',"a":1' * (10 * 2**20) + "}",
    "one content": json.dumps(dict(file_of(BUNDLE, content="QUFB" * (15 * 2**20)))),
}


def look_at(output: str) -> None:
    """Read *output* as the answer to a question about a bundle."""
    wire.observation(Reply("dpu-3", "observe", 0, output), [BUNDLE])


def lines(*records: object) -> str:
    """Return *records* as the lines of an answer."""
    return "".join(json.dumps(record) + "\n" for record in records)


def hang_up(server: socket.socket) -> None:
    """Accept one connection and close it."""
    server.accept()[0].close()


class TestAnswer:
    @pytest.mark.parametrize("name", BOMBS)
    def test_cost_minutes_or_gigabytes(self, name: str) -> None:
        """60 MB of answer are refused before they become objects: in seconds, and in no more memory than a few copies of one line."""
        bomb = lines(head()) + BOMBS[name] + "\n" + lines(CLEAN, OK)

        with within(), pytest.raises(HostError):
            look_at(bomb)
        with within_memory(), pytest.raises(HostError):
            look_at(bomb)

    @pytest.mark.parametrize("field", ["size", "withheld"])
    @pytest.mark.parametrize("number", ["1" + "0" * 5000, "1" + "0" * 4299, "1e999", "-1", "9007199254740992", "NaN", "1.5"])
    def test_with_a_hostile_number_ended_in_a_traceback(self, field: str, number: str) -> None:
        """What is no number of bytes is refused by the name of the node."""
        record = json.dumps(dict(file_of(BUNDLE, **{field: 123454321}))).replace("123454321", number)

        with pytest.raises(HostError, match="dpu-3"):
            look_at(lines(head()) + record + "\n" + lines(CLEAN, OK))

    @pytest.mark.parametrize("clock", ["1" + "0" * 5000, "9007199254740992", "-1", "true"])
    def test_with_a_hostile_clock_ended_in_a_traceback(self, clock: str) -> None:
        """The clock of a node is compared with the controller's, by datetime."""
        first = json.dumps(dict(head())).replace("1790000000", clock)

        with pytest.raises(HostError):
            look_at(first + "\n" + lines(file_of(BUNDLE), CLEAN, OK))

    def test_took_over_the_terminal(self) -> None:
        """Its own words are shown, and obeyed by nobody."""
        verdict = {"ok": False, "code": "io", "path": b64("/\x1b[2J"), "message": b64("\x9b2J\u202eno space\r\n")}

        with pytest.raises(HostError) as caught:
            wire.done(Reply("dpu-3", "commit", 6, lines(head("commit"), verdict)))

        assert str(caught.value).isprintable()
        assert "no space" in str(caught.value)

    def test_named_a_file_outside_of_the_folder(self) -> None:
        """A path that was not asked for is refused, whatever tricks it has."""
        for path in ("/srv/dwb/../../etc/shadow", "/etc/shadow", "/srv/dwb/trust.pem/", "/srv/dwb/trust.pem\0"):
            with pytest.raises(HostError, match="not asked for"):
                look_at(lines(head(), {**file_of(BUNDLE), "path": b64(path)}, CLEAN, OK))

    def test_of_a_gigabyte_of_complaints_took_an_hour(self) -> None:
        """Only what can be shown is searched for pieces of the request."""
        request = b"".join(b"put%073d\n" % number for number in range(2000))
        noise = "x" * (50 * 2**20)

        with within():
            assert shown(connection._without(request, noise)) == "x" * 299 + "…"
            assert connection._without(request, request.decode() + noise) == "it repeats what was sent to it"


class TestHolder:
    @pytest.mark.parametrize("holder", ["", "here", "here-", "-1", "here-\u0664", "here-1.5"])
    def test_that_names_no_process_is_asked_nothing(self, holder: str) -> None:
        """Nobody knows, or nobody is there; nothing is raised."""
        assert not is_at_work(holder)


class TestProbe:
    @pytest.mark.parametrize("name", ["a\0b", "x" * 70000, "a..b", ".", "-----", "{{ 7 * 7 }}", "a\nb", "\x1b[2J", "\u202e", "\ud800"])
    def test_a_common_name_that_is_no_host_name_ended_in_a_traceback(self, name: str) -> None:
        """The name is asked for in the handshake only where it is one; the server that hangs up is an answer like any other."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            thread = threading.Thread(target=hang_up, args=[server])
            thread.start()
            answer = probe(Target("127.0.0.1", server.getsockname()[1], name, 5.0), now=NOW)
            thread.join()

        assert answer["error"]
        assert "Traceback" not in answer["error"]
