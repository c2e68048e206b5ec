# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""
The one list of commands; ``make test`` and ``.ci/run`` call the same.

All run in .venv, which make lays out; ``matrix`` alone makes an environment of its own.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import nox
from nox.command import CommandFailed

sys.path.insert(0, str(Path(__file__).parent))

from tools.copy_collection import HOME, lay_out, tracked
from tools.find_newest_python import find_newest_python

COLLECTIONS = Path("build/collections").resolve()
PLUGINS = COLLECTIONS / "ansible_collections/certops/rollout/plugins"
# Seconds; a test that hangs fails and shows where.
PYTEST = ("pytest", "--timeout=300")
WORKERS = ("-n", "2")
# A cluster of stand-in servers serves all tests of its file.
BY_FILE = (*WORKERS, "--dist", "loadfile")
NEWEST = find_newest_python()
LOCKED = "# Written by nox -s lock of {}.txt: versions and the SHA-256 of their archives. pip installs nothing else.\n"

nox.needs_version = ">=2025.5"
nox.options.default_venv_backend = "none"
# The tests come last, so that their closing lines are what a reader of a long log finds first.
nox.options.sessions = ["lint", "types", "sanity", "docs", "build", "unit", "contract", "simulator", "integration", "matrix"]
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
os.environ["ANSIBLE_COLLECTIONS_PATH"] = str(COLLECTIONS)


def files(suffix: str) -> list[str]:
    """Return the tracked files with *suffix*."""
    return [name for name in tracked() if name.endswith(suffix)]


def files_below(folder: str, suffix: str) -> list[str]:
    """Return the tracked files below *folder* with *suffix*."""
    return [name for name in files(suffix) if name.startswith(f"{folder}/")]


def run_each(session: nox.Session, *commands: list[str]) -> None:
    """Run all *commands*, so that the first failure does not hide the others; then fail when one of them did."""
    failed = []
    for command in commands:
        try:
            session.run(*command)
        except CommandFailed:
            failed.append(command[0])
    if failed:
        session.error(f"failed: {', '.join(failed)}")


@nox.session
def lint(session: nox.Session) -> None:
    """Check the style of Python, sh, PowerShell, YAML, playbooks and roles; repeats; docstrings; spelling."""
    run_each(
        session,
        ["ruff", "check", "."],
        ["pylint", "plugins", "tests", "tools", "benchmarks", "noxfile.py", *files_below("molecule", ".py")],
        ["interrogate", "plugins", "tests", "tools", "benchmarks", "molecule", "noxfile.py"],
        ["codespell", "."],
        ["shellcheck", ".ci/run", *files(".sh")],
        ["python", "tools/check_powershell.py", *files(".ps1")],
        ["yamllint", "--strict", "."],
        ["antsibull-changelog", "lint"],
        # ansible-lint looks at all the links below a checkout, and at none of its own; it gets the copy.
        ["ansible-lint", "--strict", "--project-dir", str(lay_out(COLLECTIONS))],
    )


@nox.session
def types(session: nox.Session) -> None:
    """Check the types of plugins, tests and tools."""
    session.run("mypy", str(PLUGINS), "tests", "tools", "benchmarks", "noxfile.py", *files_below("molecule", ".py"))


@nox.session
def unit(session: nox.Session) -> None:
    """Run unit and property tests; at least 98 % of the branches of _core."""
    session.run(*PYTEST, *WORKERS, "--cov", "--cov-report=term-missing", "tests/unit", *session.posargs)


@nox.session
def contract(session: nox.Session) -> None:
    """Test the script for nodes in every shell of this machine, and a sample of the faults and attacks of ``chaos``."""
    session.run(*PYTEST, *WORKERS, "tests/contract", "tests/chaos", *session.posargs)


@nox.session
def simulator(session: nox.Session) -> None:
    """Test the stand-in server, and the model of Windows."""
    session.run(*PYTEST, *WORKERS, "tests/simulator_tests", "tests/windows_tests", *session.posargs)


@nox.session
def integration(session: nox.Session) -> None:
    """Run playbooks against the stand-in server."""
    session.run(*PYTEST, *BY_FILE, "tests/integration", *session.posargs)


@nox.session
def molecule(session: nox.Session) -> None:
    """Play the scenarios of molecule/ on machines with systemd, over SSH: all of them, or those that are named."""
    session.run("python", "tools/run_molecule.py", *session.posargs)


@nox.session
def chaos(session: nox.Session) -> None:
    """Break it on purpose, for an hour or so, and write docs/reliability.md; or: --seed SEED NAME of an experiment."""
    path = os.pathsep.join(["tests", str(COLLECTIONS)])
    session.run("python", "-m", "chaos", *session.posargs, env={"PYTHONPATH": path})


