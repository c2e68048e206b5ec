# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Options that tell what a Data Workbench server should be like."""

from __future__ import annotations


class ModuleDocFragment:
    """Phases, and what holds for all of them."""

    DOCUMENTATION = r"""
options:
  phases:
    description:
      - Which parts of the server are meant. All of them by default; an empty list asks for nothing.
      - Whatever the order of the list, they are worked on in the order in which they are listed here.
    type: list
    elements: str
    choices:
      trust: The trust bundle C(Certificates/trust_ca_cert.pem) holds all certificates of O(trust_src) and O(trust_content), and none of
        O(retired).
      certificate: The file C(Certificates/custom_communications_cert.pem) holds the key and the leaf of O(certificate).
      configuration: The parameter C(Certificate) of C(Communications.cfg) names that file.
  retired:
    description:
      - SHA-256 of certificates that the trust bundle must not hold any more, with or without colons. Used in the phase V(trust).
      - Refused for a certificate that is given to be trusted, too, for the last certificate of a bundle, and for one that a certificate of
        the server itself needs.
      - Never removed are certificates of Visual Sciences, whoever names them here, nor any that the licence certificate
        C(server_cert.pem) chains to. They are told by the names of subject and issuer.
      - Who else needs a CA is for M(certops.rollout.rehearsal) to find out.
    type: list
    elements: str
  min_days:
    description: For how many days a certificate has to be valid still. One that expires sooner is refused.
    type: int
    default: 30
  master_files:
    description:
      - What a server that pulls its configuration will get from its master, as base64, by C(communications) and C(processing).
      - Pass on what M(certops.rollout.cluster_plan) returns as RV(certops.rollout.cluster_plan#module:master_files).
      - Without it, the C(Certificate) line is written into the server's own file.
    type: dict
  service_sid:
    description:
      - SID of the Windows account that the server's service runs under.
      - The account may then read the file that holds the private key, besides SYSTEM and Administrators. A file with the right content that
        anybody else may read, or the account may not, is protected anew.
      - Without it, a new file is for SYSTEM and Administrators only, and in a present one a single account more may keep the right to read.
      - Not used on POSIX, where the file gets the owner of C(server_cert.pem).
    type: str
  take_over:
    description:
      - Identifier of an unfinished rollout of another controller that this one finishes.
      - Another controller cannot be asked whether its rollout still runs, so you have to know.
    type: str
  restart_window:
    description:
      - For how many hours from now the server must not restart by itself, as its C(ScheduledRestart.cfg) may tell it to.
      - That such a restart would disturb a rollout is an inference; so a file that cannot be understood counts as a restart that is due.
    type: float
    default: 0
"""
