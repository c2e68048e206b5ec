#!/bin/sh
# usage: make_venv.sh FOLDER LOCK
# Make the virtual environment FOLDER with the oldest Python that will do, and install into it what LOCK pins, if it has the hashes given there.
# PYTHON=/path/to/python chooses another one. exit: 0 made, 69 something is missing, 1 an installation failed
set -eu

die() { printf '%s\n' "$*" >&2; exit 69; }
new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
  for name in ${PYTHON:-python3.11 python3.12 python3.13 python3}; do
    # A name on PATH need not run: version managers leave stubs there.
    if new_enough "$name"; then printf '%s\n' "$name"; return; fi
  done
  die "Python 3.11 or newer is missing: apt-get install python3 python3-venv, or PYTHON=/path/to/python make"
}

main() {
  python=$(find_python)
  # Debian ships the venv module without ensurepip until python3-venv is installed.
  "$python" -c 'import ensurepip, venv' 2>/dev/null || die "$python cannot make virtual environments: apt-get install python3-venv"
  [ -x "$1/bin/pip" ] || "$python" -m venv "$1"
  "$1/bin/pip" install --quiet --disable-pip-version-check --require-hashes --requirement "$2"
}

main "$@"
