"""What powershell.exe does with a command and its input, as far as the collection makes it."""

from __future__ import annotations

import base64
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .node import answer
from .volume import Volume

SCRIPTS = Path(__file__).parents[2] / "plugins/plugin_utils/_host/scripts"
MARK = "#certops-request"
_OPTIONS = ("-noprofile", "-noninteractive", "-executionpolicy", "unrestricted", "-encodedcommand")
_CONSTRAINED = ("Cannot invoke method. Method invocation is supported only on core types in this language mode.\r\n"
                "    + CategoryInfo          : InvalidOperation: (:) [], RuntimeException\r\n"
                "    + FullyQualifiedErrorId : MethodInvocationNotSupportedInConstrainedLanguage\r\n")


@dataclass(frozen=True)
class Output:
    """Exit status, the lines that were written, and standard error."""

    code: int
    lines: Sequence[str]
    errors: str = ""


def decoded(command: Sequence[str]) -> str:
    """
    Return the script of the words that start PowerShell with an encoded one.

    Raises:
        ValueError: They are other words.
    """
    *options, encoded = command[1:]
    if command[0].lower() != "powershell" or tuple(option.lower() for option in options) != _OPTIONS:
        raise ValueError(f"no encoded command: {' '.join(command)[:80]}")
    return base64.b64decode(encoded, validate=True).decode("utf-16-le")


def console_lines(data: bytes) -> list[str]:
    """Return what ``$input`` has when *data* is the standard input of the process: lines, without their ends."""
    text = data.decode("utf-8").replace("\r\n", "\n")
    return text.removesuffix("\n").split("\n") if text else []


def run(volume: Volume, script: str, items: Sequence[str], *, language: str = "FullLanguage") -> Output:
    """
    Return what comes of *script* with the *items* of its pipeline.

    Args:
        volume: The machine.
        script: The bootstrap, which is understood; or a command of an operator, which a shell of this machine runs.
        items: Strings; each may hold lines.
        language: The language mode that the administrator allows.
    """
    if script.strip() != (SCRIPTS / "bootstrap.ps1").read_text().strip():
        done = subprocess.run(["sh", "-c", script], input="", capture_output=True, text=True, check=False)
        return Output(done.returncode, done.stdout.splitlines(), done.stderr)
    if language == "NoLanguage":
        return Output(1, [], "The syntax is not supported by this runspace. This can occur if the runspace is in no-language mode.\r\n")
    if language != "FullLanguage":
        return constrained(script)
    return bootstrap(volume, items)


def constrained(script: str) -> Output:
    """Return what a bootstrap does that may call no method: it looks first and says so itself, or PowerShell does."""
    looked = re.search(r"LanguageMode -ne 'FullLanguage'\) \{ '(\{[^']*\})'; exit (\d+) \}", script)
    if looked and "[" not in script[:looked.start()].partition("\n")[2]:
        return Output(int(looked[2]), [looked[1]])
    return Output(1, [], _CONSTRAINED)


def bootstrap(volume: Volume, items: Sequence[str]) -> Output:
    """Return the answer to what follows the mark in *items*, if what precedes it is the script."""
    lines = "\n".join(items).replace("\r", "").replace("\ufeff", "").split("\n")
    if MARK not in lines[1:]:
        return Output(64, [], "no request arrived\r\n")
    at = lines.index(MARK)
    if "\n".join(lines[:at]).strip() != (SCRIPTS / "host_files.ps1").read_text().strip():
        raise ValueError("the script did not arrive as it is")
    # The script is handed an array, whose last item may be what follows the last line end.
    request = lines[at + 1:]
    return Output(*answer(volume, request[:-1] if request[-1:] == [""] else request))
