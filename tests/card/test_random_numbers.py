"""Random numbers on the card: those of the cores, and what making them costs."""

import numpy as np

from spinland_kernels.devices import operation
from tests.card.costs import check

SEED = 0xFEDCBA9876543210


def test_integers_uniforms_and_shuffles_are_those_of_the_cores_bit_for_bit(card):
    cores, twin = operation("philox", "cpu"), operation("philox", "cuda")
    for start in (0, 6):
        here, there = np.empty((3, 301)), np.empty((3, 301))
        for kernel, out in ((cores, here), (twin, there)):
            kernel.fill_uniforms(out, SEED, 3, [4, 0, 2**32 - 1], 2**32 - 1, start=start)
        np.testing.assert_array_equal(here, there)
    for n in (1, 2, 101):
        here, there = np.empty(n, np.int64), np.empty(n, np.int64)
        for name, more in (("fill_permutation", ()), ("fill_integers", (77,))):
            for kernel, out in ((cores, here), (twin, there)):
                getattr(kernel, name)(out, SEED, 1, 2, 3, *more)
            np.testing.assert_array_equal(here, there)
    assert twin.words(SEED, 2**32 - 1, 6, 7, 8) == cores.words(SEED, 2**32 - 1, 6, 7, 8)


def test_normals_differ_by_four_units_at_most(card):
    here, there = np.empty((3, 301)), np.empty((3, 301))
    operation("philox", "cpu").fill_normals(here, SEED, 3, [4, 0, 7], 1, start=5)
    operation("philox", "cuda").fill_normals(there, SEED, 3, [4, 0, 7], 1, start=5)
    np.testing.assert_array_max_ulp(here, there, maxulp=4)


def test_what_it_costs(paper):
    def draw():
        twin = operation("philox", "cuda")
        twin.fill_normals(np.empty((3, 11)), SEED, 3, [4, 0, 7], 1)
        twin.fill_uniforms(np.empty((3, 11)), SEED, 3, [4, 0, 7], 1)
        twin.fill_permutation(np.empty(101, np.int64), SEED, 1, 2, 3)
        twin.fill_integers(np.empty(101, np.int64), SEED, 1, 2, 3, 77)
        twin.words(SEED, 1, 2, 3, 4)

    check(paper(draw))
