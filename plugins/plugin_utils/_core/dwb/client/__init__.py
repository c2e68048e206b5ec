# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What connects to the servers of a cluster: Workstation, Report Server, Repeater, Query API host, Sensor."""
