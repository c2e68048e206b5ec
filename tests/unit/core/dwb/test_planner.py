"""From a server and what is wanted to the list of changes."""

from __future__ import annotations

import base64

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.marker import Turn
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.planner import (
    Wanted,
    bundle_after,
    make_commit,
    plan_phases,
    planned_files,
    restart_commit,
    taken_back,
    taken_back_commit,
)
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import CoreError
from ansible_collections.certops.rollout.plugins.plugin_utils._core.key_file import PRIVATE_DACL, dacl_guard
from hypothesis import given
from hypothesis import strategies as st

from unit.builders import make_root

from .servers import CFG, Tree, anchors, company, identity, leaf, licensor
from .test_server import COMMUNICATIONS, CRLF, LINE, WITH_LINE, synchronize

TURN = Turn("20261121T120000Z-abc123", "control-1")
PHASES = ("trust", "certificate", "configuration")
PROCESSING = "Components for Processing Servers/Communications.cfg"
ALL = Wanted(anchors(), identity(), PHASES)


def carry_out(tree: Tree, wanted: Wanted = ALL) -> Tree:
    """Return *tree* after one commit of all that is planned."""
    host = tree.host()
    server = tree.observe(host)
    commit = make_commit(server, plan_phases(server, wanted), TURN)
    assert commit is not None
    host.add_folder(tree.layout.state)
    host.commit(commit.run, commit.changes)
    names = {path: path.removeprefix(tree.root + "/") for path in host.files}
    files = {name if not path.startswith(tree.layout.state) else ".." + path.removeprefix(tree.layout.state): host.files[path]
             for path, name in names.items()}
    return Tree(tree.root, files)


