"""Be powershell.exe on a pretended machine: ``python -m windows MOUNTS STORE LANGUAGE COMMAND...``, the rest as a real one takes it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from .powershell import console_lines, decoded, run
from .volume import Volume


def main(arguments: list[str]) -> int:
    """Run one command with standard input as its pipeline; return its exit status."""
    mounts, store, language, *command = arguments
    volume = Volume(json.loads(mounts), Path(store))
    output = run(volume, decoded(command), console_lines(sys.stdin.buffer.read()), language=language)
    sys.stdout.buffer.write("".join(f"{line}\r\n" for line in output.lines).encode())
    sys.stderr.buffer.write(output.errors.encode())
    return output.code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
