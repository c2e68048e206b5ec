# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a look at one server, and a rehearsal of many, cost: files parsed, certificates decoded, verdicts asked for."""

from __future__ import annotations

import importlib
from datetime import timedelta

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible_collections.certops.rollout.plugins.plugin_utils._core import cfg, handshake, pem, x509
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.server import read_server
from ansible_collections.certops.rollout.plugins.plugin_utils._core.rehearsal import Party, rehearse
from ansible_collections.certops.rollout.plugins.plugin_utils._task.node import judge, read_request
from ansible_collections.certops.rollout.plugins.plugin_utils._task.options import argument_spec, role_options

from unit.builders import Authority, make_root
from unit.calls import counted
from unit.core.dwb.servers import CN, Tree, company, leaf, licensor

ROOT, ISSUING = company()
OTHERS = [make_root(f"Customer {number}", key="rsa2048/customer") for number in range(5)]


def bundle(*anchors: Authority) -> bytes:
    """Return a trust file of *anchors*."""
    return b"".join(anchor.pem for anchor in anchors)


class TestLookAtAServer:
    def test_reads_everything_once(self) -> None:
        """However many rules look at it: each file is parsed once, each certificate decoded once, each signature verified once."""
        tree = Tree(files={"Certificates/trust_ca_cert.pem": bundle(licensor(), ROOT, ISSUING)})
        options = {"root": "/srv/dwb", "role": "dpu", "trust_content": bundle(ROOT, ISSUING).decode(),
                   "certificate": {"pem_content": leaf().pem.decode()}}
        host = tree.host()

        with counted(cfg.parse, x509._parsed, x509._is_signed_by, handshake.verify, handshake.negotiate) as calls:
            asked = read_request(options, {"inventory_hostname": CN}, DataLoader())
            server = read_server(tree.layout, host.observe(tree.layout.looks()), now=asked.now, window=timedelta())
            assert judge(server, asked).findings == ()

        files = [file.content or b"" for file in server.observation.files.values()]
        certificates = {leaf().der, *(block.der for content in files for block in pem.split_pem(content))}
        assert calls["parse"] <= len(server.observation.folders[tree.layout.components].files)
        assert calls["_parsed"] <= len(certificates)
        assert calls["_is_signed_by"] <= 2 * len(certificates)
        assert (calls["verify"], calls["negotiate"]) == (2, 1)


class TestOptions:
    @pytest.mark.parametrize("module", ["node_info", "node", "report", "gate"])
    def test_are_read_when_the_plugin_is_loaded(self, module: str) -> None:
        """The process that loads a plugin forks a worker for every task of every host: none of these reads documentation again."""
        importlib.import_module(f"ansible_collections.certops.rollout.plugins.action.{module}")
        sizes = [function.cache_info() for function in (argument_spec, role_options)]

        argument_spec(module)
        role_options("dwb_cluster")

        assert [function.cache_info().misses for function in (argument_spec, role_options)] == [size.misses for size in sizes]

    def test_that_were_forgotten_would_be_read_again(self) -> None:
        """The twin: without what was read before, the documentation is parsed."""
        argument_spec.cache_clear()

        with counted(yaml.load) as calls:
            argument_spec("gate")

        assert calls["load"] > 0


class TestRehearsal:
    @pytest.mark.parametrize(("anchors", "verdicts"), [(OTHERS, 10), ([ROOT.intermediate(CN, key="rsa2048/x") for _ignored in OTHERS], 50)])
    def test_judges_what_is_the_same_for_openssl_once(self, anchors: list[Authority], verdicts: int) -> None:
        """Five servers whose bundles differ in an anchor: of strangers, which matters to nobody; of their own name, which may matter."""
        bundles = [bundle(anchor, ROOT, ISSUING) for anchor in anchors]
        servers = [Party(f"dpu-{number}", ISSUING.issue(CN).cert_pem, content) for number, content in enumerate(bundles)]

        with counted(handshake.verify) as calls:
            rehearsed = rehearse("activated", servers)

        assert (rehearsed.pairs, rehearsed.findings) == (25, ())
        assert calls["verify"] == verdicts