@nox.session
def bench(session: nox.Session) -> None:
    """Measure how fast the collection is, beside ping, raw and a playbook of stock modules; all parts, or those that are named."""
    places = os.pathsep.join(str(Path(name).resolve()) for name in (".", "tests", str(COLLECTIONS)))
    session.run("python", "-m", "benchmarks", *session.posargs, env={"PYTHONPATH": places})


@nox.session
def sanity(session: nox.Session) -> None:
    """Run ansible-test sanity, with nothing ignored."""
    python = f"3.{sys.version_info.minor}"
    with session.chdir(lay_out(COLLECTIONS)):
        session.run("ansible-test", "sanity", "--python", python, "--color", "no", *session.posargs, env={"HOME": str(HOME)})


@nox.session
def docs(session: nox.Session) -> None:
    """Check that role pages are as their argument_specs say, that module pages are valid, and build them."""
    session.run("python", "tools/role_docs.py", *session.posargs)
    if session.posargs:
        return
    session.run("antsibull-docs", "lint-collection-docs", "--plugin-docs", "--validate-collection-refs=self", "--skip-rstcheck",
                str(lay_out(COLLECTIONS)))
    shutil.rmtree("build/docs", ignore_errors=True)
    shutil.copytree("docs", "build/docs/source")
    session.run("antsibull-docs", "collection", "--use-current", "--squash-hierarchy",
                "--fail-on-error", "--dest-dir", "build/docs/source", "certops.rollout")
    session.run("sphinx-build", "--fail-on-warning", "--quiet", "build/docs/source", "build/docs/html")


@nox.session(python=NEWEST or False, venv_backend="venv" if NEWEST else "none", reuse_venv=True)
def matrix(session: nox.Session) -> None:
    """Repeat unit and integration tests on the newest ansible-core that this machine's Pythons can run."""
    if not NEWEST:
        session.skip(f"no Python newer than 3.{sys.version_info.minor} found: only the oldest controller was tested")
    session.install("--quiet", "--require-hashes", "--requirement", "requirements/newest.lock")
    session.run("ansible-playbook", "--version")
    session.run(*PYTEST, *WORKERS, "tests/unit")
    session.run(*PYTEST, *BY_FILE, "tests/integration")


@nox.session(venv_backend="venv", reuse_venv=True)
def mutation(session: nox.Session) -> None:
    """Change one thing in _core after the other, thousands of them, and see whether a unit test notices; takes an hour."""
    session.install("--quiet", "--requirement", "requirements/test.txt", "mutmut==3.8.1")
    # mutmut names a module by its path, so it gets a copy in which the path is what the tests import.
    home = Path("build/mutation")
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree("plugins", home / "ansible_collections/certops/rollout/plugins")
    shutil.copytree("tests/unit", home / "tests/unit")
    shutil.copy("pyproject.toml", home)
    with session.chdir(home):
        session.run("mutmut", "run", "--max-children", "1", *session.posargs)
        session.run("mutmut", "results")


@nox.session
def build(session: nox.Session) -> None:
    """Build the collection's archive in build/, from what git tracks; twice, and both have to be the same bytes."""
    session.run("python", "tools/build_collection.py", str(lay_out(COLLECTIONS)), "build")


@nox.session
def release(session: nox.Session) -> None:
    """Build the archive, and write its bill of materials and checksums, in build/release; docs/releasing.md tells how it is signed."""
    shutil.rmtree("build/release", ignore_errors=True)
    session.run("python", "tools/build_collection.py", str(lay_out(COLLECTIONS)), "build/release")
    session.run("python", "tools/make_sbom.py", *map(str, Path("build/release").glob("*.tar.gz")))


@nox.session(venv_backend="venv", reuse_venv=True)
def lock(session: nox.Session) -> None:
    """Choose the newest versions that requirements/*.txt allow, and write them with their hashes into the lock files."""
    session.install("--quiet", "uv==0.13.9")
    for name, python in (("run", "3.11"), ("dev", "3.11"), ("newest", "3.12"), ("collections", "3.11")):
        target = Path(f"requirements/{name}.lock")
        session.run("uv", "pip", "compile", "--quiet", "--upgrade", "--universal", "--generate-hashes", "--no-header", "--no-annotate",
                    "--python-version", python, *(["--no-deps"] if name == "collections" else []),
                    f"requirements/{name}.txt", "--output-file", str(target))
        target.write_text(LOCKED.format(name) + target.read_text(encoding="utf-8"), encoding="utf-8")


@nox.session(venv_backend="venv", reuse_venv=True)
def audit(session: nox.Session) -> None:
    """Ask whether a vulnerability is known of any pinned package."""
    session.install("--quiet", "pip-audit>=2.9,<3")
    for name in ("run", "dev", "newest"):
        session.run("pip-audit", "--disable-pip", "--require-hashes", "--requirement", f"requirements/{name}.lock")