class TestPlanPhases:
    def test_plans_all_three_phases(self) -> None:
        """Bundle, key file and Communications.cfg, in this order; nothing else."""
        planned = plan_phases(Tree().observe(), ALL)

        assert [len(planned[phase]) for phase in PHASES] == [1, 1, 1]
        bundle, certificate, configuration = (planned[phase][0] for phase in PHASES)
        assert bundle.content is not None
        assert bundle.content.startswith(licensor().pem)
        assert (certificate.content, certificate.guard) == (leaf().pem, "mode=0600,owner=" + base64.b64encode(b"root:root").decode())
        assert configuration.content == CRLF.replace(b"\r\n", b"\r\n" + LINE, 1)

    def test_plans_nothing_where_all_is_as_wanted(self) -> None:
        """What was carried out is not planned again."""
        done = carry_out(Tree())
        host = done.host()
        host.guards[done.path("Certificates/custom_communications_cert.pem")] = "mode=0600,owner=" + base64.b64encode(b"root:root").decode()
        server = done.observe(host)

        assert plan_phases(server, ALL) == {phase: [] for phase in PHASES}
        assert make_commit(server, plan_phases(server, ALL), TURN) is None

    def test_plans_only_the_phases_asked_for(self) -> None:
        """A phase that was not asked for is not even looked at."""
        server = Tree(files={"Certificates/trust_ca_cert.pem": b"x"}).observe()

        assert list(plan_phases(server, Wanted(phases=["configuration"]))) == ["configuration"]

    def test_protects_a_key_that_others_can_read(self) -> None:
        """The same bytes under a loose mode are a change of the mode."""
        change = plan_phases(carry_out(Tree()).observe(), ALL)["certificate"][0]

        assert change.action == "protect key and certificate"
        assert change.content == leaf().pem

    def test_shows_no_key(self) -> None:
        """Neither result nor diff nor repr of a change holds a byte of the key."""
        change = plan_phases(Tree().observe(), ALL)["certificate"][0]
        shown = f"{change!r}{change.as_result()}{change.as_diff()}"

        assert all(line.decode() not in shown for line in leaf().key_pem.splitlines())
        assert leaf().fingerprint in shown

    def test_tells_old_and_new_fingerprint(self) -> None:
        """A renewal names both."""
        tree = Tree(files={"Certificates/custom_communications_cert.pem": leaf(1).pem})
        change = plan_phases(tree.observe(), ALL)["certificate"][0]

        assert (change.details["before_fingerprint"], change.details["after_fingerprint"]) == (leaf(1).fingerprint, leaf().fingerprint)
        assert change.action == "replace key and certificate"

    def test_edits_both_files_of_a_master(self) -> None:
        """Each in place: the processing servers' copy has other entries (dossier 3.4)."""
        copy = (CFG / "Communications (processing servers).cfg").read_bytes()
        server = Tree(files={PROCESSING: copy}).observe()
        changes = plan_phases(server, ALL)["configuration"]

        assert [change.path.rpartition("dwb/")[2] for change in changes] == [COMMUNICATIONS, PROCESSING]
        assert planned_files(server)["processing"] == changes[1].content

    def test_takes_over_the_bytes_of_the_master(self) -> None:
        """A DPU's file becomes what the next synchronisation would make of it, whatever it is now."""
        files = {COMMUNICATIONS: CRLF.replace(b"443", b"444"), PROCESSING: CRLF,
                 "Components/Synchronize.cfg": synchronize("Components", "/Components for Processing Servers/")}
        wanted = Wanted(anchors(), identity(), PHASES, {"processing": b"the master's", "communications": b"own"})
        changes = plan_phases(Tree(files=files).observe(), wanted)["configuration"]

        assert [change.content for change in changes] == [b"the master's"] * 2
        assert {change.action for change in changes} == {"take over the master's file"}
        assert changes[0].details == {"value": "Certificates\\custom_communications_cert.pem"}
        assert [change.content for change in plan_phases(Tree(files={COMMUNICATIONS: CRLF, PROCESSING: CRLF}).observe(), wanted)[
            "configuration"]] == [WITH_LINE, WITH_LINE]

    def test_takes_over_the_master_s_own_file(self) -> None:
        """An FSU pulls Components itself, so it gets what the master has there."""
        files = {"Components/Synchronize.cfg": synchronize("Components", "/Components/"), PROCESSING: CRLF}
        wanted = Wanted((), None, PHASES, {"processing": b"the copy", "communications": b"the master's"})
        changes = plan_phases(Tree(files=files).observe(), wanted)["configuration"]

        assert [change.content for change in changes] == [b"the master's", b"the copy"]

    def test_sets_the_line_while_the_master_is_not_known(self) -> None:
        """A preflight without the master's bytes shows what is to come all the same."""
        files = {COMMUNICATIONS: CRLF, "Components/Synchronize.cfg": synchronize("Components", "/Components/")}
        changes = plan_phases(Tree(files=files).observe(), Wanted((), None, PHASES))["configuration"]

        assert [(change.content, change.action) for change in changes] == [(WITH_LINE, "set Certificate")]

    def test_begins_a_bundle_that_is_empty(self) -> None:
        """The anchors are all there is, in the plan and in the rehearsal."""
        server = Tree(files={"Certificates/trust_ca_cert.pem": b""}).observe()

        assert bundle_after(server, Wanted(anchors())) == b"".join(authority.pem for authority in company())

    def test_takes_retired_anchors_out_with_the_same_change(self) -> None:
        """One change of the bundle adds what is missing and removes what is retired; the rehearsal sees the same bytes."""
        old, issuing = make_root("Old Root"), anchors()[1:]
        tree = Tree(files={"Certificates/trust_ca_cert.pem": licensor().pem + old.pem})
        wanted = Wanted(issuing, None, ("trust",), retired=[old.fingerprint])
        (change,) = plan_phases(tree.observe(), wanted)["trust"]

        assert change.content == licensor().pem + company()[1].pem == bundle_after(tree.observe(), wanted)
        assert change.action == "add 1 anchor, remove 1 anchor"
        assert plan_phases(carry_out(tree, wanted).observe(), wanted)["trust"] == []

    def test_retires_nothing_in_another_phase(self) -> None:
        """The bundle is touched in the phase trust only."""
        wanted = Wanted(retired=[licensor().fingerprint], phases=("configuration",))

        assert list(plan_phases(Tree().observe(), wanted)) == ["configuration"]

    def test_refuses_to_guess(self) -> None:
        """A Certificate of another type is for a person to look at."""
        odd = CRLF.replace(b"\r\n", b"\r\n" + LINE.replace(b"string", b"Path"), 1)

        with pytest.raises(CoreError, match=r"^/srv/dwb/Components/Communications\.cfg:2: 'Certificate' is of type 'Path'"):
            plan_phases(Tree(files={COMMUNICATIONS: odd}).observe(), ALL)

    def test_lets_the_service_account_read_the_key_on_windows(self) -> None:
        """A protected DACL: SYSTEM, Administrators, and the account, if it has one of its own."""
        server = Tree("C:\\Adobe\\Server").observe()
        readers = ("", "S-1-5-18", "S-1-5-32-544", "S-1-5-80-1")
        guards = [plan_phases(server, Wanted((), identity(), PHASES, {}, reader))["certificate"][0].guard for reader in readers]

        private = "D:PAI(A;;FA;;;SY)(A;;FA;;;BA)"
        assert [base64.b64decode(guard.removeprefix("sddl=")).decode() for guard in guards] == [
            private, private, private, f"{private}(A;;FR;;;S-1-5-80-1)"]

    @pytest.mark.parametrize(("reader", "planned"), [("", 0), ("S-1-5-20", 0), ("S-1-5-18", 1), ("S-1-5-19", 1)])
    def test_takes_a_stranger_off_a_key_on_windows(self, reader: str, planned: int) -> None:
        """One account may read the installed key: the service's, or nobody said whose it is."""
        tree = Tree("C:\\Adobe\\Server", {"Certificates/custom_communications_cert.pem": leaf().pem})
        host = tree.host()
        host.guards[tree.path("Certificates/custom_communications_cert.pem")] = dacl_guard(f"{PRIVATE_DACL}(A;;FR;;;NS)")

        changes = plan_phases(tree.observe(host), Wanted((), identity(), ("certificate",), {}, reader))["certificate"]

        assert [change.action for change in changes] == ["protect key and certificate"] * planned

    @given(st.lists(st.sampled_from(PHASES), unique=True), st.sampled_from([b"", b"\n", b"\r\n# text\r\n"]), st.booleans())
    def test_never_touches_what_is_not_its_own(self, phases: list[str], tail: bytes, custom: bool) -> None:
        """Whatever is asked for, only three files are ever written, and a bundle only grows."""
        files: dict[str, bytes | None] = {"Certificates/trust_ca_cert.pem": licensor().pem.strip() + tail}
        if custom:
            files["Certificates/custom_communications_cert.pem"] = leaf(2).pem
        planned = plan_phases(Tree(files=files).observe(), Wanted(anchors(), identity(), phases))
        changes = [change for of_phase in planned.values() for change in of_phase]
        own = {"trust_ca_cert.pem", "custom_communications_cert.pem", "Communications.cfg"}

        assert {change.path.rpartition("/")[2] for change in changes} <= own
        assert all((change.content or b"").startswith(change.before or b"") for change in changes if "trust" in change.path)


