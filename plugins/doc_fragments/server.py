# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Options that tell which Data Workbench server is meant."""

from __future__ import annotations


class ModuleDocFragment:
    """Where the server is installed and what it is."""

    DOCUMENTATION = r"""
options:
  root:
    description:
      - Install root of the Data Workbench server on the node, the folder that holds C(Certificates) and C(Components).
      - An absolute path in the node's own notation, like C(E:\Adobe\Server) or C(/opt/insight).
      - Lock, journal and backups are kept in a folder beside it with C(.certops) at the end of its name, so on the same volume.
    type: str
    required: true
  role:
    description:
      - What the server is in its cluster.
      - By default what the inventory says. The host must then be in exactly one of the groups C(dwb_master), C(dwb_dpu), C(dwb_fsu) and
        C(dwb_repeater).
    type: str
    choices:
      master: The server that holds the configuration of the cluster.
      dpu: A data processing unit.
      fsu: A file server unit.
      repeater: A Repeater.
  variables:
    description:
      - Take what is not given here from the host's variables of the role C(dwb_cluster), like C(dwb_root), C(dwb_trust_src) and
        C(dwb_certificate), when they are as its page says.
      - Saves a template for every option on every host, which is what most of the time goes into where there are many hosts.
    type: bool
    default: false
  keep:
    description: For how many commits the node keeps the backup, the newest first.
    type: int
    default: 20
"""
