"""Random numbers: the published vectors, one formula in three modes, addresses that do not meet."""

import importlib.util
import json
import math

import numba
import numpy as np
import pytest

from spinland import rng
from spinland.errors import ArgumentError
from spinland.rng import Purpose
from spinland_kernels.philox import cpu, formula
from tests.oracles import philox as oracle

# Random123, tests/kat_vectors: philox4x32 10. Counter, key, result.
PUBLISHED = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]
BIG = 0xFEDCBA9876543210  # a seed with both halves in use

SAMPLE = """
import json
from spinland import rng
from spinland_kernels.philox import cpu
print(json.dumps({
    "words": [[int(w) for w in cpu.words(k[0] | k[1] << 32, *c)] for c, k in VECTORS],
    "normals": rng.normals(SEED, rng.Purpose.WALK, 3, 2**32 - 1, 11, start=6).tolist(),
    "uniforms": rng.uniforms(SEED, rng.Purpose.WALK, 2**32 - 1, 4, 9, start=2).tolist(),
    "permutation": rng.permutation(SEED, rng.Purpose.SHUFFLE, 1, 2, 13).tolist(),
    "integers": rng.integers(SEED, rng.Purpose.PAIRS, 1, 2, 7, 2**32 - 1).tolist(),
    "seed": rng.derive_seed(SEED, 1, 2, 3),
}))
"""

SIMULATOR = """
import json
import numba
import numpy as np
from numba import cuda
from spinland_kernels.philox import formula

@cuda.jit
def draw(seed, out):
    i = cuda.grid(1)
    if i < out.shape[0]:
        a, b, c, d = formula.words(seed, i, 5, 7, 3)
        out[i, 0], out[i, 1] = formula.normal_pair(a, b)
        out[i, 2], out[i, 3] = formula.normal_pair(c, d)

out = np.zeros((3, 4))
draw[1, 4](np.uint64(SEED), out)
print(json.dumps(out.ravel().tolist()))
"""


@pytest.mark.parametrize(("counter", "key", "result"), PUBLISHED)
def test_published_vectors(counter, key, result):
    assert oracle.philox(counter, key) == result
    words = formula.philox(*(np.uint64(c) for c in (*counter, *key)))
    assert tuple(int(w) for w in words) == result
    assert tuple(int(w) for w in cpu.words(key[0] | key[1] << 32, *counter)) == result


@pytest.mark.parametrize("mode", ["0", "1"], ids=["compiled", "interpreted"])
def test_both_modes_equal_plain_integers(run_python, mode):
    vectors = [(counter, key) for counter, key, _ in PUBLISHED]
    script = f"SEED = {BIG}\nVECTORS = {vectors!r}\n{SAMPLE}"
    got = json.loads(run_python(script, NUMBA_DISABLE_JIT=mode))
    top = 2**32 - 1
    assert got["words"] == [list(result) for _, _, result in PUBLISHED]
    want = [oracle.normal(BIG, Purpose.WALK, 3, top, i) for i in range(6, 17)]
    np.testing.assert_allclose(got["normals"], want, rtol=1e-13, atol=1e-14)
    assert got["normals"] == rng.normals(BIG, Purpose.WALK, 3, top, 11, start=6).tolist()  # bit for bit
    assert got["uniforms"] == [oracle.uniform(BIG, Purpose.WALK, top, 4, i) for i in range(2, 11)]
    assert got["permutation"] == oracle.permutation(BIG, Purpose.SHUFFLE, 1, 2, 13)
    assert got["integers"] == [oracle.integer(BIG, Purpose.PAIRS, 1, 2, i, top) for i in range(7)]
    low, high = oracle.words(BIG, 1, 2, 3, Purpose.DERIVE)[:2]
    assert got["seed"] == low | high << 32


def test_the_cuda_simulator_runs_the_same_formula(run_python):
    if importlib.util.find_spec("numba.cuda.simulator") is None:
        pytest.skip("this Numba has no CUDA simulator")
    got = json.loads(run_python(f"SEED = {BIG}\n{SIMULATOR}", NUMBA_ENABLE_CUDASIM="1"))
    want = [oracle.normal(BIG, 3, 7, 5, i) for i in range(12)]
    np.testing.assert_allclose(got, want, rtol=1e-13, atol=1e-14)
    assert got == rng.normals(BIG, Purpose.WALK, 7, 5, 12).tolist()  # what the cores draw, bit for bit


@pytest.mark.parametrize("start", [0, 1, 3, 4, 4095, 4097])
def test_a_stream_may_be_read_in_any_pieces(start):
    whole = rng.normals(5, Purpose.WALK, 2, 1, 9000)
    np.testing.assert_array_equal(rng.normals(5, Purpose.WALK, 2, 1, 33, start=start), whole[start : start + 33])
    whole = rng.uniforms(5, Purpose.WALK, 2, 1, 5000)
    np.testing.assert_array_equal(rng.uniforms(5, Purpose.WALK, 2, 1, 33, start=start), whole[start : start + 33])