class TestCommits:
    def test_puts_the_marker_into_the_same_transaction(self) -> None:
        """A change without its note cannot happen."""
        done = carry_out(Tree()).observe()
        clock = done.observation.clock

        assert done.marker.commits == (f"{TURN.run}.1-{clock:x}-{TURN.holder}",)
        assert (done.marker.since, done.marker.holder) == (clock, TURN.holder)
        assert (done.marker.run, done.marker.phases, done.marker.restart_pending) == (TURN.run, PHASES, True)

    def test_notes_a_restart_once(self) -> None:
        """The note of a restart is written when it is due, and not again."""
        tree = carry_out(Tree())
        host = tree.host()
        host.add_folder(tree.layout.state)
        commit = restart_commit(tree.observe(host), TURN)
        assert commit is not None
        host.commit(commit.run, commit.changes)

        assert len(commit.changes) == 1
        assert not tree.observe(host).marker.restart_pending
        assert tree.observe(host).marker.phases == PHASES
        assert restart_commit(tree.observe(host), TURN) is None

    def test_notes_the_phases_that_changed_something(self) -> None:
        """A phase without a change is not part of the marker, so taking back stops no server for it."""
        tree = carry_out(Tree(), Wanted(anchors(), identity(), ["trust"]))

        assert carry_out(tree, Wanted(anchors(), None, ["trust", "configuration"])).observe().marker.phases == ("trust", "configuration")
        assert tree.observe().marker.phases == ("trust",)

    def test_notes_the_restart_of_another_rollout(self) -> None:
        """What an earlier rollout has noted is no note of this one."""
        server = carry_out(Tree()).observe()
        commit = restart_commit(server, Turn("later", "control-2"))

        assert commit is not None
        assert commit.run.startswith("later.1-")

    def test_notes_what_was_taken_back(self) -> None:
        """The note outlives the marker, which is then what it was before the rollout."""
        tree = Tree()
        host = tree.host()
        commit = taken_back_commit(tree.observe(host), TURN)
        host.add_folder(tree.layout.state)
        host.commit(commit.run, commit.changes)

        assert taken_back(Tree(files={"../taken-back": b"\xff\n"}).observe()) == ""
        assert commit.run == f"{TURN.run}.0-{host.clock:x}-{TURN.holder}"
        assert commit.changes[0].action == f"note that rollout {TURN.run} was taken back"
        assert taken_back(tree.observe()) == ""
        assert taken_back(tree.observe(host)) == TURN.run
