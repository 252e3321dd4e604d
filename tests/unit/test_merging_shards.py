"""Shards put together: any order, what is missing, what is refused, and how much memory it takes."""

import itertools
import os
import resource
import tracemalloc
from unittest import mock

import h5py
import numpy as np
import pytest

import spinland as sl
from spinland import budget
from spinland.errors import ArgumentError, StoreError
from spinland.store.hdf5 import Store
from spinland.store.merging import written
from spinland.store.ordering import names_in_order
from spinland.study.merging import ranges
from spinland.study.order import EARLY
from spinland.study.shards import Shard
from tests.oracles.objects import bowl
from tests.oracles.shards import PLAN, ROOM, made, row

COUNT = 3


def line():
    return sl.line(bowl(), [0, 0, 0], [2, 0, 0], [0, 0.5, 1])


@pytest.fixture
def shards(tmp_path):
    """Three shards; each has another result."""
    results = PLAN[1:]
    return [made(tmp_path / f"{k}.h5", k, COUNT, results=[results[k - 1]]) for k in range(1, COUNT + 1)]


@pytest.fixture
def whole(shards, tmp_path):
    """Bytes of the file of all of them."""
    assert sl.merge_shards(tmp_path / "whole.h5", shards) == ()
    return (tmp_path / "whole.h5").read_bytes()


def test_rows_and_results_are_at_their_places(shards, whole, tmp_path):
    store = Store(tmp_path / "whole.h5", "r")
    np.testing.assert_array_equal(store.load(ROOM).density, [row(number, 3) for number in range(7)])
    assert names_in_order(store.path) == PLAN
    assert set(store.meta) == {"kind", "config", "data", "version", "finished", "failed", "environments"}
    assert store.meta["kind"] == "study"
    store.verify()


@pytest.mark.parametrize("order", list(itertools.permutations(range(COUNT))))
@pytest.mark.parametrize("at_once", [1, 2, 3])
def test_any_order_and_any_number_at_a_time(order, at_once, shards, whole, tmp_path):
    out = tmp_path / "other.h5"
    for low in range(0, COUNT, at_once):
        missing = sl.merge_shards(out, [shards[i] for i in order[low : low + at_once]])
    assert missing == ()
    assert out.read_bytes() == whole


def test_again_with_all_of_them_changes_nothing(shards, whole, tmp_path):
    out = tmp_path / "whole.h5"
    before = out.stat()
    assert sl.merge_shards(out, [*shards, shards[0]]) == ()
    assert out.read_bytes() == whole
    assert out.stat().st_ino == before.st_ino


def test_what_is_missing_is_told_and_the_rest_is_there(shards, tmp_path):
    out, said = tmp_path / "whole.h5", []
    missing = sl.merge_shards(out, shards[2:], say=said.append)
    assert missing == ("missing shards: 1-2 of 3", "missing replicas: 5 of 7")
    store = Store(out, "r")
    assert store.pending() == {ROOM: (2, 7)}
    assert store.names() == ("third",)
    assert EARLY in store.meta
    assert said == ["new: 2 replicas and 1 other results", f"{out} holds 1 of 4 results"]


def test_unfinished_and_failed_shards_are_told(tmp_path):
    first = made(tmp_path / "1.h5", 1, 2, rows=3)
    second = made(tmp_path / "2.h5", 2, 2, failed={"first": "no reason"}, tasks=[ROOM, "first", "second"])
    missing = sl.merge_shards(tmp_path / "whole.h5", [first, second])
    assert missing == ("unfinished shards: 1/2, 2/2", "missing replicas: 1 of 7", "could not be made: first")


def test_results_that_others_were_to_make_are_told(shards, tmp_path):
    """A shard knows which results were ready when it began, and so whose each of them is."""
    first = made(tmp_path / "again.h5", 1, COUNT, results=["first"], ready=PLAN[1:])
    out = tmp_path / "whole.h5"
    sl.merge_shards(out, [made(tmp_path / f"without{k}.h5", k, COUNT) for k in (2, 3)])
    assert sl.merge_shards(out, [first]) == ("missing shards: 2-3 of 3", "missing results: 2")
    assert sl.merge_shards(out, [first, shards[1]]) == ("missing shards: 3 of 3", "missing results: 1")
    assert sl.merge_shards(out, [first, shards[2]]) == ()


