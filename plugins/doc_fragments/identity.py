# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Options that give a private key and its certificate."""

from __future__ import annotations


class ModuleDocFragment:
    """The same dictionary under the two names it has: of a server, and of a client."""

    DOCUMENTATION = r"""
options:
  certificate:
    description:
      - Private key and leaf to be presented.
      - Give exactly one of O(certificate.pem_src), O(certificate.pem_content), O(certificate.pkcs12_src) and O(certificate.pkcs12_content).
      - Files are on the controller. A relative path is looked up beside the playbook that has the task; for a playbook of this collection
        give C({{ inventory_dir }}/…).
      - A file encrypted by Ansible Vault is decrypted in memory.
    type: dict
    suboptions:
      pem_src:
        description: PEM file with the leaf, and with the private key unless that has a file of its own.
        type: path
      pem_content:
        description: As O(certificate.pem_src), given as text.
        type: str
      key_src:
        description: PEM file with the private key, when it is not in the same file as the leaf.
        type: path
      key_content:
        description: As O(certificate.key_src), given as text.
        type: str
      passphrase:
        description:
          - Passphrase of the private key or of the PKCS#12 file.
          - It is used in the controller's memory only. The key is installed without it, because the product cannot ask for it.
        type: str
      pkcs12_src:
        description: PKCS#12 file (C(.p12), C(.pfx)) with key and leaf.
        type: path
      pkcs12_content:
        description: As O(certificate.pkcs12_src), given as base64.
        type: str
"""

    # Annotated, because the yamllint of ansible-test takes every plain assignment here for a literal.
    CLIENT: str = DOCUMENTATION.replace("  certificate:", "  client_certificate:").replace("O(certificate.", "O(client_certificate.")
