#!/bin/sh
# Everything that `make run` and `make test` need, on a fresh Debian 12 or Ubuntu.  Safe to repeat: what is there stays.
#   sh setup.sh run | test
set -eu
cd "$(dirname "$0")"
what=${1:-run}

say() { printf '\033[1m==>\033[0m %s\n' "$*"; }
fail() { printf 'mugai: %s\n' "$*" >&2; exit 2; }

# 1. system packages
need="libarchive13 clamav-daemon fonts-ipafont-gothic python3-venv"
[ "$what" = test ] && need="$need slapd libldap-dev libsasl2-dev gcc python3-dev libreoffice-writer-nogui libreoffice-calc-nogui libreoffice-impress-nogui swaks strace poppler-utils libmime-tools-perl chromium systemd"
missing=""
if command -v dpkg-query >/dev/null; then
    for package in $need; do
        # since Debian 13 / Ubuntu 24.04 some libraries carry the suffix t64
        dpkg-query -W -f='${Status}\n' "$package" "${package}t64" 2>/dev/null | grep -q '^install ok installed' || missing="$missing $package"
    done
else
    say "no dpkg here: please see to these yourself: $need"
fi
if [ -n "$missing" ]; then
    say "system packages:$missing"
    if [ "$(id -u)" = 0 ]; then sudo=""; elif command -v sudo >/dev/null; then sudo="sudo"; else
        fail "these packages are missing and neither root nor sudo is at hand: apt-get install$missing"; fi
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086 # words on purpose
    { $sudo apt-get update -q && $sudo apt-get install -y -q --no-install-recommends $missing; } >setup.log 2>&1 ||
        fail "apt-get failed: $(tail -n 1 setup.log) (all of it in setup.log); check the network and run again"
    rm -f setup.log
fi
command -v soffice >/dev/null || say "LibreOffice is not installed: doc, xls, ppt, RTF and xlsb will be withheld (apt-get install libreoffice-{writer,calc,impress}-nogui)"

# 2. a virtual environment from the lock file
python=""
for candidate in python3 python3.13 python3.12 python3.11; do
    if command -v "$candidate" >/dev/null && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then python=$candidate; break; fi
done
[ -n "$python" ] || fail "Python 3.11 or newer is needed; this is $(python3 --version 2>&1 || echo 'no Python at all')"
lock=requirements.lock
[ "$what" = test ] && lock=requirements-dev.lock
if [ ! -x .venv/bin/python ]; then
    say "virtual environment in .venv"
    "$python" -m venv .venv || fail "could not make .venv: apt-get install python3-venv"
fi
stamp=".venv/.installed-$lock-$(sha256sum "$lock" pyproject.toml | sha256sum | cut -c1-16)"
if [ ! -e "$stamp" ]; then
    say "Python packages from $lock"
    {
        .venv/bin/pip install -q --disable-pip-version-check --require-hashes -r "$lock" &&
            .venv/bin/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
    } >setup.log 2>&1 || fail "pip failed: $(tail -n 1 setup.log) (all of it in setup.log); check the network and run again"
    rm -f setup.log
    : >"$stamp"
fi
say "set-up complete"
