"""Where things are in the install tree."""

from __future__ import annotations

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.layout import make_layout
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import OptionError
from ansible_collections.certops.rollout.plugins.plugin_utils._core.observation import FileState, Folder


class TestMakeLayout:
    @pytest.mark.parametrize(("root", "bundle"), [
        ("C:\\Adobe\\Server", "C:\\Adobe\\Server\\Certificates\\trust_ca_cert.pem"),
        ("\\\\files\\dwb\\Server\\", "\\\\files\\dwb\\Server\\Certificates\\trust_ca_cert.pem"),
        ("\\\\?\\C:\\Server", "\\\\?\\C:\\Server\\Certificates\\trust_ca_cert.pem"),
        ("\\\\?\\UNC\\files\\dwb\\Server", "\\\\?\\UNC\\files\\dwb\\Server\\Certificates\\trust_ca_cert.pem"),
        ("/opt/dwb/", "/opt/dwb/Certificates/trust_ca_cert.pem"),
    ])
    def test_joins_as_the_node_does(self, root: str, bundle: str) -> None:
        """Drive letters and UNC paths are Windows, everything else that begins with a slash is POSIX."""
        layout = make_layout(root)

        assert layout.certificates("trust_ca_cert.pem") == bundle

    def test_keeps_its_state_beside_the_root(self) -> None:
        """Nothing of ours lies in a folder that the server watches, and it is on the same volume."""
        layout = make_layout("C:\\Adobe\\Server\\")

        assert layout.state == "C:\\Adobe\\Server.certops"
        assert layout.marker == "C:\\Adobe\\Server.certops\\marker"

    @pytest.mark.parametrize("root", ["", "/", "Adobe\\Server", "C:\\", "C:/", "C:", "C:Adobe", "\\\\", "relative/path",
                                      "\\\\files", "\\\\files\\dwb", "\\\\files\\dwb\\", "\\\\?\\C:\\", "\\\\?\\UNC\\files\\dwb",
                                      "/srv/dwb/.", "C:\\Adobe\\Server\\.", "/srv/dwb/..", "."])
    def test_refuses_what_is_no_absolute_folder(self, root: str) -> None:
        """A relative path, or a whole file system, drive or share, is no install root: nothing could be beside it."""
        with pytest.raises(OptionError, match=r"^root: .* is not the absolute path of an install folder; name the folder"):
            make_layout(root)


class TestNamed:
    def test_ignores_case_on_windows_only(self) -> None:
        """Windows has one file for both spellings, POSIX two."""
        for root, found in (("C:\\S", True), ("/s", False)):
            layout = make_layout(root)
            present = FileState(layout.path(layout.components, "COMMUNICATIONS.CFG"), "file", 1, "aa")
            state = layout.named(Folder("directory", (present,)), layout.path(layout.components, "Communications.cfg"))

            assert (state.kind == "file") is found
