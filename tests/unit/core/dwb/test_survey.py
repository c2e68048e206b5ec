"""The survey of one server: plain values for playbooks, reports and the cluster's plan."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.marker import Turn
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.planner import Wanted, plan_phases, taken_back_commit
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.survey import Judged, describe, make_survey, shows_another_issuer
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import Finding
from ansible_collections.certops.rollout.plugins.plugin_utils._core.pem import split_pem
from ansible_collections.certops.rollout.plugins.plugin_utils._core.x509 import read_certificate
from cryptography.x509.oid import NameOID

from unit.builders import make_root
from unit.fakes import MemoryHost

from .servers import CN, NOW, Tree, anchors, company, identity, leaf, licensor
from .test_planner import ALL, PROCESSING, TURN, carry_out
from .test_server import COMMUNICATIONS, CRLF, WITH_LINE, synchronize

CUSTOM = "Certificates/custom_communications_cert.pem"
LICENCE = "Certificates/server_cert.pem"
FINDING = Finding("where", "problem", "remedy", "rule")


def survey(tree: Tree, wanted: Wanted = ALL, *, host: MemoryHost | None = None, role: str = "dpu") -> dict[str, Any]:
    """Return the survey of a server nothing stands against, with what is planned for it."""
    server = tree.observe(host)
    return make_survey(server, wanted, Judged(plan_phases(server, wanted)), role=role, now=NOW)


def installed(line: bytes = CRLF) -> Tree:
    """Return a server that has another custom certificate already."""
    return Tree(files={CUSTOM: leaf(1).pem, COMMUNICATIONS: line})


class TestMakeSurvey:
    def test_tells_what_the_server_is(self) -> None:
        """Role, place, name, port and the certificate of its licence."""
        told = survey(Tree(files={COMMUNICATIONS: CRLF.replace(b"443", b"444")}))
        expected = {"role": "dpu", "root": "/srv/dwb", "system": "posix", "common_name": CN, "port": 444, "follows": "",
                    "taken_back": "", "interrupted": "", "installed": None, "findings": [], "warnings": []}

        assert {key: told[key] for key in expected} == expected
        assert told["licence"]["issuer"] == "CN=Visual Sciences CA"
        assert told["licence"]["fingerprint"] == told["presents"]
        assert told["marker"]["run"] == ""

    def test_describes_the_installed_certificate(self) -> None:
        """Whether it is presented or not."""
        assert survey(installed())["installed"]["fingerprint"] == leaf(1).fingerprint

    def test_can_be_written_as_json(self) -> None:
        """A survey is registered by a playbook, so it holds plain values only."""
        told = survey(carry_out(Tree()))

        assert json.loads(json.dumps(told)).keys() == told.keys()

    def test_holds_no_key(self) -> None:
        """Neither the installed key nor the one to be installed is in it, in no spelling."""
        shown = json.dumps([survey(installed(WITH_LINE)), survey(Tree())])

        assert all(line.decode() not in shown for one in (leaf(1), leaf()) for line in one.key_pem.splitlines())

    def test_names_nobody_without_a_licence(self) -> None:
        """What has no licence certificate, or one without a CN, has no name; nothing is made up."""
        nameless = licensor().issue(CN, names=[(NameOID.ORGANIZATION_NAME, "Corp")]).pem
        absent, odd = (survey(Tree(files={LICENCE: content})) for content in (None, nameless))

        assert (absent["common_name"], absent["licence"], absent["presents"], odd["common_name"]) == (None, None, None, None)
        assert odd["licence"]["common_name"] is None

    def test_lists_every_change_by_phase(self) -> None:
        """The paths and actions that check mode would show."""
        changes = survey(Tree())["changes"]

        assert {phase: [change["action"] for change in of_phase] for phase, of_phase in changes.items()} == {
            "trust": ["add 2 anchors"], "certificate": ["install key and certificate"], "configuration": ["set Certificate"]}
        assert changes["trust"][0]["path"] == "/srv/dwb/Certificates/trust_ca_cert.pem"

    def test_tells_both_hashes_of_each_configuration(self) -> None:
        """As it is, and as it will be: what a DPU is compared with."""
        files = survey(Tree(files={COMMUNICATIONS: CRLF, PROCESSING: WITH_LINE}))["files"]
        now, done = (hashlib.sha256(content).hexdigest() for content in (CRLF, WITH_LINE))

        assert files == {"communications": {"sha256": now, "planned_sha256": done}, "processing": {"sha256": done, "planned_sha256": done}}

    def test_hands_out_the_configuration_of_a_master_only(self) -> None:
        """Servers that pull it need the bytes as they will be; nobody else's are of use."""
        tree = Tree(files={COMMUNICATIONS: CRLF})

        assert survey(tree, role="master")["planned_files"] == {"communications": base64.b64encode(WITH_LINE).decode()}
        assert survey(tree, role="dpu")["planned_files"] == {}

    def test_plans_nothing_where_something_was_found(self) -> None:
        """Findings and warnings are told; no file of a broken server is handed out."""
        judged = Judged({}, [FINDING], ["soon"])
        told = make_survey(Tree().observe(), ALL, judged, role="master", now=NOW)

        assert told["findings"] == [{"where": "where", "problem": "problem", "remedy": "remedy", "rule": "rule"}]
        assert (told["warnings"], told["planned_files"], told["bundle_after"]) == (["soon"], {}, "")

    def test_tells_the_bundle_as_it_will_be(self) -> None:
        """The rehearsal judges with it: old anchors, then the missing ones."""
        bundle = survey(Tree())["bundle_after"].encode("latin-1")

        assert bundle == licensor().pem + b"".join(authority.pem for authority in company())

    def test_tells_what_a_retirement_takes_and_whom_it_concerns(self) -> None:
        """The subjects that go, the bundle as it is, and every certificate that is held, without its key."""
        root, issuing = company()
        tree = Tree(files={"Certificates/trust_ca_cert.pem": licensor().pem + root.pem, CUSTOM: leaf(1).pem})
        told = survey(tree, Wanted([], identity(), ("trust",), retired=[root.fingerprint, issuing.fingerprint]))
        held = [read_certificate(split_pem(pem.encode())[0], where="leaf").fingerprint for pem in told["retiring"]["leaves"].values()]

        assert told["retiring"]["anchors"] == ["CN=Corp Root"]
        assert told["retiring"]["bundle_now"].encode() == licensor().pem + root.pem
        assert told["bundle_after"].encode() == licensor().pem
        assert held == [told["licence"]["fingerprint"], leaf(1).fingerprint, leaf().fingerprint]
        assert "PRIVATE KEY" not in json.dumps(told)

    @pytest.mark.parametrize(("phases", "retired", "anchors_told"), [
        (("trust",), ["0" * 64], []), (("trust",), [], None), (("configuration",), [company()[0].fingerprint], None)])
    def test_tells_of_no_retirement_that_nobody_asks_for(self, phases: tuple[str, ...], retired: list[str], anchors_told: object) -> None:
        """One that has nothing to do is one all the same; without the phase trust there is none."""
        told = survey(Tree(), Wanted(anchors(), None, phases, retired=retired))

        assert told["retiring"].get("anchors") == anchors_told

    def test_tells_whose_configuration_it_follows(self) -> None:
        """The cluster's plan compares it with that file of the master."""
        tree = Tree(files={"Components/Synchronize.cfg": synchronize("Components", "/Components/")})

        assert survey(tree)["follows"] == "communications"

    def test_warns_of_files_that_are_scanned_as_licences(self) -> None:
        """A copy somebody left in Certificates is named; the three files that belong there are not, however they are spelt."""
        names = ("server_cert.pem", "SERVER_CERT.PEM", "custom_communications_cert.pem", "old.pem")
        told = survey(Tree(files={f"Certificates/{name}": licensor().issue(CN).pem for name in names}))

        assert told["warnings"] == ["/srv/dwb/Certificates: old.pem is scanned as a licence; move it away"]

    def test_warns_in_the_words_of_windows(self) -> None:
        """The folder as the node writes it, the name without it."""
        told = survey(Tree("C:\\Adobe\\Server", {"Certificates/old.pem": b"x"}))

        assert told["warnings"] == ["C:\\Adobe\\Server\\Certificates: old.pem is scanned as a licence; move it away"]


