"""Results written row by row."""

import json
from dataclasses import dataclass, replace

import h5py
import numpy as np
import pytest

from spinland.errors import ArgumentError, StoreError
from spinland.provenance import record
from spinland.results import Result
from spinland.store.hdf5 import Store


@dataclass(frozen=True, eq=False, kw_only=True)
class Trained(Result):
    params: np.ndarray
    loss: np.ndarray
    diverged: np.ndarray
    epochs: np.ndarray
    initial: np.ndarray | None
    rate: float


SHAPES = {"params": ((6,), np.float32), "loss": ((3,), np.float64), "diverged": ((), bool)}


def fields(**changed):
    known = {"provenance": record("train", seed=3), "epochs": np.arange(3), "initial": None, "rate": 0.1}
    return known | changed


def row(index):
    return {
        "params": np.full(6, index, np.float32),
        "loss": np.array([index, np.nan, -index]),
        "diverged": index % 2 == 0,
    }


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "study.h5")


def reserve(store, n_rows=5, name="runs", mixed=False, **changed):
    return store.reserve(name, Trained, n_rows, rows=SHAPES, fields=fields(**changed), mixed=mixed)


def test_rows_in_any_order(store):
    writer = reserve(store)
    writer.write(3, **row(3))
    assert writer.missing().tolist() == [0, 1, 2, 4]
    writer.write([4, 0], **{name: np.stack([row(4)[name], row(0)[name]]) for name in SHAPES})
    assert store.row_writer("runs").missing().tolist() == [1, 2]
    for index in writer.missing():
        writer.write(index, **row(index))
    writer.finish()
    runs = store.load("runs")
    assert type(runs) is Trained
    assert (runs.params == np.arange(5)[:, None]).all()
    assert runs.params.dtype == np.float32
    np.testing.assert_array_equal(runs.loss, [row(index)["loss"] for index in range(5)])
    assert runs.diverged.tolist() == [True, False, True, False, True]
    assert runs.epochs.tolist() == [0, 1, 2]
    assert runs.initial is None
    assert runs.provenance.seed == 3


def test_an_unfinished_result_is_pending_and_cannot_be_loaded(store):
    writer = reserve(store)
    writer.write(1, **row(1))
    assert store.names() == ()
    assert "runs" not in store
    assert store.pending() == {"runs": (1, 5)}
    with pytest.raises(StoreError, match="'runs' is incomplete: 1 of 5 rows"):
        store.load("runs")
    with pytest.raises(StoreError, match="'runs' is incomplete: 1 of 5 rows"):
        writer.finish()


def test_rows_not_yet_written_show_as_nan(store):
    reserve(store).write(1, **row(1))
    with h5py.File(store.path) as file:
        assert np.isnan(file["runs/params"][0]).all()
        assert (file["runs/params"][1] == 1).all()


def test_a_large_reservation_takes_no_space(store):
    shapes = SHAPES | {"params": ((1 << 20,), np.float32)}
    writer = store.reserve("runs", Trained, 4000, rows=shapes, fields=fields())
    writer.write(3999, **row(1) | {"params": np.ones(1 << 20, np.float32)})
    store.save("copy", Trained(**fields(), **{name: np.zeros(2) for name in SHAPES}))
    assert store.path.stat().st_size > 16e9
    assert store.path.stat().st_blocks * 512 < 16e6
    with h5py.File(store.path) as file:
        assert file["runs/params"][3999].min() == 1


def test_rows_survive_other_commits(store):
    writer = reserve(store)
    other = Trained(**fields(), **{name: np.zeros(2) for name in SHAPES})
    for index in range(5):
        writer.write(index, **row(index))
        store.save("other", other, overwrite=True)  # moves everything in the file
        store.set_meta({"index": index})
    assert (store.load("runs").params == np.arange(5)[:, None]).all()


def test_reserving_again_goes_on(store):
    reserve(store).write(2, **row(2))
    before = store.path.read_bytes()
    assert reserve(store).missing().tolist() == [0, 1, 3, 4]
    assert store.path.read_bytes() == before


@pytest.mark.parametrize(
    "changed", [{"n_rows": 6}, {"rate": 0.2}, {"epochs": np.array([0, 1, 3])}, {"provenance": record("train", seed=4)}]
)
def test_reserving_something_else_under_the_same_name(store, changed):
    reserve(store)
    with pytest.raises(StoreError, match="'runs' was begun with other arguments"):
        reserve(store, **changed)


