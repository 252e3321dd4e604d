"""Files of every format that there ever was are read, whatever has become of the modules that they were made in."""

import dataclasses
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass

import h5py
import numpy as np
import pytest

from spinland import result_names
from spinland.errors import StoreError
from spinland.provenance import Provenance, record
from spinland.results import Result
from spinland.statistics.correlation import RankCorrelation
from spinland.store import container
from spinland.store.container import FORMAT
from spinland.store.hdf5 import Store
from spinland.study.glasses import GlassConfig, run_glass
from tests.unit.store_contents import plain
from tests.unit.stored_results import BEGUN, META, ROWS, Runs, fixture, place, result_classes, row, walk
from tests.unit.stores import unchanged

CHECKED = range(2, FORMAT + 1)
"""Formats with checksums."""


@pytest.fixture
def old(tmp_path):
    """Makes a store of a format, in a folder of its own."""

    def make(version):
        shutil.copy(fixture(version), tmp_path / "old.h5")
        return Store(tmp_path / "old.h5")

    return make


@pytest.mark.parametrize("version", range(1, FORMAT + 1))
def test_there_is_a_file_of_every_format_and_it_is_read(old, version):
    store = old(version)
    assert store.format == version
    assert {"finished", "walks/0"} <= set(store.names())
    assert store.pending() == {"begun": (2, 3)}
    assert store.meta == META
    loaded, expected = store.load("walks/0"), walk(0, inner=walk(1))
    assert (loaded.provenance.environment == "") == (version == 1)
    for one, other in ((loaded, expected), (loaded.inner, expected.inner)):
        for name in ("values", "names", "number", "label", "pair"):
            assert plain(getattr(one, name)) == plain(getattr(other, name))
    runs = store.load("finished")
    assert plain(runs.params) == plain(np.stack([row(i)["params"] for i in range(3)]))
    store.verify()


def assert_holds(result, group):
    """A loaded result has what plain h5py finds in its group."""
    assert type(result).stored_as.name == group.attrs["spinland_class"].decode()
    for name, kind in json.loads(group.attrs["spinland_fields"]).items():
        value = getattr(result, name)
        if kind == "group":
            assert_holds(value, group[name])
        elif kind == "array":
            np.testing.assert_array_equal(value, group[name][()])
        elif kind.startswith("text"):
            np.testing.assert_array_equal(value, np.char.decode(group[name][()], "utf-8"))
        elif kind == "none":
            assert value is None
        elif kind == "tuple":
            assert json.loads(json.dumps(value)) == json.loads(group.attrs[name])
        else:
            there = group.attrs[name]
            assert value == (there.decode() if kind == "string" else there)


@pytest.mark.parametrize("version", CHECKED)
def test_results_of_every_class_are_read_from_every_format(version):
    store = Store(fixture(version), "r")
    names = [name for name in store.names() if name.startswith("every/")]
    assert len(names) > 30
    with h5py.File(store.path) as file:
        for name in names:
            result = store.load(name)
            if result.stored_as.version == file[name].attrs.get(
                "spinland_version", 1
            ):  # else an upgrade made other fields of them
                assert_holds(result, file[name])


def test_the_newest_file_holds_every_class_in_its_present_version():
    """``python -m tests.unit.stored_results`` adds what is new."""
    assert {place(kind) for kind in result_classes()} - set(Store(fixture(FORMAT), "r").names()) == set()


@pytest.mark.parametrize("version", range(1, FORMAT + 1))
def test_results_go_into_a_new_file(old, version, tmp_path):
    store, new = old(version), Store(tmp_path / "new.h5")
    names = ["finished", "walks/0"] + (["every/Hierarchy"] if version > 1 else [])
    for name in names:
        new.save(name, store.load(name))
    assert [plain(new.load(name)) for name in names] == [plain(store.load(name)) for name in names]
    assert new.format == FORMAT


def test_a_file_without_checksums_is_not_added_to(old):
    store = old(1)
    for action in (
        lambda: store.save("new", walk(0)),
        lambda: store.set_meta({}),
        lambda: store.reserve("begun", Runs, 3, rows=ROWS, fields=BEGUN),
        lambda: store.row_writer("begun"),
    ):
        with (
            unchanged(store.path),
            pytest.raises(StoreError, match="hold no checksums: it can be read, not changed; copy its results"),
        ):
            action()


@pytest.mark.parametrize("version", range(1, FORMAT))
def test_a_study_does_not_go_on_with_an_old_file(old, version):
    store = old(version)
    with (
        unchanged(store.path),
        pytest.raises(StoreError, match="made by an earlier spinland, whose files are of another format"),
    ):
        run_glass(GlassConfig(), store.path)


