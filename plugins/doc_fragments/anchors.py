# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Options that give trusted CA certificates."""

from __future__ import annotations


class ModuleDocFragment:
    """PEM files or text of anchors."""

    DOCUMENTATION = r"""
options:
  trust_src:
    description:
      - PEM files on the controller with the CA certificates that are to be trusted.
      - Name every level, the self-signed root included. OpenSSL accepts a chain only when it can follow it to the root.
      - A relative path is looked up beside the playbook that has the task; for a playbook of this collection give C({{ inventory_dir }}/…).
      - A file encrypted by Ansible Vault is decrypted in memory.
      - A file that holds a private key, a certificate that is no CA, an expired CA or a block that cannot be read is refused as a whole.
    type: list
    elements: path
  trust_content:
    description: PEM of CA certificates, given as text. May be given together with O(trust_src).
    type: str
"""
