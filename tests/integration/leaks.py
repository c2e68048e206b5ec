# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Find pieces of private keys and passphrases in whatever a run left behind: as they are, in base64, in hexadecimal digits."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from integration.sampler import Sampler

# So many bytes in a row are no accident.
WINDOW = 16
_BASE64 = re.compile(rb"[A-Za-z0-9+/]{20,}")
_HEX = re.compile(rb"[0-9A-Fa-f]{32,}")


class Secrets:
    """What must not be found."""

    def __init__(self, keys: Iterable[RSAPrivateKey], passphrases: Iterable[str] = ()) -> None:
        """Take in the secret numbers of *keys*, their PEM from where the public part ends, and *passphrases*."""
        pieces = [piece for key in keys for piece in _pieces(key)]
        self._windows = {piece[at:at + WINDOW] for piece in pieces for at in range(len(piece) - WINDOW + 1)}
        self._passphrases = [passphrase.encode() for passphrase in passphrases]

    def found(self, content: bytes) -> list[str]:
        """Return how secrets are written in *content*: plain, base64, hex; empty when there are none."""
        return [form for form, texts in (("plain", [content]), ("base64", _from_base64(content)), ("hex", _from_hex(content)))
                if any(self._in(text) for text in texts)]

    def _in(self, text: bytes) -> bool:
        return any(passphrase in text for passphrase in self._passphrases) or any(
            text[at:at + WINDOW] in self._windows for at in range(len(text) - WINDOW + 1))


def _pieces(key: RSAPrivateKey) -> list[bytes]:
    """Return what is secret of a key: the modulus and the exponent are in the certificate, too."""
    numbers = key.private_numbers()
    secret = (numbers.d, numbers.p, numbers.q, numbers.dmp1, numbers.dmq1, numbers.iqmp)
    lines = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).splitlines()
    # 48 bytes a line: header, modulus and public exponent of a key of 2048 bits are over after 300 (RFC 8017 appendix A.1.2).
    return [*(number.to_bytes((number.bit_length() + 7) // 8, "big") for number in secret), *lines[8:-1]]


def _from_base64(content: bytes) -> Iterator[bytes]:
    """Return every run of base64 as what it encodes, begun at each of the four offsets."""
    for run in set(_BASE64.findall(content)):
        for offset in range(4):
            part = run[offset:]
            yield base64.b64decode(part[: len(part) // 4 * 4])


def _from_hex(content: bytes) -> Iterator[bytes]:
    for run in set(_HEX.findall(content)):
        for offset in range(2):
            part = run[offset:]
            yield bytes.fromhex(part[: len(part) // 2 * 2].decode("ascii"))


def is_open(path: Path, top: Path) -> bool:
    """Tell whether others may read *path*, through all folders above it that are below *top*."""
    closed = any(not above.stat().st_mode & 0o005 for above in path.parents if above.is_relative_to(top) and above != top)
    return not closed and bool(path.stat().st_mode & 0o044)


def outputs(folder: Path) -> list[Path]:
    """Return the files that a run left below its folder; the inventory is the operator's own."""
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith("inventory.")]


class Watch(Sampler):
    """
    Samples the command lines and environments of all processes while it is entered.

    Attributes:
        seen: Every one of them once.
    """

    def __init__(self) -> None:
        super().__init__(pause=0.03)
        self.seen: set[bytes] = set()

    def look(self) -> None:
        """Look at all processes."""
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            for name in ("cmdline", "environ"):
                try:
                    self.seen.add(path.with_name(name).read_bytes())
                except OSError:
                    continue