class TestRuns:
    def test_tells_the_marker(self) -> None:
        """Which rollout was here, and that its restart is pending."""
        marker = survey(carry_out(Tree()))["marker"]

        assert (marker["run"], marker["restart_pending"]) == (TURN.run, True)

    def test_tells_what_was_taken_back(self) -> None:
        """So that taking back twice is taking back once."""
        tree = Tree()
        host = tree.host()
        host.add_folder(tree.layout.state)
        commit = taken_back_commit(tree.observe(host), TURN)
        host.commit(commit.run, commit.changes)

        assert survey(tree, host=host)["taken_back"] == TURN.run

    @pytest.mark.parametrize("age", [1, 10**6])
    def test_tells_the_rollout_that_holds_the_node(self, age: int) -> None:
        """The rollout, not its commit; a lock counts whether its run is alive or not."""
        tree = Tree()
        host = tree.host()
        host.hold(tree.observe().marker.next(Turn("r7", "control-1"), phases=(), clock=1).commits[0], age)

        assert survey(tree, host=host)["interrupted"] == "r7"


class TestLeaves:
    @pytest.mark.parametrize(("tree", "phases", "wanted", "pem"), [
        (Tree(), ("trust", "certificate"), "licence", b""),
        (Tree(), ("certificate", "configuration"), "new", leaf().cert_pem),
        (Tree(), ("configuration",), "nothing", b""),
        (installed(), (), "licence", b""),
        (installed(), ("configuration",), "old", leaf(1).cert_pem),
        (installed(WITH_LINE), (), "old", leaf(1).cert_pem),
        (installed(WITH_LINE), ("certificate",), "new", leaf().cert_pem),
    ])
    def test_tells_which_one_will_be_presented(self, tree: Tree, phases: tuple[str, ...], wanted: str, pem: bytes) -> None:
        """The custom one where the line is there or will be, and it is the new one only when it is installed."""
        told = survey(tree, Wanted(anchors(), identity(), phases))
        fingerprints = {"licence": told["licence"]["fingerprint"], "new": leaf().fingerprint, "old": leaf(1).fingerprint, "nothing": None}

        assert told["wanted"] == fingerprints[wanted]
        assert told["leaf_after"].encode("latin-1") == pem

    def test_keeps_the_installed_one_when_none_is_given(self) -> None:
        """A phase without an identity changes no certificate."""
        told = survey(installed(WITH_LINE), Wanted(anchors(), None, ("certificate", "configuration")))

        assert (told["wanted"], told["leaf_after"].encode("latin-1")) == (leaf(1).fingerprint, leaf(1).cert_pem)

    @pytest.mark.parametrize(("line", "now"), [(CRLF, b""), (WITH_LINE, leaf(1).cert_pem)])
    def test_tells_which_one_is_presented_now(self, line: bytes, now: bytes) -> None:
        """The custom one counts only when Communications.cfg names it."""
        told = survey(installed(line))

        assert told["leaf_now"].encode("latin-1") == now
        assert told["presents"] == (leaf(1).fingerprint if now else told["licence"]["fingerprint"])

    def test_presents_nothing_that_is_not_there(self) -> None:
        """The line names a file that is absent: no leaf, neither now nor in the rehearsal's first step."""
        told = survey(Tree(files={COMMUNICATIONS: WITH_LINE}), Wanted(anchors(), None, ()))

        assert (told["presents"], told["wanted"], told["leaf_now"], told["leaf_after"]) == (None, None, "", "")


