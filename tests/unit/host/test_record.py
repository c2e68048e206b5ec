"""What comes back over a connection is an answer, a refusal or a HostError, and never anything else."""

from __future__ import annotations

import json

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import (
    HostError,
    InterruptedRunError,
    LockedError,
    StaleFileError,
)
from ansible_collections.certops.rollout.plugins.plugin_utils._host import record, wire
from ansible_collections.certops.rollout.plugins.plugin_utils._host.record import Reply
from hypothesis import given
from hypothesis import strategies as st

from unit.host.answers import BUNDLE, CLEAN, FOLDER, OK, Fields, b64, file_of, head, refused, reply


class TestLines:
    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r\n\r\n"])
    @pytest.mark.parametrize("before", ["", "Last login: today\r\n", "#< CLIXML\r\n<Objs/>\r\n", "\x1b[2J\n"])
    def test_bears_what_shells_print_before_it(self, before: str, end: str) -> None:
        """Banners, CLIXML and CRLF before the first record change nothing."""
        lines = "".join(json.dumps(fields) + end.replace("\r\n\r\n", "\r\n") for fields in (head(), CLEAN, OK))

        assert wire.observation(Reply("dpu-3", "observe", 0, before + lines + end), []).state == "clean"

    def test_refuses_what_is_printed_in_between(self) -> None:
        """A line that is no record could hide one."""
        broken = Reply("dpu-3", "observe", 0, "\n".join([json.dumps(head()), "warning", json.dumps(CLEAN), json.dumps(OK)]))

        with pytest.raises(HostError, match="line 2 is no JSON object"):
            wire.observation(broken, [])

    @pytest.mark.parametrize("length", [0, 30, 100, 150])
    def test_calls_an_answer_without_its_end_cut_off(self, length: int) -> None:
        """Nothing is believed of an answer whose last line is missing or torn."""
        whole = reply(head(), file_of(BUNDLE), CLEAN, OK).output

        with pytest.raises(HostError, match="cut off; run again"):
            wire.observation(Reply("dpu-3", "observe", 0, whole[:length]), [BUNDLE])

    def test_refuses_an_answer_without_end(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A node cannot make the controller read for ever."""
        monkeypatch.setattr(record, "ANSWER_LIMIT", 50)

        with pytest.raises(HostError, match="longer than"):
            wire.observation(reply(head(), CLEAN, OK), [])


class TestLanguageMode:
    @pytest.mark.parametrize("noise", [
        "Cannot invoke method. Method invocation is supported only on core types in this language mode.",
        "Appel impossible.\r\n    + FullyQualifiedErrorId : MethodInvocationNotSupportedInConstrain\r\nedLanguage\r\n",
        "The syntax is not supported by this runspace. This can occur if the runspace is in no-language\r\n mode.",
        "    + FullyQualifiedErrorId : ScriptsNotAllowed",
    ])
    def test_is_what_is_missing_when_powershell_refuses_the_bootstrap(self, noise: str) -> None:
        """In any language, and wherever PowerShell breaks the line."""
        with pytest.raises(HostError, match="dpu-3: PowerShell may not run the script in this language mode, FullLanguage is needed; "):
            wire.recovered(Reply("dpu-3", "recover", 1, "", noise))

    def test_is_not_blamed_for_anything_else(self) -> None:
        """Another complaint is told as it is."""
        with pytest.raises(HostError, match="gave no answer, exit status 1: The language of this document"):
            wire.recovered(Reply("dpu-3", "recover", 1, "", "The language of this document"))


class TestRefusals:
    @pytest.mark.parametrize(
        ("code", "status", "kind"),
        [
            ("stale", 3, StaleFileError),
            ("locked", 4, LockedError),
            ("interrupted", 5, InterruptedRunError),
            ("io", 6, HostError),
            ("not-a-file", 7, HostError),
            ("unknown-run", 8, HostError),
            ("request", 64, HostError),
            ("missing", 69, HostError),
        ],
    )
    def test_become_errors_of_their_kind(self, code: str, status: int, kind: type[HostError]) -> None:
        """Each code has an error that names host, file and the node's own words; another exit status is a lie."""
        with pytest.raises(HostError) as caught:
            wire.done(refused(code, status, path="/a", message="its words"))
        with pytest.raises(HostError, match="exit status is 1"):
            wire.done(refused(code, 1))

        finding = caught.value.findings[0]
        assert caught.type is kind
        assert (finding.where, finding.problem) == ("dpu-3: /a", "its words")
        assert finding.remedy

    @pytest.mark.parametrize("shell", ["sh: eval: line 520: ", "sh: 520: ", "sh: line 520: ", "bash: ", ""])
    def test_leave_out_the_line_of_the_script(self, shell: str) -> None:
        """Which line of the collection's own script it was is of no use to an operator; the file and the cause are."""
        with pytest.raises(HostError) as caught:
            wire.done(refused("io", 6, message=f"{shell}can't create /a: sh: 1: Read-only file system"))

        assert caught.value.findings[0].problem == "can't create /a: sh: 1: Read-only file system"

    def test_need_no_first_record(self) -> None:
        """A node without the tools to say more still says what is missing."""
        lone: Fields = {"ok": False, "code": "missing", "path": "", "message": b64("od")}

        with pytest.raises(HostError, match="dpu-3: od; install"):
            wire.recovered(reply(lone, verb="recover", code=69))

    @pytest.mark.parametrize("verdict", [{"code": "else"}, {"code": 3}, {}, {"code": "io", "path": 1}, {"code": "io", "path": ""}])
    def test_are_checked_too(self, verdict: Fields) -> None:
        """An unknown code or a field that is missing is not taken for a refusal of the contract."""
        with pytest.raises(HostError, match="cannot be used"):
            wire.done(reply(head("commit"), {"ok": False, **verdict}, verb="commit", code=6))

    def test_cannot_hide_or_flood(self) -> None:
        """Control characters are escaped, and 300 characters are enough."""
        with pytest.raises(HostError) as caught:
            wire.done(refused("io", 6, message="\x1b[2J\u202e\nnext line" + "x" * 5000))

        problem = caught.value.findings[0].problem
        assert problem.startswith(r"\x1b[2J\u202e next line")
        assert len(problem) == 300

    def test_tell_what_a_shell_says_that_did_not_run_the_script(self) -> None:
        """Without any record, exit status and standard error are all there is."""
        answer = Reply("dpu-3", "observe", 127, "", "sh: not found\n")

        with pytest.raises(HostError, match="dpu-3: gave no answer, exit status 127: sh: not found; see"):
            wire.observation(answer, [])

    def test_fits_an_exit_status_of_zero_only_if_all_is_well(self) -> None:
        """A script that says ok and fails is not believed."""
        with pytest.raises(HostError, match="exit status is 6"):
            wire.observation(reply(head(), CLEAN, OK, code=6), [])


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
JSON = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=2))
HONEST: list[Fields] = [head(), file_of(BUNDLE), {"glob": b64(FOLDER.path), "suffix": ".cfg", "type": "directory"}, CLEAN, OK]


