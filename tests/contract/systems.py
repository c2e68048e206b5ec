"""Models of systems without GNU tools: a PATH on which there is nothing but what such a system has, with the options that it knows."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

# The options that POSIX gives each tool that the script may use.
_POSIX = {
    "awk": "fv", "cat": "u", "chmod": "R", "chown": "hR", "cp": "fipR", "date": "u", "dd": "", "find": "HL", "ln": "fs",
    "ls": "acdfgilmnopqrstuxACFHLRS1", "mkdir": "mp", "mv": "fi", "od": "ANbcdjostvx", "rm": "firR", "sed": "efn", "sleep": "",
    "sort": "bcdfikmnortu",
}
# GNU tools take options behind operands too, and long ones; these do not.
_STRICT = """#!/bin/sh
for word; do
    case $word in
        -- | - | [!-]*) break ;;
        -*[!{options}-]* | --*) echo "{name}: illegal option $word" >&2; exit 2 ;;
    esac
done
POSIXLY_CORRECT=1 exec {program} "$@"
"""
# AIX 7.2, "csum Command": capitals, a tab, the name; "-" is standard input. IBM's page has MD5 and SHA1 only, newer releases know SHA256.
_CSUM = """#!/bin/sh
[ "$1 $2" = "-h SHA256" ] || {{ echo 'csum: unknown algorithm' >&2; exit 1; }}
shift 2
for name; do
    if [ "$name" = - ]; then sum=$({sha256sum}); else sum=$({sha256sum} < "$name"); fi || exit 1
    echo "$sum" | {awk} -v name="$name" '{{ print toupper($1) "\\t" name }}'
done
"""
_OLD_CSUM = "#!/bin/sh\necho 'csum: unknown algorithm' >&2\nexit 1\n"
# Solaris, digest(1): the hash alone for one file, behind "(name) = " for several.
_DIGEST = """#!/bin/sh
[ "$1 $2" = "-a sha256" ] || exit 2
shift 2
[ $# -gt 0 ] || {{ set -- $({sha256sum}); echo "$1"; exit; }}
many=$#
for name; do
    sum=$({sha256sum} < "$name") || exit 1
    if [ $many -eq 1 ]; then echo "${{sum%% *}}"; else echo "($name) = ${{sum%% *}}"; fi
done
"""
_SYNC = "#!/bin/sh\n[ $# -eq 0 ] || exit 1\n"   # takes no files; and nothing is flushed here, where all tests would wait for it


@dataclass(frozen=True)
class System:
    """
    What is known of a system.

    Attributes:
        shell: The words that start its shell, as this machine has it.
        scripts: Tools of its own, by name; the words in braces are programs of this machine.
        box: A program of this machine that is all of its tools; None when they are those of POSIX, one by one.
        awks: Programs that its awk may be; the first that there is is taken.
    """

    shell: tuple[str, ...]
    scripts: Mapping[str, str]
    box: str | None = None
    awks: tuple[str, ...] = ("original-awk", "mawk", "gawk")

    def programs(self) -> list[str]:
        """Return what this machine needs to be a model of it."""
        return [self.box] if self.box else ["sha256sum", *(name for name in _POSIX if name != "awk")]

    def tools(self) -> dict[str, str]:
        """Return the text of each tool, by name."""
        awk = next((path for path in map(shutil.which, self.awks) if path), "awk")
        programs = {**{name: shutil.which(name) or name for name in ("sha256sum", *_POSIX)}, "awk": awk}
        strict = {name: _STRICT.format(name=name, options=options, program=programs[name]) for name, options in _POSIX.items()}
        return strict | {name: text.format(**programs) for name, text in self.scripts.items()}


SYSTEMS = {
    "aix": System(("ksh",), {"csum": _CSUM, "sync": _SYNC}),
    "aix-mksh": System(("mksh",), {"csum": _CSUM, "sync": _SYNC}),
    "solaris": System(("ksh",), {"digest": _DIGEST, "sync": _SYNC}),
    "busybox-only": System(("busybox", "sh"), {}, box="busybox"),
}
OLD_AIX = System(("mksh",), {"csum": _OLD_CSUM, "sync": _SYNC})
_APPLETS = (*_POSIX, "base64", "sha256sum", "sync")


def lay_out(system: System, folder: Path) -> str:
    """Put the tools of *system* into the new *folder*; return the PATH that has nothing else."""
    folder.mkdir()
    if system.box:
        _link(folder, shutil.which(system.box) or system.box, _APPLETS)
    else:
        for name, text in system.tools().items():
            (folder / name).write_text(text)
            (folder / name).chmod(0o755)
    return str(folder)


def _link(folder: Path, program: str, names: Iterable[str]) -> None:
    for name in names:
        (folder / name).symlink_to(program)
