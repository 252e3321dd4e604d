"""What launches compute and move, counted from shapes: against what simulated kernels touch, and numbers that count."""

import itertools
from unittest import mock

import numpy as np
import pytest

import spinland as sl
from spinland_kernels.devices import operation
from spinland_kernels.training import formula
from spinland_kernels.types import Couplings

DRAW = np.random.default_rng(0)


@pytest.fixture
def watched(card):
    """A function that notes what a callable launches in the simulator, and all that each launch touches."""
    from spinland_kernels import jit_cuda

    if not jit_cuda.SIMULATED:
        pytest.skip("what a card touches is not seen")
    from tests.card.touched import watching

    def noted(function):
        with watching() as found:
            function()
        assert found
        return found

    return noted


@pytest.fixture
def count(card):
    """The function that is tested; it needs numba-cuda."""
    from benchmarks.counts import count

    return count


def landscape(dtype, widths, loss, n=70):
    x = DRAW.random((n, widths[0])).astype(dtype) + 0.1  # an input that is zero everywhere would be left out
    y = DRAW.integers(0, widths[-1], n) if loss == "cross_entropy" else DRAW.random((n, widths[-1]))
    network = sl.ReLUNetwork(widths)
    points = DRAW.normal(size=(3, network.n_params)).astype(dtype)
    return sl.NetworkLandscape(network, x, y, loss, dtype, device="cuda"), points


@pytest.mark.parametrize(
    ("dtype", "widths", "loss"), [("f4", (7, 6, 10), "cross_entropy"), ("f8", (5, 6, 4, 3), "mse")]
)
def test_bytes_of_planes_and_walks_are_those_touched(dtype, widths, loss, watched, count):
    there, points = landscape(dtype, widths, loss)

    def all_of_it():
        there.slice(points[0], points[1:]).value(DRAW.normal(size=(18, 2)))
        for _ in there.walkers(points[:1], [0, 0], [0, 1], (1.5,)).walk(0.1, 1, 0):
            pass

    found = watched(all_of_it)
    assert len({one.launch.kernel.name for one in found}) >= 8
    for one in found:
        assert count(one.launch).far == one.far, one.launch


@pytest.mark.parametrize(
    ("dtype", "widths", "loss"), [("f4", (7, 6, 10), "cross_entropy"), ("f8", (5, 6, 4, 3), "mse")]
)
def test_bytes_of_gradients_of_samples_are_those_touched(dtype, widths, loss, watched, count):
    there, points = landscape(dtype, widths, loss, 17)

    def all_of_it():
        there.gradient_products(points[0])
        there.gradient_sums(points[0], DRAW.normal(size=(2, 17)))
        there.gradient_components(points[0], points[1:])

    found = watched(all_of_it)
    names = {one.launch.kernel.name for one in found}
    assert {f"sample_gradients.cuda.{name}" for name in ("add_layer", "weigh", "dot")} <= names
    for one in found:
        assert count(one.launch).far == one.far, one.launch


@pytest.mark.parametrize("inside", [True, False])
@pytest.mark.parametrize("optimizer", [sl.Adam(0.01), sl.SGD(0.1, momentum=0.9), sl.SGD(0.1)], ids=["adam", "b", "sgd"])
def test_bytes_of_training_are_those_touched(inside, optimizer, watched, count):
    """Of one replica: which samples two have in common is a matter of chance."""
    x, y = DRAW.random((16, 7)).astype("f4") + 0.1, DRAW.integers(0, 10, 16)
    kernel = "spinland_kernels.training.cuda._is_small"
    with mock.patch(kernel, return_value=inside):
        data, network = (x, y, x[:2], y[:2]), sl.ReLUNetwork((7, 6, 10))
        found = watched(lambda: sl.train(network, data, 1, optimizer, 8, 1, evaluate="none", device="cuda"))
    assert ("training.small.descend" in {one.launch.kernel.name for one in found}) is inside
    for one in found:
        assert count(one.launch).far == one.far, one.launch


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_bytes_of_a_glass_are_those_touched(dtype, watched, count):
    """Floats alone: tables of places are not counted; slots count with their whole panel, of which nine are spins."""
    kernel, n = operation("pspin", "cuda"), 9
    stored = Couplings(np.zeros(kernel.n_couplings(n, 3), dtype), n, 3, 5, 7, 0)

    def all_of_it():
        for couplings in (stored, stored._replace(values=np.empty(0, dtype))):
            prepared = kernel.prepare(couplings)
            for points in (1, 5):
                kernel.values_and_gradients(DRAW.normal(size=(points, n)).astype(dtype), couplings, prepared)

    found = watched(all_of_it)
    assert len({one.launch.kernel.name for one in found}) == 5
    for one in found:
        expected = count(one.launch).far
        if one.launch.kernel.name == "pspin.sweeps.gather":
            slots = one.launch.arguments[0]
            expected -= slots.nbytes // slots.shape[2] * (slots.shape[2] - n)
        if one.launch.kernel.name == "pspin.sweeps.lower" and one.launch.arguments[2].shape[0] > 5:
            x = one.launch.arguments[2]
            expected -= (x.shape[0] - 5) * n * x.dtype.itemsize  # lanes that fill up, which it does not read
        assert expected == one.floats, one.launch.kernel.name


