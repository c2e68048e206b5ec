# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Options that tell which client of a Data Workbench cluster is meant, and what it should be like."""

from __future__ import annotations

# Not called client: ansible-core takes that for the variable CLIENT of any other fragment, like identity.client.


class ModuleDocFragment:
    """Where the client is installed, what it is, and what holds for all of its phases."""

    DOCUMENTATION = r"""
options:
  kind:
    description:
      - What the client is.
      - By default what the inventory says. The host must then be in exactly one of the groups C(dwb_workstation), C(dwb_report_server),
        C(dwb_replication), C(dwb_query_api) and C(dwb_sensor).
    type: str
    choices:
      workstation: A Workstation, with its configuration in C(Insight.cfg).
      report_server: A Report Server, with its configuration in C(ReportServer.cfg).
      repeater: A Repeater or a replication target outside of the cluster, with the install tree of a server.
      query_api: A host that reaches the Query API through stunnel.
      sensor: A Sensor, with its configuration in C(txlogd.conf).
  root:
    description:
      - Install folder on the node. An absolute path in the node's own notation, like C(E:\ReportServer) or C(/opt/stunnel).
      - Of a Workstation the folder of its program, that of C(Insight.exe) and C(Insight.ini). Where its data is, is read from
        C(AppDataFolder) in C(Insight.ini). Without such a file, or without such a line, its data is in this folder, as it was up to
        version 6.3.
      - Of a Query API host the folder that holds C(stunnel.conf), the certificate and the trust bundle.
      - Of a Sensor it is needed on Windows only, and only without O(config).
    type: str
  data_path:
    description:
      - Folder with the data of a Workstation, the one that holds its C(Insight.cfg) and C(Certificates). C(Insight.ini) is then not read.
      - Give it where C(Insight.ini) names an environment variable, which only the user of the Workstation knows the value of.
    type: str
  config:
    description:
      - C(txlogd.conf) of a Sensor. Its C(CertPath) tells where the trust bundle is.
      - By default C(/etc/txlogd.conf), and with a O(root) of Windows the file of that name in it.
    type: str
  phases:
    description:
      - Which parts of the client are meant. By default V(trust), and the two others when there is a O(certificate). An empty list asks for
        nothing.
      - Whatever the order of the list, they are worked on in the order in which they are listed here. A Sensor knows V(trust) only.
    type: list
    elements: str
    choices:
      trust: The trust bundle C(trust_ca_cert.pem) holds all certificates of O(trust_src) and O(trust_content).
      certificate: The file O(certificate_name) holds the key and the leaf of O(certificate). Nothing to do with O(store=windows).
      configuration: The connections to the servers present that certificate.
  certificate_name:
    description: Name of the file with the client's own certificate and key, beside its licence certificate.
    type: str
    default: custom_client_cert.pem
  certificate_for:
    description:
      - Common names of the servers that the client presents its own certificate to, the C(SSL Server Common Name) of the connection.
        By default all of them.
      - Connections to other servers that name no certificate get the name of the licence certificate written, because two certificates in
        one folder make a blank ambiguous. A connection that names a third file stays as it is, and is warned of.
      - Means nothing for a Query API host, which has one connection, nor for a Sensor.
    type: list
    elements: str
  store:
    description: Where a client keeps its own certificate.
    type: str
    default: file
    choices:
      file: In the file O(certificate_name).
      windows: In the certificate store of the user of a Workstation. The connections name subject and issuer of O(certificate). To put it
        into the store is for M(ansible.windows.win_certificate_store).
  min_days:
    description: For how many days a certificate has to be valid still. One that expires sooner is refused.
    type: int
    default: 30
  owner:
    description:
      - On POSIX, the account that the trust bundle has to belong to, as C(user) or C(user:group).
      - By default the account that the configuration file belongs to. A bundle that belongs to another one is refused.
    type: str
  sensor_version:
    description:
      - Version of a Sensor, as the Servers Manager shows it.
      - One that is older than 5.0, or not given, is refused for anchors with RSA keys of 2048 bits or more, or signed with SHA-256.
    type: str
  accept_old_sensor:
    description: Trust such anchors all the same. That an older Sensor cannot read them is an inference from the product's documentation.
    type: bool
    default: false
  service_sid:
    description:
      - SID of the Windows account that the client runs under, of a Workstation that of its user.
      - The account may then read the file that holds the private key, besides SYSTEM and Administrators.
      - Not used on POSIX, where the file gets the owner of the licence certificate.
    type: str
  take_over:
    description:
      - Identifier of an unfinished run of another controller that this one finishes.
      - Another controller cannot be asked whether its run still is at work, so you have to know.
    type: str
  keep:
    description: For how many commits the node keeps the backup, the newest first.
    type: int
    default: 20
"""
