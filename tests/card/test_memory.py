"""Data that stay on the card: put there once, let go with their owner, never taken for one another."""

import gc

import numpy as np


def test_what_lies_on_the_card_is_the_array_that_was_given(card):
    from spinland_kernels import jit_cuda, memory

    square = np.arange(9.0).reshape(3, 3).copy()
    assert memory.resident(square) is memory.resident(square)
    assert memory.resident(square[:]) is memory.resident(square)  # a view of all of it
    for other in (square[::-1], square.T, square[:, ::-1], square[1:]):
        np.testing.assert_array_equal(jit_cuda.get(memory.resident(other)), other)


def test_it_is_let_go_with_its_owner(card):
    from spinland_kernels import memory

    before = len(memory._RESIDENT)
    owned = np.arange(5.0)
    memory.resident(owned)
    assert len(memory._RESIDENT) == before + 1
    del owned
    gc.collect()
    assert len(memory._RESIDENT) == before