def test_bytes_of_shared_memory_are_those_read(watched, count):
    """Of a product: each thread, its rows and columns, term by term."""
    from spinland_kernels import jit_cuda

    there, points = landscape("f4", (7, 6, 10), "cross_entropy")
    reads = itertools.count()

    class Shared(np.ndarray):
        def __getitem__(self, index):
            next(reads)
            return super().__getitem__(index)

    class Watching:
        """NumPy, as whoever makes shared arrays sees it."""

        def __getattr__(self, name):
            return getattr(np, name)

        def empty(self, shape, dtype):
            made = np.empty(shape, dtype)
            return made.view(Shared) if made.ndim == 3 else made  # the tiles of a product

    with mock.patch.object(jit_cuda, "np", Watching()):
        found = watched(lambda: there.value(points))
    products = [one.launch for one in found if one.launch.kernel.name == "lanes.cuda.multiply"]
    assert len(products) == 2
    assert sum(count(launch).near for launch in products) == 4 * next(reads)


class Counted:
    """A number that counts what is done with numbers like it."""

    done = itertools.count()

    def __init__(self, value):
        self.value = value

    def _made(self, other, function):
        next(Counted.done)
        return Counted(function(self.value, getattr(other, "value", other)))

    def __add__(self, other):
        return self._made(other, lambda a, b: a + b)

    def __sub__(self, other):
        return self._made(other, lambda a, b: a - b)

    def __mul__(self, other):
        return self._made(other, lambda a, b: a * b)

    def __truediv__(self, other):
        return self._made(other, lambda a, b: a / b)

    __radd__, __rmul__ = __add__, __mul__

    def __float__(self):
        """Of which a root is taken."""
        next(Counted.done)
        return float(self.value)

    def __ge__(self, other):
        return self.value >= getattr(other, "value", other)


def counted(function, *shapes):
    """Operations of a function of arrays of these shapes."""
    arrays = [np.vectorize(Counted, otypes=[object])(DRAW.random(shape) + 1) for shape in shapes]
    before = next(Counted.done)
    function(*arrays)
    return next(Counted.done) - before - 1


def test_operations_of_networks_are_those_of_the_naive_forms(watched, count):
    """A product with its bias; the second layer of points of a plane, from products that are there."""
    there, points = landscape("f4", (7, 6, 10), "cross_entropy")
    first, second = watched(lambda: there.value(points[:1]))[:2]
    assert count(first.launch).operations == counted(lambda x, w, b: x @ w.T + b, (70, 7), (6, 7), 6)
    assert count(second.launch).operations == counted(lambda x, w, b: x @ w.T + b, (70, 6), (10, 6), 10)
    found = watched(lambda: there.slice(points[0], points[1:]).value(np.zeros((3, 2))))
    (layer,) = (one for one in found if one.launch.kernel.name == "slice.cuda.second_layer")

    def plane(z, c, w, b):
        for a in c:
            np.maximum(z[0] + z[1] * a[0] + z[2] * a[1], 0) @ w.T + b

    assert count(layer.launch).operations == counted(plane, (3, 70, 6), (3, 2), (10, 6), 10)


def test_operations_of_gradients_of_samples_are_those_of_the_naive_forms(watched, count):
    """Pairs of samples, layer by layer; derivatives by outputs with the weights of sums; and along vectors."""
    from spinland_kernels.sample_gradients import formula as gradients

    there, points = landscape("f4", (7, 6, 10), "cross_entropy", 17)
    weights = DRAW.normal(size=(2, 17))

    def all_of_it():
        there.gradient_products(points[0])
        there.gradient_sums(points[0], weights)
        there.gradient_components(points[0], points[1:])

    found = watched(all_of_it)

    def of(name):
        return [count(one.launch) for one in found if one.launch.kernel.name == f"sample_gradients.cuda.{name}"]

    def layer(acts, slopes, bias, factor):
        return gradients.layer_product.py_func(acts, bias, factor * slopes)

    pairs, bias, factor = (17, 17), (), ()
    first, second = of("add_layer")
    assert first.double == counted(layer, pairs, pairs, bias, factor)
    assert second.double == counted(lambda *given: given[0] + layer(*given[1:]), pairs, pairs, pairs, bias, factor)
    (weighed,) = of("weigh")
    assert weighed.operations == counted(lambda c, slopes: c[:, :, None] * slopes, (2, 17), (17, 10))
    (dot,) = of("dot")

    def along(slopes, tangents, factor):
        for slope in tangents:
            factor * ((slope * slopes).sum(axis=1) + slopes[0, 0])

    assert dot.double == counted(along, (17, 10), (2, 17, 10), factor)


