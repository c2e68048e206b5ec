# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Action of the module access_control_check: one observation, two certificates, nothing changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..plugin_utils._core.dwb.access import check_access, read_client
from ..plugin_utils._core.dwb.access_file import DEFAULT_FILE, access_file, read_groups
from ..plugin_utils._core.dwb.layout import COMMUNICATIONS, Layout, make_layout
from ..plugin_utils._core.dwb.membership import client_of
from ..plugin_utils._core.errors import OptionError
from ..plugin_utils._core.observation import FileState, Look
from ..plugin_utils._host.port import HostFiles
from ..plugin_utils._task.base import RolloutAction
from ..plugin_utils._task.single_file import absolute, editable
from ..plugin_utils._task.sources import read_text


class ActionModule(RolloutAction):
    """Tell whether a client stays in its access groups."""

    def execute(self, options: Mapping[str, Any], task_vars: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer for every group, with the lines that it is read from."""
        layout = make_layout(str(options["root"]))
        files = self.files(layout.state, host=str(task_vars.get("inventory_hostname", "")))
        given = {name: read_text(self._loader, options, name) for name in ("today", "new")}
        if given["new"] is None or (given["today"] is None) == (options["today_path"] is None):
            raise OptionError(where="new" if given["new"] is None else "today", problem="is not given in exactly one way",
                              remedy="give one of today_src, today_content and today_path, and one of new_src and new_content")
        names = {name: str(options[f"{name}_src"] or f"{name}_content") for name in given}
        if options["today_path"]:
            names["today"] = absolute(layout, str(options["today_path"]))
            given["today"] = _public(files.observe([Look(names["today"], "public")]).file(names["today"]))
        today, new = (read_client(content or b"", where=names[name]) for name, content in given.items())
        clients = [client_of(certificate, str(options["address"] or "")) for certificate in (today, new)]
        state = _access_control(files, layout, str(options["path"] or ""))
        answer = check_access(read_groups(editable(state), where=state.path), *clients).as_result()
        if today.fingerprint == new.fingerprint:
            answer["doubts"].append("today's and the new certificate are the same one")
        return {"changed": False, "path": state.path, **answer}


def _public(state: FileState) -> bytes:
    """Return the certificates of a file that may hold a key, which stays on the node."""
    return state.content if state.kind == "file" and state.content is not None else editable(state)


def _access_control(files: HostFiles, layout: Layout, path: str) -> FileState:
    """Return the file at *path*; when that is empty, the one that the server uses."""
    components, wanted = layout.path(layout.components, COMMUNICATIONS), _below(layout, path or DEFAULT_FILE)
    seen = files.observe([Look(wanted), Look(components)])
    cfg = seen.file(components).content
    used = _below(layout, access_file(cfg, where=components)) if cfg and not path else wanted
    return seen.file(wanted) if used == wanted else files.observe([Look(used)]).file(used)


def _below(layout: Layout, path: str) -> str:
    """Return *path* as an absolute one; the product writes its own with backslashes wherever it runs."""
    return absolute(layout, path if layout.windows else path.replace("\\", "/"))
