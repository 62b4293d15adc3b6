#!/bin/sh
# Makes .venv hold what a lock file lists, and this package itself.
#
#   requirements/set_up.sh project    what `dbt build` needs
#   requirements/set_up.sh dashboard  that, and what the pages need
#   requirements/set_up.sh test       that, and what the tests need
#   requirements/set_up.sh spark      that, and what a build on Apache Spark needs
#
# Does nothing where the lock, pyproject.toml and this file are those of the last set-up. Uses uv
# where it is on the PATH, and otherwise the pip that comes with Python; both check every hash.
# PYTHON names the interpreter; without it the first of python3, python3.14 … python3.11 that is
# new enough.
set -eu
unset CDPATH PYTHONHOME PYTHONPATH
export PIP_USER=0 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 UV_PYTHON_DOWNLOADS=never
cd "$(dirname "$0")/.."

lock="requirements/$1.lock"
python=.venv/bin/python
stamps=.venv/csat

stop() {
    echo "Set-up stopped: $1" >&2
    exit 1
}

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_interpreter() {
    if [ -n "${PYTHON:-}" ]; then
        is_new_enough "$PYTHON" && interpreter=$PYTHON && return
        stop "PYTHON=$PYTHON is not Python 3.11 or newer; name one that is."
    fi
    for interpreter in python3 python3.14 python3.13 python3.12 python3.11; do
        is_new_enough "$interpreter" && return
    done
    stop "no Python 3.11 or newer is on the PATH; install one, or name it: make build PYTHON=/path/to/python3."
}

# Asks for the version only where PYTHON is given: otherwise the environment keeps its own.
is_other_version() {
    [ -n "${PYTHON:-}" ] || return 1
    tell='import sys; print(sys.version_info[:3])'
    [ "$("$PYTHON" -c "$tell" 2>/dev/null)" != "$("$python" -c "$tell")" ]
}

# An environment does not survive a move: its commands name the folder that it was made in.
is_usable() {
    is_new_enough "$python" || return 1
    [ ! -e "$stamps/place" ] || [ "$(cat "$stamps/place")" = "$(pwd -P)" ] || return 1
    ! is_other_version
}

# uv needs a cache that it can write; pip warns, and goes on without one.
set_uv() {
    uv=
    command -v uv >/dev/null 2>&1 || return 0
    cache=$(uv cache dir 2>/dev/null) || cache=
    if [ -n "$cache" ] && mkdir -p "$cache" 2>/dev/null && [ -w "$cache" ]; then
        uv='uv --quiet'
    else
        uv='uv --quiet --no-cache'
    fi
}

make_environment() {
    find_interpreter
    rm -rf .venv
    if [ -n "$uv" ]; then
        $uv venv --no-project --python "$("$interpreter" -c 'import sys; print(sys.executable)')" .venv && return
    fi
    "$interpreter" -m venv .venv || {
        rm -rf .venv
        stop "$interpreter cannot make an environment (its message is above); on Debian and Ubuntu, install python3-venv."
    }
}

install_with_uv() {
    [ -n "$uv" ] || return 1
    $uv pip install --python "$python" --require-hashes --no-deps -r "$lock" || return 1
    $uv pip install --python "$python" --no-deps --no-build-isolation -e .
}

install_with_pip() {
    "$python" -m pip --version >/dev/null 2>&1 || "$python" -m ensurepip >/dev/null || return 1
    "$python" -m pip install -qq --require-hashes --no-deps -r "$lock" || return 1
    "$python" -m pip install -qq --no-deps --no-build-isolation -e .
}

[ -f "$lock" ] || stop "there is no $lock."
wanted=$(cat "$lock" pyproject.toml requirements/set_up.sh | cksum)
if is_usable; then
    [ "$(cat "$stamps/$1" 2>/dev/null)" != "$wanted" ] || exit 0
    set_uv
else
    set_uv
    make_environment
fi

rm -rf "$stamps"
if [ -n "$uv" ]; then with=uv; else with='pip, which takes half a minute or longer'; fi
echo "Setting up .venv from $lock with $with."
install_with_uv || {
    [ -z "$uv" ] || echo "uv could not do it (its message is above); trying pip." >&2
    install_with_pip || stop "$lock could not be installed (the message is above). Is the package registry within reach? To start afresh: rm -rf .venv."
}

mkdir -p "$stamps"
pwd -P >"$stamps/place"
echo "$wanted" >"$stamps/$1"
# Each lock holds the ones before it.
holds=
case $1 in
    spark) holds='test dashboard project' ;;
    test) holds='dashboard project' ;;
    dashboard) holds=project ;;
esac
for name in $holds; do
    [ ! -f "requirements/$name.lock" ] || cat "requirements/$name.lock" pyproject.toml requirements/set_up.sh | cksum >"$stamps/$name"
done
