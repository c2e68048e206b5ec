# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""
Read stunnel.conf of a Query API host, and edit its ``cert`` (dossier 5.4).

What stands above the first ``[service]`` holds for every service that does not say otherwise (manual of stunnel).
"""

from __future__ import annotations

from .errors import CfgError
from .flat import SECTIONED, FlatFile, FlatLine, parse_flat, render

__all__ = ("parse", "render", "services", "value", "with_cert")

CERT = "cert"


def parse(content: bytes, *, where: str) -> FlatFile:
    """
    Read a whole stunnel.conf; ``render`` of the result is *content* again.

    Args:
        content: The file as stored on the host.
        where: The file as an operator knows it; errors append ``:<line>``.

    Raises:
        CfgError: The file is no text, or a line is neither ``name = value`` nor ``[service]`` nor a comment.
    """
    return parse_flat(content, SECTIONED, where=where)


def services(content: bytes, *, where: str) -> tuple[str, ...]:
    """
    Return the names of the services in file order; none when all options stand above the first.

    Args:
        content: A whole stunnel.conf.
        where: The file as an operator knows it.

    Raises:
        CfgError: As for ``parse``.
    """
    return tuple(parse(content, where=where).sections)


def value(content: bytes, name: str, *, service: str | None = None, where: str) -> str | None:
    """
    Return the value of the option *name*: ``cert``, ``CAfile``, ``verify``, ``client`` or ``connect``.

    Args:
        content: A whole stunnel.conf.
        name: Upper and lower case are the same.
        service: Whose; its own value comes before the general one. None: that of all services, which has to be the same.
        where: The file as an operator knows it.

    Returns:
        Without blanks around it; empty when nothing stands behind the equals sign, None when the option is absent.

    Raises:
        CfgError: As for ``parse``; there is no such service; the option stands twice in one place, or services differ in it.
    """
    lines = _effective(parse(content, where=where), name, service)
    return lines[0].value if lines else None


def with_cert(content: bytes, file_name: str, *, service: str | None = None, where: str) -> bytes:
    """
    Return *content* with *file_name* as the value of ``cert``; every other byte stays.

    Args:
        content: A whole stunnel.conf.
        file_name: As stunnel is to read it, relative to its folder or absolute; single backslashes.
        service: The one whose certificate it is. None: every service's, which has to be the same one so far.
        where: The file as an operator knows it.

    Returns:
        The same bytes when it is the value already.

    Raises:
        CfgError: As for ``value``; no ``cert`` to be edited; one that other services share; a ``key`` of its own beside it;
            a name that cannot be written.
    """
    file = parse(content, where=where)
    lines = _effective(file, CERT, service)
    _refuse_foreign(file, lines, service)
    if all(line.value == file_name for line in lines):
        return content
    if keys := _effective(file, "key", service):
        raise file.error(keys[0].number, "'key' names the file of the private key, which 'cert' would no longer belong to",
                         remedy="keep key and certificate in one file and remove the line")
    edited = {line.number: _with_value(file, line, file_name) for line in lines}
    return file.joined(edited.get(line.number, line.raw) for line in file.lines)


def _effective(file: FlatFile, name: str, service: str | None) -> list[FlatLine]:
    """Return the lines that give *name* to *service*, or to all; they have one value."""
    names = list(file.sections) if service is None else [service]
    if service is not None and service not in file.sections:
        raise file.error(None, f"there is no service [{service}]", remedy=f"name one of: {', '.join(file.sections) or 'none'}")
    general = file.setting(name)
    own = [file.setting(name, section=section) or general for section in names or [""]]
    lines = sorted({line for line in own if line})
    if not lines:
        return []
    odd = next((line for line in lines if line.value != lines[0].value), None)
    if odd or None in own:
        raise _differing(file, name, odd or lines[0])
    return lines


def _differing(file: FlatFile, name: str, line: FlatLine) -> CfgError:
    return file.error(line.number, f"'{name}' is not the same for all services", remedy="name the service that is meant")


def _refuse_foreign(file: FlatFile, lines: list[FlatLine], service: str | None) -> None:
    """Refuse an edit that has no line, or whose line holds for more services than the one that is meant."""
    if not lines:
        raise file.error(None, f"no line '{CERT} = <file>'", remedy="add one, above the first service or below the one that is meant")
    shared = [name for name in file.sections if name != service and not file.settings(CERT, section=name)]
    if service is not None and not lines[0].section and shared:
        raise file.error(lines[0].number, f"'{CERT}' is that of [{shared[0]}], too",
                         remedy=f"write a line '{CERT} = <file>' below [{service}]")


def _with_value(file: FlatFile, line: FlatLine, text: str) -> bytes:
    if not text.isascii() or not text.isprintable() or text != text.strip() or not text:
        raise file.error(line.number, f"a value for '{line.name}' is empty, or not printable ASCII without blanks around it",
                         remedy="give the name of a file in ASCII")
    head, equals, tail = line.raw.partition(b"=")
    # Only blanks are around a value; what is left of the line after them and the old value is kept.
    gap = tail[: len(tail) - len(tail.lstrip(b" \t"))]
    end = tail[len(tail.rstrip(b" \t")) :] if line.value else b""
    return head + equals + gap + text.encode() + end
