#!/bin/sh
# Drives a real server with LiveKit's and Pipecat's own Resemble clients, unmodified. Each lives in a virtual environment of its own:
# together they would want other versions of what we pin. Hundreds of megabytes at the first run.
set -eu
cd "$(dirname "$0")/.."

made() {
    if ! [ -x ".venv-$1/bin/python" ]; then
        echo "Making .venv-$1 with $2"
        .venv/bin/python -m venv ".venv-$1"
        ".venv-$1/bin/python" -m pip install --quiet --disable-pip-version-check "$2"
    fi
}

made livekit "livekit-plugins-resemble==1.8.9"
made pipecat "pipecat-ai==1.14.0"
SAYSO_TEST_LIVEKIT_PYTHON="$PWD/.venv-livekit/bin/python" SAYSO_TEST_PIPECAT_PYTHON="$PWD/.venv-pipecat/bin/python" \
    .venv/bin/python -m pytest -m slow tests/sdk/test_voice_agents.py "$@"