def shows_another(tree: Tree, wanted: Wanted = ALL, *, served: Mapping[str, Any] | None = None, trust: bool = False) -> bool:
    """Tell whether those who connect will have to trust somebody else; *trust* says whether the bundle is to change."""
    server = tree.observe()
    judged = Judged({"trust": plan_phases(server, wanted)["trust"] if trust else []})
    return shows_another_issuer(server, wanted, judged, served=served or {})


class TestShowsAnotherIssuer:
    @pytest.mark.parametrize(("served", "expected"), [
        (None, True), ({"error": "refused"}, True), ({"fingerprint": "old", "issuer": "CN=Visual Sciences CA"}, True),
        ({"fingerprint": leaf().fingerprint, "issuer": "CN=Corp Issuing CA"}, False)])
    def test_tells_the_first_rollout(self, served: Mapping[str, Any] | None, expected: bool) -> None:
        """From the licence's CA to the company's; what is served already is nothing new, whatever the files say."""
        assert shows_another(Tree(), served=served) is expected

    @pytest.mark.parametrize(("served", "trust", "expected"), [
        ("CN=Corp Issuing CA", False, False), ("CN=Corp Issuing CA", True, True), ("CN=Other CA", False, True), (None, False, False)])
    def test_tells_a_renewal_from_a_rotation(self, served: str | None, trust: bool, expected: bool) -> None:
        """The same CA is nothing new, unless it has another key: then the bundle changes."""
        answer = {"fingerprint": "old", "issuer": served} if served else {}

        assert shows_another(installed(WITH_LINE), served=answer, trust=trust) is expected

    @pytest.mark.parametrize(("name", "expected"), [("Corp Issuing CA", True), ("Other CA", False)])
    def test_tells_a_rotation_whose_trust_is_there_already(self, *, name: str, expected: bool) -> None:
        """Of a CA of the same name with another key: nobody was waited for, and whoever was away was locked out."""
        bundle = licensor().pem + b"".join(each.pem for each in company()) + make_root(name, key="rsa1024").pem
        tree = Tree(files={CUSTOM: leaf(1).pem, COMMUNICATIONS: WITH_LINE, "Certificates/trust_ca_cert.pem": bundle})

        assert shows_another(tree, served={"fingerprint": "old", "issuer": "CN=Corp Issuing CA"}) is expected

    @pytest.mark.parametrize("phases", [("trust",), ()])
    def test_is_no_matter_of_trust_alone(self, phases: tuple[str, ...]) -> None:
        """Where no other certificate is to be presented nobody has to trust anybody else."""
        assert not shows_another(Tree(), Wanted(anchors(), None, phases), trust="trust" in phases)

    def test_is_not_known_of_nothing(self) -> None:
        """A server that will present nothing has a finding of its own."""
        assert not shows_another(Tree(files={COMMUNICATIONS: WITH_LINE}), Wanted(anchors(), None, ("trust",)))


class TestDescribe:
    def test_tells_what_a_report_needs(self) -> None:
        """Names, fingerprint, both dates, and whole days, rounded down."""
        one = licensor().issue(CN, not_before=NOW - timedelta(days=9, hours=13), not_after=NOW + timedelta(days=30, hours=13))
        told = describe(read_certificate(one.der, where="test"), NOW)
        expected: Mapping[str, object] = {
            "common_name": CN, "fingerprint": one.fingerprint, "issuer": "CN=Visual Sciences CA",
            "not_before": one.cert.not_valid_before_utc.isoformat(), "not_after": one.cert.not_valid_after_utc.isoformat(),
            "days_left": 30, "age_days": 9}

        assert told == expected

    def test_tells_nothing_of_none(self) -> None:
        """No certificate has no description."""
        assert describe(None, NOW) is None
