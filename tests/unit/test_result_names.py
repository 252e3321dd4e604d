"""Names and versions of classes in files."""

from dataclasses import dataclass, replace

import h5py
import numpy as np
import pytest

from spinland import result_names
from spinland.errors import ArgumentError, StoreError
from spinland.provenance import Provenance, record
from spinland.results import Result
from spinland.store.hdf5 import Store
from spinland.store.mapping import record_of
from tests.unit.stored_results import result_classes


@pytest.fixture(autouse=True)
def forgotten(monkeypatch):
    """Classes of a test are known in it only; those of spinland are imported before, and stay."""
    result_classes()
    monkeypatch.setattr(result_names, "_classes", dict(result_names._classes))


def defined(module="mine", qualname=None, base=Result, **keywords):
    """A class ``Mine`` of a module, as if it were defined there now."""

    class Mine(base, **keywords):
        __module__, __qualname__ = module, qualname or "Mine"
        size: int = 1

    return dataclass(frozen=True, eq=False, kw_only=True)(Mine)


def test_the_table_says_where_every_class_is_and_no_more():
    """Who moves, adds or renames a class changes its line in result_names.HOMES."""
    there = {kind.stored_as.name: kind.__module__.removeprefix("spinland.") for kind in (*result_classes(), Provenance)}
    assert there == result_names.HOMES
    assert len(there) == len(result_classes()) + 1  # no two of the same name


def test_a_class_is_called_by_its_name_unless_it_says_otherwise():
    assert str(defined().stored_as) == "Mine"
    kind = defined(name="Walk of mine", version=2, qualname="Other")
    assert (kind.stored_as.name, kind.stored_as.version) == ("Walk of mine", 2)
    assert str(kind.stored_as) == "Walk of mine, version 2"
    assert result_names.find("Walk of mine") is kind


def test_a_subclass_is_not_what_it_inherits_from():
    base = defined(name="Base", version=3, upgrades={1: dict})
    kind = defined(base=base, qualname="Other")
    assert kind.stored_as == result_names.StoredAs("Mine")


def test_two_classes_of_one_name_are_refused():
    first = defined("mine")
    for odd in ({"module": "yours"}, {"module": "mine", "qualname": "f.<locals>.Mine"}):
        with pytest.raises(
            ArgumentError, match=r"name: expected .* no other class has .*got 'Mine', which is taken by"
        ):
            defined(**odd)
    assert result_names.find("Mine") is first
    assert defined("yours", name="Yours").stored_as.name == "Yours"


def test_names_of_spinland_are_taken_before_their_modules_are_imported(monkeypatch):
    monkeypatch.setitem(result_names.HOMES, "Later", "probes.later")
    with pytest.raises(ArgumentError, match=r"'Later', which is taken by spinland\.probes\.later"):
        defined(name="Later")


def test_a_class_that_is_defined_anew_takes_the_place_of_the_old_one():
    """As when a cell of a notebook is run again."""
    old, new = defined("__main__"), defined("__main__")
    assert old is not new
    assert result_names.find("Mine") is new


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"version": 0}, "version: expected a whole number of at least 1"),
        ({"version": "2"}, "version: expected"),
        ({"upgrades": {1: dict}}, r"upgrades: expected versions of mine\.Mine before its 1, got 1"),
        ({"version": 2, "upgrades": {0: dict}}, "upgrades: expected"),
        ({"name": "a\0"}, "name: expected a name in files"),
        ({"name": 3}, "name: expected a name in files"),
    ],
)
def test_bad_declarations(keywords, message):
    with pytest.raises(ArgumentError, match=message):
        defined(**keywords)
    assert "Mine" not in result_names._classes


def test_a_home_that_is_not_there_is_told(monkeypatch):
    monkeypatch.setitem(result_names.HOMES, "Lost", "probes.lost")
    monkeypatch.setitem(result_names.HOMES, "Strayed", "errors")
    with pytest.raises(LookupError, match=r"class Lost is in spinland\.probes\.lost, which cannot be imported"):
        result_names.find("Lost")
    for name in ("Strayed", "Nobody"):
        with pytest.raises(LookupError, match=f"no class {name} is known here"):
            result_names.find(name)


def test_no_module_is_part_of_what_is_stored_or_compared():
    """A record and its digest, by which unfinished studies are taken up, are the same after a move."""
    made = record("f")
    first = record_of(defined("spinland.old.place")(provenance=made))
    result_names._classes.clear()
    second = record_of(defined("spinland.new.place", "Outer.Mine")(provenance=made))
    assert first == second
    assert first.digest == second.digest
    assert "place" not in repr(first.structure())
    assert first.digest != replace(first, version=2).digest


class TestVersions:
    @staticmethod
    def saved(path, **keywords):
        Store(path).save("a", defined(**keywords)(provenance=record("f"), size=3))
        return Store(path)

    def test_a_newer_one_is_refused_in_words(self, tmp_path):
        store = self.saved(tmp_path / "study.h5", version=4)
        defined(version=3)
        with pytest.raises(
            StoreError, match=r"study\.h5: 'a': Mine is stored in its version 4, and here it is known up to version 3"
        ):
            store.load("a")
        assert store.names() == ("a",)
        store.verify()

    def test_an_older_one_is_taken_up_step_by_step(self, tmp_path):
        store = self.saved(tmp_path / "study.h5", version=1)

        def doubled(fields):
            return fields | {"size": 2 * fields["size"]}

        def renamed(fields):
            return {"provenance": fields["provenance"], "lengths": np.full(2, fields["size"])}

        @dataclass(frozen=True, eq=False, kw_only=True)
        class Mine(Result, version=4, upgrades={1: doubled, 3: renamed}):
            __module__, __qualname__ = "mine", "Mine"
            lengths: np.ndarray
            unit: str = "m"

        loaded = store.load("a")
        assert type(loaded) is Mine
        assert (loaded.lengths.tolist(), loaded.unit) == ([6, 6], "m")
        store.save("b", loaded)
        with h5py.File(store.path) as file:
            assert [file[name].attrs["spinland_version"] for name in "ab"] == [1, 4]
        assert store.load("b").lengths.tolist() == [6, 6]

    def test_results_within_are_taken_up_as_well(self, tmp_path):
        @dataclass(frozen=True, eq=False, kw_only=True)
        class Outer(Result):
            inner: Result

        store = Store(tmp_path / "study.h5")
        store.save("a", Outer(provenance=record("f"), inner=defined()(provenance=record("g"), size=3)))
        defined(version=2, upgrades={1: lambda fields: fields | {"size": -fields["size"]}})
        assert store.load("a").inner.size == -3

    def test_added_fields_need_no_upgrade_and_others_do(self, tmp_path):
        store = self.saved(tmp_path / "study.h5")
        defined(version=2)
        assert store.load("a").size == 3

        @dataclass(frozen=True, eq=False, kw_only=True)
        class Mine(Result, version=3):
            __module__, __qualname__ = "mine", "Mine"
            length: int

        with pytest.raises(StoreError, match=r"'a': field 'length' of Mine is missing; was it made by another version"):
            store.load("a")

    def test_an_upgrade_that_fails_is_told_with_the_file(self, tmp_path):
        store = self.saved(tmp_path / "study.h5")
        defined(version=2, upgrades={1: lambda fields: {"size": fields["length"]}})
        with pytest.raises(StoreError, match=r"study\.h5: 'a': Mine cannot be made from what is stored: 'length'"):
            store.load("a")