class TestFormat2:
    """The format in which a file named the modules of its classes."""

    def test_the_modules_that_it_names_are_of_no_consequence(self, old):
        store = old(2)
        with h5py.File(store.path) as file:
            assert file["every/RankCorrelation"].attrs["spinland_module"] == b"spinland.statistics"
            assert file["walks/0"].attrs["spinland_module"] == b"__main__"
        assert type(store.load("every/RankCorrelation")) is RankCorrelation

    @pytest.mark.parametrize("name", ["new", "walks/0"])
    def test_what_is_added_makes_it_one_of_today(self, old, name):
        store = old(2)
        names, kept = store.names(), ["finished", "every/Hierarchy", "every/RankCorrelation"]
        before = [plain(store.load(n)) for n in kept]
        store.save(name, walk(5), overwrite=True)
        assert store.format == FORMAT
        assert store.names() == tuple(sorted({*names, name}))
        store.verify()
        assert [plain(store.load(n)) for n in kept] == before
        assert plain(store.load(name)) == plain(walk(5))

    def test_rows_are_written_to_the_end_but_not_taken_up(self, old):
        store = old(2)
        with unchanged(store.path), pytest.raises(StoreError, match="'begun' was begun by an earlier spinland"):
            store.reserve("begun", Runs, 3, rows=ROWS, fields=BEGUN)
        store.row_writer("begun").write(2, **row(2))
        assert plain(store.load("begun").loss) == plain(store.load("finished").loss)
        store.verify()

    def test_its_hash_covers_the_module_and_the_name(self, old):
        for attribute in ("spinland_module", "spinland_class"):
            store = old(2)
            with h5py.File(store.path, "r+") as file:
                container.set_text(file["walks/0/inner"], attribute, "Line")
            with pytest.raises(StoreError, match="'walks/0' is damaged"):
                store.load("walks/0")


MOVED = """
import sys
sys.path[:0] = {path!r}
import spinland
from spinland import result_names
from spinland.store.hdf5 import Store
spinland.__path__.append({folder!r})
result_names.HOMES["Plane"] = "somewhere.planes"
for file in {files!r}:
    result = Store(file, "r").load("every/Plane")
    print(type(result).__module__, result.values.shape, "spinland.probes.planes" in sys.modules)
"""

ELSEWHERE = """
from dataclasses import dataclass
import numpy as np
from ..quantities import Measured

@dataclass(frozen=True, eq=False, kw_only=True)
class {name}(Measured{keywords}):
"""


@pytest.mark.parametrize(("name", "keywords"), [("Plane", ""), ("Surface", ', name="Plane"')])
def test_a_class_may_be_moved_and_renamed(tmp_path, name, keywords):
    """Files of every format find a class of spinland in a module that was not there when they were made."""
    from spinland.probes.planes import Plane

    (tmp_path / "somewhere").mkdir()
    (tmp_path / "somewhere" / "__init__.py").touch()
    names = [field.name for field in dataclasses.fields(Plane)]
    fields = [name for name in names if name not in ("provenance", "quantity", "unit")]
    code = ELSEWHERE.format(name=name, keywords=keywords) + "".join(f"    {field}: object\n" for field in fields)
    (tmp_path / "somewhere" / "planes.py").write_text(code)
    files = [str(fixture(version)) for version in CHECKED]
    script = MOVED.format(path=sys.path, folder=str(tmp_path), files=files)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["spinland.somewhere.planes (2, 2) False"] * len(files)


def test_a_class_of_a_user_may_be_moved(tmp_path):
    """Saved by one program, loaded by another one in which the class is in another module."""
    kind = (
        "from dataclasses import dataclass\nfrom spinland.results import Result\n"
        "@dataclass(frozen=True, eq=False, kw_only=True)\nclass Mine(Result):\n    size: int\n"
    )
    head = f"import sys; sys.path[:0] = {[str(tmp_path), *sys.path]!r}\nfrom spinland.store.hdf5 import Store\n"
    load = f"print(Store({str(tmp_path / 'mine.h5')!r}).load('a').size)\n"
    save = (
        "from first import Mine\nfrom spinland.provenance import record\n"
        f"Store({str(tmp_path / 'mine.h5')!r}).save('a', Mine(provenance=record('f'), size=3))\n"
    )
    programs = (save + load, f"from second import Mine\n{load}")
    for module, program in zip(("first", "second"), programs, strict=True):
        (tmp_path / f"{module}.py").write_text(kind)
        done = subprocess.run([sys.executable, "-c", head + program], capture_output=True, text=True, check=False)
        assert (done.stdout, done.stderr) == ("3\n", "")
    done = subprocess.run([sys.executable, "-c", head + load], capture_output=True, text=True, check=False)
    assert "'a': no class Mine is known here: if it is one of yours, define or import it first" in done.stderr


@dataclass(frozen=True, eq=False, kw_only=True)
class Grown(Result):
    old: int
    new: float = 0.25


def test_a_field_that_a_newer_version_added_takes_its_default(tmp_path):
    store = Store(tmp_path / "study.h5")
    store.save("a", Grown(provenance=record("f"), old=1))
    with h5py.File(store.path, "r+") as file:
        group = file["a"]
        kinds = container.get_text(group, "spinland_fields").replace(', "new": "number"', "")
        container.set_text(group, "spinland_fields", kinds)
        file.attrs["spinland_format"] = 1
    assert (store.load("a").old, store.load("a").new) == (1, 0.25)


def test_provenance_is_called_by_its_name_as_well():
    assert Provenance.stored_as.name == "Provenance"
    assert result_names.HOMES["Provenance"] == "provenance"
