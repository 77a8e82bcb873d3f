# Sourced by run and test: Python, its packages, the console's assets. Each step is skipped when nothing it reads changed.
# Needs no root: what only root could install, it names.

HOME_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
VENV=$HOME_DIR/.venv
export PYTHONUNBUFFERED=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1

say() { printf '%s\n' "$*" >&2; }
fail() { say "error: $*"; exit 1; }

# The newest Python that we are tested with; exits where there is none.
find_python() {
    local name
    for name in python3.13 python3.12 python3.11 python3.14 python3; do
        if "$name" -c 'import sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    fail "no Python 3.11 to 3.14 with its venv module here; on Debian: apt install python3"
}

# A virtual environment with pip in it. Debian's python3 may come without ensurepip; pip's own package then serves.
make_venv() {
    local python=$1 wheel
    [ -x "$VENV/bin/python" ] && "$VENV/bin/python" -m pip --version >/dev/null 2>&1 && return
    say "making the virtual environment"
    rm -rf "$VENV"
    if "$python" -c 'import ensurepip' 2>/dev/null && "$python" -m venv "$VENV" >/dev/null 2>&1; then
        return
    fi
    rm -rf "$VENV"
    "$python" -m venv --without-pip "$VENV"
    wheel=$(pip_wheel) || fail "no pip here, and none to be had from apt: apt install python3-venv (or python3-pip-whl)"
    "$VENV/bin/python" "$wheel/pip" install -q --no-index --no-deps "$wheel"
}

# Prints the path of a wheel of pip: the machine's, else out of Debian's package, fetched into a folder of ours.
pip_wheel() {
    local wheel
    for wheel in /usr/share/python-wheels/pip-*.whl; do
        [ -f "$wheel" ] && { echo "$wheel"; return; }
    done
    command -v apt-get >/dev/null || return 1
    local work=$VENV/apt
    mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
    local apt=(apt-get -q -o "Dir::State::Lists=$work/lists" -o "Dir::Cache=$work/cache" -o APT::Sandbox::User= -o Acquire::Languages=none)
    (
        cd "$work"
        "${apt[@]}" download python3-pip-whl >/dev/null 2>&1 ||
            { "${apt[@]}" -o Debug::NoLocking=true update >/dev/null 2>&1 && "${apt[@]}" download python3-pip-whl >/dev/null 2>&1; }
        dpkg-deb -x python3-pip-whl_*.deb .
    ) || return 1
    wheel=$(echo "$work"/usr/share/python-wheels/pip-*.whl)
    [ -f "$wheel" ] && echo "$wheel"
}

# install_packages LOCKFILE: everything the lock names, by hash. The project itself is not copied: it runs from here.
install_packages() {
    local lock=$HOME_DIR/$1 stamp now site
    stamp=$VENV/installed-$1
    now=$("$VENV/bin/python" -V; cksum <"$lock")
    if [ "$(cat "$stamp" 2>/dev/null)" != "$now" ]; then
        say "installing $(grep -c '^[a-z]' "$lock") Python packages ($1)"
        "$VENV/bin/python" -m pip install -qq --require-hashes --no-deps -r "$lock" ||
            fail "pip could not install $1: see above; run again when that is mended"
        printf '%s\n' "$now" >"$stamp"
    fi
    site=$("$VENV/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    printf '%s\n' "$HOME_DIR" >"$site/mitan-checkout.pth"
    printf '#!%s\nimport sys\n\nfrom ivr.cli import main\n\nsys.exit(main())\n' "$VENV/bin/python" >"$VENV/bin/mitan"
    chmod +x "$VENV/bin/mitan"
}

build_assets() {
    "$VENV/bin/python" -m agent_console.bundle || fail "the console's assets could not be built: see above"
}
