# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the options of a task ask of one node."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.server import read_server
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import Finding
from ansible_collections.certops.rollout.plugins.plugin_utils._task.node import Request, as_a_whole, judge, read_request

from unit.builders import make_root
from unit.core.dwb.servers import CN, Tree, company, licensor
from unit.core.findings import rules

OLD = make_root("Old Root")
COMPANY = b"".join(each.pem for each in company())
BUNDLE = "Certificates/trust_ca_cert.pem"


def request(**options: Any) -> Request:
    """Return what is asked of a DPU in the phase trust."""
    asked = {"root": "/srv/dwb", "role": "dpu", "phases": ["trust"], **options}
    return read_request(asked, {"inventory_hostname": "dpu-01"}, DataLoader())


def judged(bundle: bytes, **options: Any) -> list[str]:
    """Return the rules that stand against what is asked of a server with *bundle*, or the actions that are planned."""
    asked, tree = request(**options), Tree(files={BUNDLE: bundle})
    observation = tree.host().observe(tree.layout.looks())
    told = judge(read_server(tree.layout, observation, now=asked.now, window=timedelta()), asked)
    return rules(told.findings) or [change.action for changes in told.planned.values() for change in changes]


class TestReadRequest:
    @pytest.mark.parametrize(("phases", "found"), [(["trust"], ["OptionError"]), ([], [])])
    def test_reads_no_file_for_nothing(self, phases: list[str], found: list[str]) -> None:
        """What is on a server's disk can be verified, and taken back, whatever the inventory says by now."""
        assert rules(request(phases=phases, trust_src=["gone.pem"]).findings) == found

    def test_needs_no_trust_when_something_is_retired(self) -> None:
        """To take out is enough of a wish; to ask for nothing is none."""
        shown = ":".join(OLD.fingerprint.upper()[at : at + 2] for at in range(0, 64, 2))

        assert (request(retired=[shown]).findings, request(retired=[shown]).wanted.retired) == ((), [OLD.fingerprint])
        assert rules(request().findings) == ["trust"]

    def test_refuses_what_is_no_fingerprint(self) -> None:
        """It is a finding like any other, and alone."""
        assert [finding.where for finding in request(retired=["x"], retire=True).findings] == ["retired"]

    @pytest.mark.parametrize("retired", [None, []])
    def test_refuses_to_retire_nothing(self, retired: list[str] | None) -> None:
        """A retirement that names nobody is a mistake; without one the same options are fine."""
        options = {"trust_content": COMPANY.decode(), "retired": retired}

        assert request(**options, retire=True).findings == (Finding(
            "dwb_retired_ca", "is empty: there is nothing to retire",
            "give the SHA-256 of every certificate of the old CA that is to leave the trust bundles", "retired"),)
        assert request(**options).findings == ()
        assert request(**options | {"retired": [OLD.fingerprint]}, retire=True).findings == ()


class TestAsAWhole:
    def test_leaves_out_trust_that_is_not_brought(self) -> None:
        """What a rollout without the phase trust would need has to be there already."""
        options = {"trust_content": COMPANY.decode(), "retired": [OLD.fingerprint]}
        without = as_a_whole(request(**options, phases=["configuration"])).wanted

        assert (without.anchors, without.retired) == ((), ())
        assert len(as_a_whole(request(**options)).wanted.anchors) == 2


class TestJudge:
    def test_plans_one_change_that_adds_and_removes(self) -> None:
        """Nothing stands against a company's CA that is not above the licence."""
        assert judged(licensor().pem + OLD.pem, retired=[OLD.fingerprint], trust_content=COMPANY.decode()) == [
            "add 2 anchors, remove 1 anchor"]

    def test_refuses_what_is_never_retired(self) -> None:
        """The CA above the licence, whatever else is asked for."""
        assert judged(licensor().pem + OLD.pem, retired=[OLD.fingerprint, licensor().fingerprint]) == ["protected"]

    def test_does_not_count_a_root_that_is_retired(self) -> None:
        """An intermediate that is to be trusted needs its root afterwards."""
        root, issuing = company()
        options = {"trust_content": issuing.pem.decode()}

        assert judged(licensor().pem + root.pem, **options) == ["add 1 anchor"]
        assert judged(licensor().pem + root.pem, **options, retired=[root.fingerprint]) == ["root-missing"]

    def test_refuses_to_empty_a_bundle(self) -> None:
        """The last one stays, whoever it is of."""
        assert judged(OLD.pem, retired=[OLD.fingerprint]) == ["last-anchor"]

    def test_tells_a_broken_bundle_alone(self) -> None:
        """What it holds is not known, so nothing of it is judged."""
        assert judged(OLD.pem[:-20], retired=[OLD.fingerprint]) == ["PemError"]

    @pytest.mark.parametrize(("phases", "found"), [(["certificate"], ["chain"]), (["trust"], ["add 2 anchors"])])
    def test_judges_the_certificate_that_is_asked_for(self, phases: list[str], found: list[str]) -> None:
        """One that somebody holds ready for later does not stand against what is done today."""
        strange = make_root("Strange Root").issue(CN).pem.decode()
        told = judged(licensor().pem, phases=phases, trust_content=COMPANY.decode(), certificate={"pem_content": strange})

        assert sorted(set(told)) == found