def test_a_finished_name_is_taken(store):
    writer = reserve(store, n_rows=1)
    writer.write(0, **row(0))
    with pytest.raises(StoreError, match="already holds 'runs'"):
        reserve(store, n_rows=1)


def test_reservations_that_make_no_sense(store):
    def attempt(kind=Trained, n_rows=2, rows=SHAPES, known=None):
        store.reserve("runs", kind, n_rows, rows=rows, fields=fields() if known is None else known)

    for changed, argument in (
        ({"kind": dict}, "kind"),
        ({"n_rows": 0}, "n_rows"),
        ({"rows": {}}, "'diverged'"),
        ({"rows": SHAPES | {"odd": ((), float)}}, "'odd'"),
        ({"rows": SHAPES | {"rate": ((), float)}}, "'rate'"),
        ({"rows": SHAPES | {"loss": ((-1,), float)}}, "'loss'"),
        ({"rows": SHAPES | {"loss": ((1,), "U3")}}, "'loss'"),
        ({"known": fields(rate=[1])}, "Trained.rate"),
    ):
        with pytest.raises(ArgumentError, match=argument):
            attempt(**changed)
    assert store.pending() == {}


def test_rows_that_make_no_sense(store):
    writer = reserve(store)
    for rows, changed, argument in (
        (5, {}, "rows"),
        (-1, {}, "rows"),
        (1.0, {}, "rows"),
        ([1, 1], {name: np.stack([row(1)[name]] * 2) for name in SHAPES}, "rows"),
        (0, {"loss": np.zeros(4)}, "loss"),
        (0, {"params": np.zeros(6)}, "params: expected type float32, got float64"),
        (0, {"diverged": 0.5}, "diverged"),
        (0, {"odd": 1}, "odd"),
    ):
        with pytest.raises(ArgumentError, match=argument):
            writer.write(rows, **row(0) | changed)
    with pytest.raises(ArgumentError, match="params"):
        writer.write(0, loss=np.zeros(3), diverged=False)
    assert writer.missing().size == 5


def test_a_row_is_written_once(store):
    writer = reserve(store)
    writer.write(2, **row(2))
    with pytest.raises(StoreError, match="row 2 of 'runs' is written already"):
        writer.write(2, **row(3))


def test_only_reserved_results_have_rows(store):
    store.save("whole", Trained(**fields(), **{name: np.zeros(2) for name in SHAPES}))
    for name in ("whole", "absent"):
        with pytest.raises(StoreError, match=f"'{name}' is not a result that is written row by row"):
            store.row_writer(name)


def test_a_reservation_that_was_replaced(store):
    writer = reserve(store)
    store.save("runs", Trained(**fields(), **{name: np.zeros(2) for name in SHAPES}), overwrite=True)
    with pytest.raises(StoreError, match="not a result that is written row by row"):
        writer.write(0, **row(0))
    assert store.load("runs").loss.tolist() == [0, 0]


def elsewhere(**changed):
    """The provenance of the same computation with another library."""
    made = fields()["provenance"]
    known = json.loads(made.environment) | changed
    return replace(made, environment=json.dumps(known, sort_keys=True))


class TestOtherEnvironments:
    def test_rows_of_two_are_mixed_only_when_told_to(self, store):
        reserve(store).write(2, **row(2))
        before = store.path.read_bytes()
        other = elsewhere(numpy="9.9 (FANCY)")
        with pytest.raises(StoreError, match=r"rows of 'runs' were made elsewhere \(numpy .*, here 9\.9 \(FANCY\)\)"):
            reserve(store, provenance=other)
        assert store.path.read_bytes() == before
        for _ in range(2):
            writer = reserve(store, provenance=other, mixed=True)
            assert writer.missing().tolist() == [0, 1, 3, 4]
        writer = reserve(store)  # back at the first one: it is known already
        for index in writer.missing():
            writer.write(index, **row(index))
        loaded = store.load("runs")
        assert loaded.provenance.environment.splitlines() == [fields()["provenance"].environment, other.environment]
        assert (loaded.params == np.arange(5)[:, None]).all()
        store.verify()

    def test_without_rows_there_is_nothing_to_mix(self, store):
        reserve(store)
        other = elsewhere(blas="another")
        writer = reserve(store, provenance=other)
        for index in range(5):
            writer.write(index, **row(index))
        assert store.load("runs").provenance == other

    def test_other_arguments_are_refused_first(self, store):
        reserve(store).write(0, **row(0))
        with pytest.raises(StoreError, match="begun with other arguments"):
            reserve(store, provenance=replace(elsewhere(numpy="1"), seed=4), mixed=True)
