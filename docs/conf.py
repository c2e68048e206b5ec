# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Settings of Sphinx, which makes the module pages (``make docs``, then build/docs/html/index.html)."""

from __future__ import annotations

project = "certops.rollout"
author = "certops"
extensions = ["sphinx_antsibull_ext"]
html_theme = "alabaster"
# The pages point at ansible-core's own, which are not part of this build; our own references are checked before it.
suppress_warnings = ["ref.ref"]
