"""The same files are the same archive, whenever and in whatever order they were packed."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile

from tools.build_collection import repacked

FILES = {"README.md": b"read me\n", "plugins/a.py": b"pass\n", "plugins/b.py": b""}


def packed(names: list[str], *, moment: int) -> bytes:
    """Return an archive as ansible-galaxy makes it, of FILES in the order of *names*."""
    listed = [{"name": ".", "ftype": "dir"}, *({"name": name, "ftype": "file"} for name in names)]
    files = json.dumps({"files": listed, "format": 1}, indent=True).encode()
    manifest = {"collection_info": {"name": "rollout"}, "file_manifest_file": {"chksum_sha256": hashlib.sha256(files).hexdigest()}}
    members = {"MANIFEST.json": json.dumps(manifest, indent=True).encode(), "FILES.json": files, **{name: FILES[name] for name in names}}
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size, member.mtime = len(content), moment
            tar.addfile(member, io.BytesIO(content))
    return gzip.compress(raw.getvalue(), mtime=moment)


class TestRepacked:
    def test_has_one_hash_for_two_builds(self) -> None:
        """Another second, another order of the files: the same bytes."""
        first = repacked(packed([*FILES], moment=1_700_000_000), moment=5)
        second = repacked(packed([*reversed(FILES)], moment=1_800_000_000), moment=5)

        assert first == second
        assert repacked(first, moment=5) == first

    def test_has_another_hash_for_another_byte(self) -> None:
        """The twin: what differs in content differs."""
        whole = repacked(packed([*FILES], moment=1), moment=5)

        assert repacked(packed(["README.md"], moment=1), moment=5) != whole
        assert repacked(packed([*FILES], moment=1), moment=6) != whole

    def test_is_an_archive_that_fits_its_own_manifest(self) -> None:
        """ansible-galaxy checks the manifest against FILES.json, and that against the files."""
        with tarfile.open(fileobj=io.BytesIO(repacked(packed([*FILES], moment=1), moment=5)), mode="r:gz") as tar:
            content = {member.name: (tar.extractfile(member) or io.BytesIO()).read() for member in tar.getmembers()}
            times = {member.mtime for member in tar.getmembers()}

        assert list(content)[:2] == ["FILES.json", "MANIFEST.json"]
        told = json.loads(content["MANIFEST.json"])["file_manifest_file"]["chksum_sha256"]
        assert told == hashlib.sha256(content["FILES.json"]).hexdigest()
        assert [entry["name"] for entry in json.loads(content["FILES.json"])["files"]] == [".", *sorted(FILES)]
        assert {name: content[name] for name in FILES} == FILES
        assert times == {5}
