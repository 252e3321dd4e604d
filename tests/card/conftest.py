"""Tests of the card: on a card or in Numba's simulator (NUMBA_ENABLE_CUDASIM=1), and on paper, without either."""

import pytest

from spinland_kernels.devices import Unavailable, cards


@pytest.fixture
def card():
    """Skips a test where there is neither a card nor its simulator."""
    try:
        return cards()[0]
    except Unavailable as problem:
        pytest.skip(str(problem))


@pytest.fixture
def paper():
    """A function that notes what a callable would launch on a card, and computes nothing; needs no driver."""
    jit_cuda = pytest.importorskip("spinland_kernels.jit_cuda", exc_type=Exception)
    if getattr(jit_cuda._cuda, "implementation", "") != "NVIDIA":
        pytest.skip("numba-cuda is not installed")
    if jit_cuda.SIMULATED:
        pytest.skip("kernels are simulated: nothing is compiled")

    def noted(function):
        with jit_cuda.on_paper() as launches:
            function()
        assert launches
        return launches

    return noted
