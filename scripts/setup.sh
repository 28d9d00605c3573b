#!/bin/sh
# Makes .venv and installs sayso with its pinned dependencies. Safe to run again: pip leaves what fits alone.
#
#   PYTHON=/path/to/python3.12 scripts/setup.sh     another Python
#   TORCH_INDEX=https://...    scripts/setup.sh     another index for the CPU build of PyTorch
set -eu
cd "$(dirname "$0")/.."

fits() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null
}

find_python() {
    for name in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if command -v "$name" >/dev/null && fits "$name"; then
            echo "$name"
            return
        fi
    done
    echo "sayso needs Python 3.11, 3.12 or 3.13; found: $(python3 --version 2>&1 || echo none)." >&2
    echo "Install one (Debian, Ubuntu: apt install python3 python3-venv) or set PYTHON to its path." >&2
    return 1
}

if ! [ -x .venv/bin/python ] || ! fits .venv/bin/python; then
    python=$(find_python)
    echo "Making .venv with $($python --version)"
    if ! "$python" -m venv --clear .venv; then
        rm -rf .venv
        echo "Could not make a virtual environment; on Debian and Ubuntu: apt install python3-venv" >&2
        exit 1
    fi
fi
pip() {
    .venv/bin/python -m pip --disable-pip-version-check "$@"
}
# An older pip does not know the newest wheels; if it cannot be renewed, it may still do.
pip install --quiet --upgrade pip || echo "pip could not be renewed; going on with $(pip --version)" >&2

torch=$(sed -n 's/^torch==\(.*\)$/torch==\1/p' constraints.txt)
torch_version=${torch#torch==}
cpu_index=https://download.pytorch.org/whl/cpu
installed() {
    .venv/bin/python - "$torch_version" <<'PY'
import sys
from importlib.metadata import PackageNotFoundError, version
try:
    sys.exit(version("torch").split("+")[0] != sys.argv[1])
except PackageNotFoundError:
    sys.exit(1)
PY
}

# sayso computes on the CPU. On Linux the common index holds a build of PyTorch that brings gigabytes for
# graphics cards along, so pip is asked first what it would install. It needs only the metadata for that (3 s
# where the index offers it); where an index has none, pip reads just the end of the file if it can (fast-deps),
# else it would begin to load the whole file, hence the time limit: what takes long is large.
wants_cuda() {
    [ "$(uname -s)" = Linux ] || return 1
    report=$(timeout -k 5 50 .venv/bin/python -m pip --disable-pip-version-check install \
        --dry-run --quiet --no-deps --no-cache-dir --use-feature=fast-deps --report - "$torch" 2>/dev/null) || {
        [ $? -ge 124 ]  # out of time; at any other failure the plain install below says what is wrong
        return
    }
    printf '%s' "$report" | .venv/bin/python -c '
import json, sys
metadata = json.load(sys.stdin)["install"][0]["metadata"]
is_cpu = metadata["version"].endswith("+cpu")
cuda = [line for line in metadata.get("requires_dist", []) if line.startswith(("nvidia", "cuda"))]
sys.exit(is_cpu or not cuda)
'
}

if ! installed; then
    if wants_cuda; then
        echo "Installing the CPU build of PyTorch from ${TORCH_INDEX:-$cpu_index}"
        if [ -n "${TORCH_INDEX:-}" ]; then
            pip install --quiet --index-url "$TORCH_INDEX" "$torch"
        elif ! pip install --quiet --retries 1 --timeout 20 --index-url "$cpu_index" "$torch" 2>/dev/null; then
            # Large is better than nothing; not quiet, for it takes long.
            echo "It cannot be had from there. Going on with the common build, which works as well but brings" >&2
            echo "gigabytes for graphics cards along. To avoid that: ctrl-C, then name another index of PyTorch's" >&2
            echo "CPU builds in TORCH_INDEX, or a folder with such a wheel in PIP_FIND_LINKS, and run this again." >&2
            pip install "$torch"
        fi
    else
        echo "Installing PyTorch"
        pip install --quiet "$torch"
    fi
fi
echo "Installing sayso and its dependencies"
pip install --quiet --constraint constraints.txt --editable '.[dev]'
