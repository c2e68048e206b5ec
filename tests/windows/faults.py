"""How the model says no: in the words of the contract, or as Windows and .NET do."""

from __future__ import annotations

EXITS = {"stale": 3, "locked": 4, "interrupted": 5, "io": 6, "not-a-file": 7, "unknown-run": 8, "request": 64, "missing": 69}

# System error codes, docs.microsoft.com "System Error Codes", with the words that .NET puts into its exceptions.
_WORDS = {
    2: "Could not find file '{0}'.",
    3: "Could not find a part of the path '{0}'.",
    5: "Access to the path '{0}' is denied.",
    17: "The source and destination path must have identical roots. Move will not work across volumes.",
    32: "The process cannot access the file '{0}' because it is being used by another process.",
    80: "The file '{0}' already exists.",
    123: "The filename, directory name, or volume label syntax is incorrect. : '{0}'",
    206: "The specified path, file name, or both are too long. The fully qualified file name must be less than 260 characters, "
         "and the directory name must be less than 248 characters.",
    1338: "The SDDL form of a security descriptor object is invalid.",
}


class RefusalError(Exception):
    """An answer that is not ok: code, message and path as the contract has them."""

    def __init__(self, code: str, message: str, path: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.path = code, message, path


class FaultError(Exception):
    """A system call that failed."""

    def __init__(self, number: int, path: str) -> None:
        super().__init__(_WORDS[number].format(path))
        self.number, self.path = number, path


class StoppedError(BaseException):
    """The model was told to stop here, as a process that is killed does."""
