"""Replicas compared on the card: the statistics of the cores."""

import dataclasses

import numpy as np
import pytest

import spinland as sl
from spinland.errors import ArgumentError

ROWS = np.random.default_rng(3).normal(size=(5, 7))


def same(there, here):
    """Numbers of two results agree, and each says where it was made."""
    assert (there.provenance.device, here.provenance.device) == ("cuda", "cpu")
    for field in dataclasses.fields(here):
        if field.name not in ("provenance", "null_models"):
            one, other = getattr(there, field.name), getattr(here, field.name)
            np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12, err_msg=field.name)


@pytest.mark.parametrize("unsigned", [False, True])
def test_pairs(unsigned, card):
    same(sl.pair_statistics(ROWS, unsigned, device="cuda"), sl.pair_statistics(ROWS, unsigned))


@pytest.mark.parametrize("n_triples", [None, 6])
def test_triangles(n_triples, card):
    there, here = (sl.ultrametricity(ROWS, 2, 2, n_triples, device=device) for device in ("cuda", "cpu"))
    same(there, here)
    assert there.n_triples == (n_triples or 10)


@pytest.mark.parametrize("function", [sl.pair_statistics, sl.ultrametricity])
def test_a_wrong_name_is_refused(function):
    with pytest.raises(ArgumentError, match="device"):
        function(ROWS, device="gpu")
