"""``spinland worker-check``: two machines compared by eye."""

import platform
import re

import pytest

from spinland.environment import current


def told(text):
    """What is said above the line, and below, by name."""
    above, line, below = re.split(r"^(-+)$", text, flags=re.MULTILINE)
    assert line
    return tuple(
        dict(re.split(r"  +", row, maxsplit=1) for row in part.strip().splitlines()) for part in (above, below)
    )


@pytest.fixture(scope="session")
def one(here):
    return told(here("worker-check").stdout)


def test_it_tells_what_bits_depend_on(one):
    above, below = one
    assert above["host"] == platform.node()
    assert "NUMBA_CPU_NAME" in above
    assert below["processor"] == current()["processor"]
    assert below["blas"] == current()["blas"]
    assert len(below["canary"]) == 32


def test_the_number_of_threads_is_no_difference(one, spinland):
    above, below = told(spinland("worker-check", NUMBA_NUM_THREADS="1").stdout)
    assert above["threads"].startswith("1 (NUMBA_NUM_THREADS)")
    assert below == one[1]


@pytest.mark.skipif(platform.machine() != "x86_64", reason="names of OpenBLAS for x86")
def test_other_routines_are_seen(one, spinland):
    other = "Nehalem" if "Haswell" in current()["blas"] else "Haswell"
    above, below = told(spinland("worker-check", OPENBLAS_CORETYPE=other).stdout)
    assert above["OPENBLAS_CORETYPE"] == other
    assert below["blas"] != one[1]["blas"]
    assert below["all of it"] != one[1]["all of it"]
