# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Access control files and clients of tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.access import read_client
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.access_file import AccessGroup, read_groups
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.membership import Client, client_of
from cryptography import x509
from cryptography.x509.oid import NameOID

from unit.builders import Leaf, make_root

WHERE = "Access Control.cfg"
_OIDS = {"CN": NameOID.COMMON_NAME, "O": NameOID.ORGANIZATION_NAME, "OU": NameOID.ORGANIZATIONAL_UNIT_NAME, "L": NameOID.LOCALITY_NAME,
         "ST": NameOID.STATE_OR_PROVINCE_NAME, "C": NameOID.COUNTRY_NAME, "Email": NameOID.EMAIL_ADDRESS}


def access_text(groups: Mapping[str, Sequence[str]], *, rules: Sequence[str] = ("/",)) -> bytes:
    """Return an access control file with the members of each of *groups*, all of which may read what *rules* say."""
    lines = [f"Access Control Groups = vector: {len(groups)} items"]
    for at, (name, members) in enumerate(groups.items()):
        lines += [f"  {at} = AccessGroup:", f"    Members = vector: {len(members)} items"]
        lines += [f"      {label} = string: {member}" for label, member in enumerate(members)]
        lines += [f"    Name = string: {name}", f"    Read-Only Access = vector: {len(rules)} items"]
        lines += [f"      {label} = string: {rule}" for label, rule in enumerate(rules)]
        lines += ["    Read-Write Access = vector: 0 items"]
    return "\r\n".join([*lines, ""]).encode()


def read(groups: Mapping[str, Sequence[str]], *, rules: Sequence[str] = ("/",)) -> tuple[AccessGroup, ...]:
    """Return the groups of such a file."""
    return read_groups(access_text(groups, rules=rules), where=WHERE)


@cache
def issue(*names: tuple[str, str]) -> Leaf:
    """Return a certificate whose subject has *names*: pairs of the prefix of a member and a value."""
    subject: list[tuple[x509.ObjectIdentifier, str]] = [(_OIDS[kind], value) for kind, value in names]
    return make_root("Corp Root").issue("client", names=subject, dns=())


def client(*names: tuple[str, str], address: str = "10.0.0.5") -> Client:
    """Return who connects with such a certificate."""
    return client_of(read_client(issue(*names).cert_pem, where="client.pem"), address)
