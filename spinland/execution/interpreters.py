"""Fresh interpreters beside this one."""

from __future__ import annotations

import os
import sys


def environment_of(threads: int) -> dict[str, str]:
    """Environment in which another interpreter finds the same modules in the same places, and takes so many threads."""
    number = str(threads)
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(os.path.abspath(path) for path in sys.path),
        "NUMBA_NUM_THREADS": number,
        "OMP_NUM_THREADS": number,
        "OPENBLAS_NUM_THREADS": number,
    }
