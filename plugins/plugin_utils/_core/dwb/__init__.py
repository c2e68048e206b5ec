# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an Adobe Data Workbench server is, and how it gets from what was observed to what is wanted."""
