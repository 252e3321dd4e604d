#!/bin/sh
# Run tests with the oldest versions of the libraries that pyproject.toml allows, and with the newest there are.
#
#     tests/versions.sh [FOLDER [ARGUMENT OF PYTEST ...]]
#
# Two environments are made in FOLDER (default: versions/ beside the checkout), or used again; each compiles its own kernels.
# Without further arguments the tests of kernels, properties and units run.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
folder=${1:-$root/../versions}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- -q -m 'not slow' tests/unit tests/properties tests/resume/test_cold_and_warm.py
libraries='
import sys, tomllib
wanted = tomllib.load(open(sys.argv[1], "rb"))["project"]["dependencies"]
print(*(name.replace(">=", "==") if sys.argv[2] == "oldest" else name for name in wanted), sep="\n")
'
mkdir -p "$folder"
failed=0
for which in oldest newest; do
    python="$folder/$which/bin/python"
    [ -x "$python" ] || python3 -m venv "$folder/$which"
    "$python" -c "$libraries" "$root/pyproject.toml" "$which" > "$folder/$which.txt"
    "$python" -m pip install -q --upgrade -r "$folder/$which.txt" pytest pytest-xdist hypothesis
    echo "== $which: $("$python" -m pip freeze | grep -iE '^(numba|llvmlite|numpy|scipy|h5py|matplotlib)==' | tr '\n' ' ')"
    (cd "$root" && PYTHONPATH="$root:$root/kernels" NUMBA_CACHE_DIR="$folder/kernels-$which" MPLBACKEND=Agg \
        "$python" -m pytest "$@") || failed=1
done
exit $failed
