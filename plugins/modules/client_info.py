# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on the controller, as the action plugin of the same name. Documentation and options: the .yml beside this file.
