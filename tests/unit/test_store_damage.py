"""Nothing damaged passes for whole: every changed byte is found."""

import random

import h5py
import pytest

from spinland.errors import StoreError
from spinland.store import container
from spinland.store.hdf5 import Store
from tests.unit.store_contents import contents, make, named
from tests.unit.stored_results import BEGUN, ROWS, Runs


def rows_begun(path):
    """What resuming goes by: which rows are there, and their bytes."""
    writer = Store(path).reserve("begun", Runs, 3, rows=ROWS, fields=BEGUN)
    missing = writer.missing().tolist()
    with h5py.File(path) as file:
        there = [file["begun"][field][index].tobytes() for index in {0, 1, 2} - set(missing) for field in ROWS]
    return missing, there


def flip_a_bit(content, draw):
    content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)


def change_a_byte(content, draw):
    content[draw.randrange(len(content))] ^= draw.randrange(1, 256)


def lose_a_block(content, draw):
    at, length = draw.randrange(len(content)), draw.choice((4, 64, 512, 4096))
    content[at : at + length] = bytes(len(content[at : at + length]))


def cut(content, draw):
    del content[draw.randrange(len(content)) :]


@pytest.mark.parametrize(("seed", "times"), [(1, 70), pytest.param(2, 500, marks=pytest.mark.slow)])
@pytest.mark.parametrize("damage", [flip_a_bit, change_a_byte, lose_a_block, cut])
def test_no_damage_changes_a_number(tmp_path, damage, seed, times):
    whole = make(tmp_path / "whole.h5")
    expected, content = contents(whole.path), whole.path.read_bytes()
    begun, path, draw = rows_begun(whole.path), tmp_path / "damaged.h5", random.Random(seed)
    found = 0
    for i in range(times):
        damaged = bytearray(content)
        damage(damaged, draw)
        path.write_bytes(damaged)
        try:
            got = contents(path, mmap=bool(i % 2))
        except StoreError as error:
            named(path, error)
            found += 1
            continue
        for name, value in got.items():
            if isinstance(value, StoreError):
                found += 1
            else:
                assert value == expected[name] or name == "pending", name
        try:  # what a resumed study does first
            Store(path).verify()
            missing, there = rows_begun(path)
        except StoreError:
            continue
        assert set(missing) >= set(begun[0])
        assert set(there) <= set(begun[1])
    assert found > times / 3


def test_the_error_names_file_result_and_field(tmp_path):
    store = make(tmp_path / "study.h5")
    with h5py.File(store.path) as file:
        places = {
            "'walks/0' is damaged: the bytes of 'values'": file["walks/0/values"].id.get_offset(),
            "'walks/0' is damaged: the bytes of 'inner/values'": file["walks/0/inner/values"].id.get_offset(),
            "'walks/large' is damaged: the bytes of 'names'": file["walks/large/names"].id.get_offset(),
            "'finished' is damaged: the bytes of row 1": file["finished/loss"].id.get_offset() + 16,
            "'begun' is damaged: the bytes of row 0": file["begun/params"].id.get_offset() + 3,
            "'begun' is damaged: the bytes of row 2": file["begun/spinland_rows_done"].id.get_offset() + 2,
            "'finished' is damaged: the marks of its rows": file["finished/spinland_rows_done"].id.get_offset(),
        }
    content = store.path.read_bytes()
    for message, place in places.items():
        damaged = bytearray(content)
        damaged[place] ^= 1 if "row 2" in message else 16
        store.path.write_bytes(damaged)
        name = message.split("'")[1]
        for action in (store.verify, *([] if name == "begun" else [lambda name=name: store.load(name)])):
            with pytest.raises(StoreError, match=rf"study\.h5: {message}"):
                action()
        store.path.write_bytes(content)
    store.verify()


def test_a_row_in_the_place_of_another_is_found(tmp_path):
    store = make(tmp_path / "study.h5")
    with h5py.File(store.path, "r+") as file:
        group = file["finished"]
        for name in (*ROWS, "spinland_rows_checks"):
            group[name][0] = group[name][1]
    with pytest.raises(StoreError, match="'finished' is damaged: the bytes of row 0"):
        store.load("finished")


def test_meta_is_compared_as_well(tmp_path):
    store = make(tmp_path / "study.h5")
    with h5py.File(store.path, "r+") as file:
        container.set_text(file, "spinland_meta", '{"kind": "mine", "seed": 2}')
    for action in (lambda: store.meta, store.verify):
        with pytest.raises(StoreError, match=r"study\.h5: 'spinland_meta' of the file is not what was written"):
            action()