def test_a_gap_is_filled_and_the_file_put_in_order(shards, whole, tmp_path):
    """As a study does that makes the result itself, in one process."""
    out = tmp_path / "gap.h5"
    sl.merge_shards(out, [shards[0], shards[2]])
    assert names_in_order(out) == [ROOM, "first", "third"]
    assert EARLY in Store(out).meta
    Store(out).save("second", Store(shards[1]).load("second"))
    sl.merge_shards(out, [shards[1]])
    assert EARLY not in Store(out).meta
    assert out.read_bytes() == whole


def test_what_other_programs_have_put_there_stays(shards, tmp_path):
    out = tmp_path / "gap.h5"
    sl.merge_shards(out, [shards[2]])
    with h5py.File(out, "r+") as file:
        file["mine"] = [1, 2, 3]
    assert sl.merge_shards(out, shards) == ()
    with h5py.File(out) as file:
        assert file["mine"][()].tolist() == [1, 2, 3]
    assert set(PLAN) == set(Store(out).names())


def test_more_shards_than_replicas(tmp_path):
    shards = [made(tmp_path / f"{k}.h5", k, 9) for k in range(1, 10)]
    assert sl.merge_shards(tmp_path / "few.h5", shards[7:]) == ("missing shards: 1-7 of 9", "missing replicas: 7 of 7")
    assert sl.merge_shards(tmp_path / "few.h5", shards) == ()
    one = sl.merge_shards(tmp_path / "one.h5", [made(tmp_path / "all.h5", 1, 1)])
    assert one == ()
    assert (tmp_path / "few.h5").read_bytes() == (tmp_path / "one.h5").read_bytes()


def test_shards_of_several_numbers(shards, whole, tmp_path):
    """Whose replicas are the same: what is lost of three may be made by ten."""
    out, tens = tmp_path / "other.h5", [made(tmp_path / f"ten{k}.h5", k, 10) for k in (2, 5)]
    assert sl.merge_shards(out, [tens[1], shards[0], tens[0], shards[2]]) == ()
    sl.merge_shards(out, shards)
    assert out.read_bytes() == whole


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"config": {"seed": 2, "data_dir": None}}, "is a study with seed = 2, not 1"),
        ({"data": "other"}, "of other data"),
        ({"version": "0.0.1"}, "was made by spinland 0.0.1"),
        ({"shard": {"of": "glass", "number": 2, "count": 3}}, "a shard of another kind of file (glass)"),
        ({"environments": [{"processor": "slow"}]}, "processor"),
    ],
)
@pytest.mark.parametrize("begun", [True, False])
def test_a_foreign_shard_is_refused(change, words, begun, shards, tmp_path):
    out, foreign = tmp_path / "whole.h5", made(tmp_path / "foreign.h5", 2, COUNT, **change)
    if begun:
        sl.merge_shards(out, shards[:1])
    before = out.read_bytes() if begun else None
    with pytest.raises(StoreError, match=r"foreign\.h5: ") as caught:
        sl.merge_shards(out, [*([] if begun else shards[:1]), foreign])
    assert words in str(caught.value)
    assert (out.read_bytes() if out.exists() else None) == before


def test_another_data_folder_is_no_other_study(shards, tmp_path):
    other = made(tmp_path / "other.h5", 1, 2, config={"seed": 1, "data_dir": "/elsewhere"})
    assert sl.merge_shards(tmp_path / "whole.h5", [*shards, other]) == ()


def test_other_environments_are_told_in_the_file(shards, tmp_path):
    elsewhere = {"processor": "slow"}
    other = made(tmp_path / "other.h5", 2, COUNT, environments=[elsewhere])
    out = tmp_path / "whole.h5"
    sl.merge_shards(out, [other, shards[0]], mixed=True)
    assert Store(out).meta["environments"][1] == elsewhere
    with pytest.raises(ArgumentError, match="mixed"):
        sl.merge_shards(out, shards, mixed="yes")