def test_operations_of_a_glass_are_those_of_its_couplings(watched, count):
    """Each is a term of the sum of its row, and one of the sum of its column."""
    kernel, n = operation("pspin", "cuda"), 5
    couplings = Couplings(np.zeros(kernel.n_couplings(n, 3)), n, 3, 5, 7, 0)
    found = watched(lambda: kernel.values_and_gradients(np.ones((1, n)), couplings, kernel.prepare(couplings)))

    def sweep(a, spins, weights):
        rows, columns = 0, [0] * n
        for number, (_, _, k) in enumerate(itertools.combinations_with_replacement(range(n), 3)):
            rows = rows + a[number] * spins[k]
            columns[k] = columns[k] + a[number] * weights[number]

    size = len(couplings.values)
    assert found[0].launch.kernel.name == "pspin.sweeps.sweep_1"
    assert count(found[0].launch).double == counted(sweep, size, n, size)


def test_operations_of_a_step_are_those_of_its_formula():
    from benchmarks.counts import _STEP
    from spinland_kernels.networks import ADAM, MOMENTUM

    def adam(w, g, m, v, decay, rest, beta, rest_2, rate, shrink, scale, eps):
        g = formula.decayed.py_func(w, g, decay)
        m, v = formula.adam_moments.py_func(g, m, v, rest, beta, rest_2)
        formula.adam.py_func(w, m, v, rate, shrink, scale, eps)

    def alone(function):
        return lambda numbers: function(*numbers)

    assert counted(alone(adam), 12) == _STEP[ADAM]
    assert counted(alone(formula.momentum.py_func), 8) == _STEP[MOMENTUM]
    assert counted(alone(formula.sgd.py_func), 4) == 4


#: Launches of a call, and copies between the card and the processor.
CALLS = {
    "plane": (2 + 4, 2 + 3),  # products of all vectors, then four kernels; vectors and their tails up, points, two sums
    "walk": (2 + 4, 1 + 2),  # a step and its distances, two layers, score and total
    "gradient of order 3, N = 400": (3, 2),  # the point up, the gradient down
    "gradient of order 3, N = 2,000, stored": (3, 2),
    "gradient of order 3, N = 2,000, drawn": (2 * 41 + 2, 2),  # chunks of 2²⁵ of 1,335,334,000
    "epoch 784": (200 * 9 + 2, 12),
    "epoch 64": (2, 12),
    "products of gradients": (4 + 3 * 2, 2),  # both layers there, the outputs, back; of each layer two products, a sum
}


@pytest.mark.parametrize("call", CALLS)
def test_calls_launch_as_often_as_was_meant(call, paper):
    from benchmarks.aims import AIMS, noted

    (aim,) = (aim for aim in AIMS if aim.name.startswith(call))
    notes = noted(aim.make)
    assert (len(notes), len(notes.copied)) == CALLS[call]


def test_floors_on_paper_are_below_the_aims(paper):
    """All but that of a small glass, whose launches alone take more, if each takes what is reckoned."""
    from benchmarks.aims import AIMS, reckon

    found = {aim.name: (reckon(aim), aim.high) for aim in AIMS}
    assert all(one.floor < high for one, high in found.values())
    late = [name for name, (one, high) in found.items() if max(one.floor, one.launching) > high]
    assert late == ["gradient of order 3, N = 400, stored"]
    plane, _ = found["plane 784-512-10, 10,000 images, 51 × 51 points"]
    products, score = 3 * 2 * 10_000 * 784 * 512, 2601 * 10_000 * (9 * 22 + 22)
    combined = 2 * 2 * 2601 * 5130
    assert plane.counted.operations == products + combined + 2601 * 10_000 * 512 * (2 * 2 + 2 * 10) + score


def test_the_kept_table_is_that_of_the_kernels(paper, repository):
    """``python -m benchmarks.aims --page benchmarks/results/card-9.0.md`` writes it anew."""
    from benchmarks import aims

    page = (repository / "benchmarks" / "results" / "card-9.0.md").read_text("utf-8")
    assert aims.placed(page) == page