def test_rows_are_replicas_on_any_number_of_threads(threads):
    fills = []
    for n in (1, 2):
        threads(min(n, numba.config.NUMBA_NUM_THREADS))
        out = np.empty((3, 5000))
        cpu.fill_normals(out, 9, Purpose.WALK, [4, 0, 7], 2)
        fills.append(out)
    np.testing.assert_array_equal(*fills)
    for row, replica in enumerate([4, 0, 7]):
        np.testing.assert_array_equal(fills[0][row], rng.normals(9, Purpose.WALK, replica, 2, 5000))


def test_every_part_of_the_address_counts():
    base = (7, Purpose.WALK, 1, 1)
    addresses = [
        base,
        (8, Purpose.WALK, 1, 1),
        (7 | 1 << 63, Purpose.WALK, 1, 1),
        (7 | 1 << 32, Purpose.WALK, 1, 1),
        (7, Purpose.SWAP, 1, 1),
        (7, Purpose.WALK, 2, 1),
        (7, Purpose.WALK, 1, 2),
        (7, Purpose.WALK, 1, 2**31),
    ]
    draws = np.array([rng.uniforms(*address, 2000) for address in addresses])
    assert len(np.unique(draws)) > draws.size * (1 - 1e-4)  # 32-bit words: few meet by chance
    correlation = np.corrcoef(draws)[np.triu_indices(len(draws), 1)]
    assert np.abs(correlation).max() < 4.5 / math.sqrt(2000)


def test_moments():
    n = 200_000
    z = rng.normals(1, Purpose.WALK, 0, 0, n)
    for power, mean, variance in [(1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)]:
        assert abs((z**power).mean() - mean) < 4 * math.sqrt(variance / n)
    assert abs((z[::2] * z[1::2]).mean()) < 4 / math.sqrt(n / 2)  # cosine and sine of one pair
    u = rng.uniforms(1, Purpose.WALK, 0, 0, n)
    assert abs(u.mean() - 0.5) < 4 / math.sqrt(12 * n)
    assert abs((u**2).mean() - 1 / 3) < 4 * math.sqrt(4 / 45 / n)
    assert u.min() > 0
    assert u.max() < 1


def test_float32_numbers_are_the_float64_ones_rounded():
    a = rng.normals(1, Purpose.WALK, 0, 0, 101)
    np.testing.assert_array_equal(rng.normals(1, Purpose.WALK, 0, 0, 101, dtype="float32"), a.astype("f4"))


def test_permutations_are_uniform():
    draws = 4800
    codes = np.array([rng.permutation(11, Purpose.SHUFFLE, 0, step, 4) for step in range(draws)])
    assert (np.sort(codes, axis=1) == np.arange(4)).all()
    _, counts = np.unique(codes @ [64, 16, 4, 1], return_counts=True)
    assert len(counts) == 24
    chi_squared = ((counts - draws / 24) ** 2 / (draws / 24)).sum()
    assert chi_squared < 49.7  # 23 degrees of freedom, p = 0.001


def test_integers_are_uniform():
    draws = rng.integers(3, Purpose.BOOTSTRAP, 0, 0, 7000, 7)
    counts = np.bincount(draws, minlength=7)
    assert len(counts) == 7
    assert ((counts - 1000) ** 2 / 1000).sum() < 22.5  # 6 degrees of freedom, p = 0.001


def test_derived_seeds_differ():
    labels = [(), (1,), (2,), (0, 1), (0, 0, 1), (1, 1), (2**32 - 1,)]
    seeds = {rng.derive_seed(seed, *label) for seed in (0, 1, 1 << 63) for label in labels}
    assert len(seeds) == 3 * len(labels)
    assert max(seeds) >= 2**32
    with pytest.raises(ArgumentError, match="labels"):
        rng.derive_seed(0, 1, 2, 3, 4)


def test_purposes_have_numbers_of_their_own():
    assert len({int(p) for p in Purpose}) == len(Purpose.__members__)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: rng.normals(-1, Purpose.WALK, 0, 0, 1), "seed"),
        (lambda: rng.normals(2**64, Purpose.WALK, 0, 0, 1), "seed"),
        (lambda: rng.normals(0.5, Purpose.WALK, 0, 0, 1), "seed"),
        (lambda: rng.normals(0, Purpose.WALK, -1, 0, 1), "replica"),
        (lambda: rng.normals(0, Purpose.WALK, 0, 2**32, 1), "step"),
        (lambda: rng.normals(0, Purpose.WALK, 0, 0, -1), "size"),
        (lambda: rng.uniforms(0, Purpose.WALK, 0, 0, 1, start=-1), "start"),
        (lambda: rng.uniforms(0, Purpose.WALK, 0, 0, 1, dtype="int32"), "dtype"),
        (lambda: rng.permutation(0, Purpose.WALK, 0, 0, 1.5), "size"),
        (lambda: rng.integers(0, Purpose.WALK, 0, 0, 1, 0), "bound"),
        (lambda: rng.integers(0, Purpose.WALK, 0, 0, 1, 2**32), "bound"),
        (lambda: rng.derive_seed(0, -1), "label"),
    ],
)
def test_bad_addresses_are_refused(call, name):
    with pytest.raises(ArgumentError, match=f"^{name}: "):
        call()