def test_no_shard_and_no_files(shards, tmp_path):
    out, mine = tmp_path / "whole.h5", Store(tmp_path / "mine.h5")
    mine.save("line", line())
    with pytest.raises(StoreError, match=r"mine\.h5: is no shard"):
        sl.merge_shards(out, [*shards, mine.path])
    with pytest.raises(StoreError, match="there is no such file"):
        sl.merge_shards(out, [tmp_path / "none.h5"])
    with pytest.raises(ArgumentError, match="shards: expected at least one"):
        sl.merge_shards(out, [])
    with pytest.raises(ArgumentError, match="out: expected another file"):
        sl.merge_shards(shards[0], shards)
    with pytest.raises(StoreError, match=r"mine\.h5: .*holds something else"):
        sl.merge_shards(mine.path, shards)
    assert not out.exists()


def test_a_damaged_shard_is_refused(shards, tmp_path):
    with h5py.File(shards[1]) as file:
        place = file[f"{ROOM}/density"].id.get_offset()
    content = bytearray(shards[1].read_bytes())
    content[place + 3] ^= 1
    shards[1].write_bytes(content)
    with pytest.raises(StoreError, match=r"2\.h5: 'rows' is damaged: the bytes of row 0"):
        sl.merge_shards(tmp_path / "whole.h5", shards)
    assert not (tmp_path / "whole.h5").exists()


@pytest.mark.parametrize("begun", [True, False])
def test_two_that_hold_other_bytes_of_the_same_are_refused(begun, shards, tmp_path):
    out, other = tmp_path / "whole.h5", tmp_path / "other.h5"
    with mock.patch("tests.oracles.shards.row", lambda number, width: row(number + (number == 4), width)):
        made(other, 2, COUNT)
    if begun:
        sl.merge_shards(out, shards)
    with pytest.raises(StoreError, match=r"holds replica 4 of 'rows' with other bytes than .*\.h5; remove one"):
        sl.merge_shards(out, [other] if begun else [*shards, other])
    with mock.patch("tests.oracles.shards.walk", line):
        made(tmp_path / "third.h5", 3, COUNT, results=["third"])
    with pytest.raises(StoreError, match=r"holds 'third' with other bytes than .*\.h5; remove one"):
        sl.merge_shards(out, [tmp_path / "third.h5"] if begun else [*shards, tmp_path / "third.h5"])


class Killed(BaseException):
    """The process ends here."""


def ending(function, left):
    """The same function as long as there is something left."""

    def end(*arguments):
        if next(left, None) is None:
            raise Killed
        return function(*arguments)

    return end


def test_killed_at_any_commit_and_done_again(shards, whole, tmp_path):
    """What a commit or a row needs last is not done, as of a process that ends there."""
    out, kills = tmp_path / "other.h5", 0
    for last in itertools.count():
        out.unlink(missing_ok=True)
        left = iter(range(last))
        replace, sync = (ending(function, left) for function in (os.replace, os.fdatasync))
        with mock.patch("os.replace", replace), mock.patch("os.fdatasync", sync):
            try:
                sl.merge_shards(out, shards[2:])
                sl.merge_shards(out, shards[:2])
                break
            except Killed:
                kills += 1
        sl.merge_shards(out, shards)
        assert out.read_bytes() == whole, last
    assert kills >= 10
    assert out.read_bytes() == whole


def test_memory_and_open_files_stay_few(tmp_path):
    """Rows of 1 MiB, 40 of them in as many shards: a few in memory, and not as many files open."""
    count, width = 40, 1 << 17
    shards = [made(tmp_path / f"{k}.h5", k, count, n_rows=count, width=width) for k in range(1, count + 1)]
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) + 20, hard))
    tracemalloc.start()
    try:
        with mock.patch.object(budget, "REPLICAS", 1 << 20):
            assert sl.merge_shards(tmp_path / "whole.h5", shards) == ()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert peak < 10 << 20
    assert written(Store(tmp_path / "whole.h5"), ROOM).rows.size == count


@pytest.mark.parametrize("value", [(0, 3), (4, 3), (1,), (1, 2, 3), "1/2", 5, (1.5, 2), None, (1, 10**9)])
def test_no_shard(value):
    with pytest.raises(ArgumentError, match="shard: expected whole numbers K, N"):
        Shard.of(value)


def test_names_of_shards(tmp_path):
    assert Shard.of((17, 200)).path(tmp_path / "s.h5") == tmp_path / "s.shard-017-of-200.h5"
    assert ranges([3, 17, 18, 19, 40]) == "3,17-19,40"
    assert ranges([]) == ""