class TestAnyAnswer:
    @given(st.binary(max_size=300), st.integers(0, 255), st.sampled_from(["", '{"', json.dumps(head()) + "\n"]))
    def test_raises_nothing_but_a_host_error(self, noise: bytes, code: int, before: str) -> None:
        """Whatever bytes a node sends, an operator gets an error that says so."""
        answer = Reply("dpu-3", "observe", code, before + noise.decode("utf-8", "surrogateescape"), noise.decode("latin-1"))

        for read in (lambda: wire.observation(answer, [BUNDLE]), lambda: wire.done(answer), lambda: wire.recovered(answer)):
            with pytest.raises(HostError):
                read()

    @given(st.data())
    def test_is_read_as_it_is_or_refused(self, data: st.DataObject) -> None:
        """One field of an honest answer replaced by anything: a host error, or the files that were asked for."""
        lines = [dict(fields) for fields in HONEST]
        line = data.draw(st.sampled_from(lines))
        line[data.draw(st.sampled_from(sorted(line)))] = data.draw(JSON)
        try:
            seen = wire.observation(reply(*lines), [BUNDLE, FOLDER])
        except HostError:
            return

        assert (set(seen.files), set(seen.folders)) == ({BUNDLE.path}, {FOLDER.path})

    def test_may_be_nested_deeper_than_the_reader_goes(self) -> None:
        """Brackets without end are no crash."""
        with pytest.raises(HostError):
            wire.recovered(Reply("dpu-3", "recover", 0, '{"a":' + "[" * 100_000 + "\n" + json.dumps(OK)))
