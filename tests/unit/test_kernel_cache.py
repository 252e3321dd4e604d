"""Compiled kernels on disk: damage, full and missing folders, kills and company never change or stop anything."""

import errno
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import spinland_kernels
from spinland_kernels import diskcache, jit
from spinland_kernels.philox import cpu

KERNELS = Path(spinland_kernels.__file__).parent

UNIFORMS = """
import json, sys
import numpy as np
from spinland_kernels.philox import cpu
out = np.empty((1, 3))
cpu.fill_uniforms(out, 1, 2, [3], 4)
json.dump([out[0].tolist(), sum(cpu._fill_uniforms.dispatcher.stats.cache_hits.values())], sys.stdout)
"""


def uniforms():
    out = np.empty((1, 3))
    cpu.fill_uniforms(out, 1, 2, [3], 4)
    return out[0].tolist()


@pytest.fixture
def places(monkeypatch, tmp_path):
    """Wanted and temporary folder of compiled kernels, both empty and for this test alone."""
    wanted, temporary = tmp_path / "wanted", tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(wanted))
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    forget()
    yield wanted, temporary
    forget()


def forget():
    diskcache.folders.cache_clear()
    diskcache._warn_once.cache_clear()


@pytest.fixture
def kept(places, monkeypatch):
    """A cache that holds one kernel: the cache, the types, the compiler's context and the file."""
    # Compiled here: what another test read from a file cannot be written again.
    monkeypatch.setattr(cpu, "_fill_uniforms", jit.serial_loop(cpu._fill_uniforms.dispatcher.py_func))
    uniforms()
    dispatcher = cpu._fill_uniforms.dispatcher
    types, compiled = next(iter(dispatcher.overloads.items()))
    keeper = diskcache.KernelCache(cpu._fill_uniforms)
    keeper.save_overload(types, compiled)
    (path,) = diskcache.folders()[0].path.iterdir()
    return keeper, types, dispatcher.targetctx, path


def test_a_whole_file_is_read(kept):
    keeper, types, context, _ = kept
    assert keeper.load_overload(types, context).signature.args == types


def damages(whole):
    """Contents that a full disk, a kill, a bad sector or another program may leave."""
    rng = np.random.default_rng(0)
    yield b""
    for length in (1, 17, 18, 40, 50, 51, 100, len(whole) // 2, len(whole) - 1):
        yield whole[:length]
    yield whole + b"\0"
    yield bytes(len(whole))
    yield b"\x80\x04."  # the shortest pickle
    for place in [*range(60), *rng.integers(len(whole), size=140)]:
        flipped = bytearray(whole)
        flipped[place] ^= 1 << int(rng.integers(8))
        yield bytes(flipped)


def test_nothing_damaged_is_read(kept):
    keeper, types, context, path = kept
    whole = path.read_bytes()
    for content in damages(whole):
        path.write_bytes(content)
        assert keeper.load_overload(types, context) is None
    path.write_bytes(whole)
    assert keeper.load_overload(types, context) is not None


def test_another_kernels_file_and_what_is_no_file_are_not_read(kept):
    keeper, types, context, path = kept
    other = diskcache.KernelCache(cpu._fill_normals)
    shutil.copy(path, path.with_name(other._file_name(types, context.codegen())))
    assert other.load_overload(types, context) is None
    path.unlink()
    for make in (
        path.mkdir,
        lambda: os.mkfifo(path),
        lambda: path.symlink_to(path),
        lambda: path.symlink_to("/dev/zero"),
    ):
        make()
        assert keeper.load_overload(types, context) is None
        path.rmdir() if path.is_dir() else path.unlink()


def test_a_whole_file_of_something_else_is_compiled_anew(kept):
    keeper, types, context, path = kept
    for content in (b"", b"no pickle", b"\x80\x04N."):
        path.write_bytes(diskcache._sealed(path.name, content))
        assert keeper.load_overload(types, context) is None


@pytest.mark.parametrize("damage", [lambda whole: b"", lambda whole: whole[:5000]], ids=["empty", "cut"])
def test_a_damaged_file_is_replaced(damage, run_python, tmp_path):
    first = run_python(UNIFORMS, NUMBA_CACHE_DIR=str(tmp_path))
    assert first.endswith(" 0]")
    (path,) = tmp_path.rglob("*.kernel")
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    assert run_python(UNIFORMS, NUMBA_CACHE_DIR=str(tmp_path)) == first
    assert run_python(UNIFORMS, NUMBA_CACHE_DIR=str(tmp_path)) == first[:-2] + "1]"


def test_where_the_wanted_folder_cannot_be_written_a_temporary_one_serves(kept, places):
    keeper, types, context, _ = kept
    compiled = cpu._fill_uniforms.dispatcher.overloads[types]
    wanted, temporary = places
    shutil.rmtree(wanted)
    wanted.touch()  # also root cannot make a folder in it
    keeper.save_overload(types, compiled)
    (copy,) = temporary.rglob("*.kernel")
    assert copy.parent.name == diskcache.source_hash()
    assert keeper.load_overload(types, context) is not None
    private = diskcache.folders()[1].private
    for mode in (0o777, 0o770):  # others could have put something there
        private.chmod(mode)
        assert keeper.load_overload(types, context) is None
        with pytest.warns(RuntimeWarning, match="cannot be kept.*others can write there"):
            keeper.save_overload(types, compiled)
        diskcache._warn_once.cache_clear()
    private.chmod(0o700)
    private.rename(temporary / "elsewhere")
    private.symlink_to(temporary / "elsewhere")
    assert keeper.load_overload(types, context) is None


def test_a_read_only_cache_is_read(kept, monkeypatch):
    keeper, types, context, path = kept
    whole = path.read_bytes()

    def refuse(*_, **__):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    monkeypatch.setattr(Path, "write_bytes", refuse)
    assert keeper.load_overload(types, context) is not None
    folder, problems = diskcache.folder_in_use()
    assert folder is None
    assert [problem.partition(": ")[2] for problem in problems] == ["Read-only file system"] * 2
    with pytest.warns(RuntimeWarning, match="the next process compiles them again; .*: Read-only file system; /"):
        keeper.save_overload(types, cpu._fill_uniforms.dispatcher.overloads[types])
    assert path.read_bytes() == whole


def test_looking_for_the_folder_makes_none(places, tmp_path):
    assert diskcache.folder_in_use() == (diskcache.folders()[0], [])
    assert [path.name for path in tmp_path.iterdir()] == ["temporary"]
    assert not list((tmp_path / "temporary").iterdir())


FULL = """
import resource, sys, warnings
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    import numpy as np
    from spinland_kernels import diskcache, jit
    from spinland_kernels.philox import cpu
    out = np.empty((1, 3))
    cpu.fill_uniforms(out, 1, 2, [3], 4)
    cpu.fill_permutation(np.empty(5, np.int64), 1, 2, 3, 4)
print(out[0].tolist())
print(*[str(w.message) for w in caught], sep="\\n")
print(diskcache.folder_in_use()[0])
"""


def test_a_full_disk_stops_nothing_and_leaves_nothing(run_python, tmp_path):
    (tmp_path / "temporary").mkdir()
    printed = run_python(FULL, NUMBA_CACHE_DIR=str(tmp_path / "wanted"), TMPDIR=str(tmp_path / "temporary"))
    numbers, warning, folder = printed.splitlines()
    assert numbers == str(uniforms())
    assert warning.startswith("compiled kernels cannot be kept, the next process compiles them again; /")
    assert "File too large" in warning
    assert folder == "None"
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_without_any_folder_an_edited_kernel_still_runs_its_new_code(tmp_path):
    copy = tmp_path / "spinland_kernels"
    shutil.copytree(KERNELS, copy, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "file").touch()
    places = {"NUMBA_CACHE_DIR": str(tmp_path / "file"), "TMPDIR": str(tmp_path / "file"), "PYTHONPATH": str(tmp_path)}
    script = "import tempfile; tempfile.tempdir = '/dev/null'" + UNIFORMS
    arguments = {"args": [sys.executable, "-W", "ignore", "-c", script], "env": {**os.environ, **places}, "text": True}
    before = subprocess.check_output(**arguments)
    formula = copy / "philox" / "formula.py"
    formula.write_text(formula.read_text().replace("+ 0.5) * _TO_UNIT", "+ 0.5) * _TO_UNIT + 1.0"))
    after = subprocess.check_output(**arguments)
    assert before != after
    assert not [*tmp_path.rglob("*.nbi"), *tmp_path.rglob("*.nbc"), *tmp_path.rglob("*.kernel")]


def test_no_home_and_no_working_directory_are_no_obstacle(monkeypatch, tmp_path):
    for variable in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def places():
        diskcache.folders.cache_clear()
        return [(str(folder.path), folder.reason) for folder in diskcache.folders()]

    digest, temporary = diskcache.source_hash(), f"{tmp_path}/spinland-{os.geteuid()}/kernels"
    last = (f"{temporary}/{digest}", "temporary directory")
    monkeypatch.setenv("HOME", "/home/me")
    assert places() == [(f"/home/me/.cache/spinland/kernels/{digest}", "home directory"), last]
    monkeypatch.setenv("XDG_CACHE_HOME", "not/absolute")
    assert places()[0][1] == "home directory"
    monkeypatch.setenv("XDG_CACHE_HOME", "/elsewhere")
    assert places() == [(f"/elsewhere/spinland/kernels/{digest}", "XDG_CACHE_HOME"), last]
    monkeypatch.setenv("NUMBA_CACHE_DIR", "/numba")
    assert places() == [(f"/numba/spinland-{digest}", "NUMBA_CACHE_DIR"), last]
    monkeypatch.setenv("NUMBA_CACHE_DIR", "relative")
    monkeypatch.setattr(os, "getcwd", lambda: (_ for _ in ()).throw(FileNotFoundError()))
    assert places() == [(last[0], "temporary directory, as there is no working directory")]
    for variable in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(variable)
    monkeypatch.setattr(Path, "home", lambda: (_ for _ in ()).throw(RuntimeError("no home")))
    assert places() == [(last[0], "temporary directory, as there is no home directory")]
    monkeypatch.setattr("tempfile.gettempdir", lambda: (_ for _ in ()).throw(FileNotFoundError("no temporary")))
    assert places() == []
    assert diskcache.folder_in_use() == (None, [])
    assert diskcache.clear_cache() == 0
    diskcache.folders.cache_clear()


def test_two_writers_and_many_readers_find_whole_files_only(kept):
    *_, path = kept
    whole = path.read_bytes()
    content = whole[len(diskcache._MAGIC) + diskcache._DIGEST :]
    folder = diskcache.folders()[0]

    def write(_):
        diskcache._write(folder, path.name, content)

    def read(_):
        return next(diskcache._read(path.name), None) == content

    with ThreadPoolExecutor(4) as pool:
        writing = pool.map(write, range(100))
        assert all(pool.map(read, range(300)))
        assert len(list(writing)) == 100
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_what_a_killed_writer_left_is_swept_away_later(kept):
    keeper, types, _, path = kept
    old, fresh = path.with_name("a.kernel.00000000.part"), path.with_name("b.kernel.11111111.part")
    old.write_bytes(b"half")
    fresh.write_bytes(b"half")
    os.utime(old, (1, 1))
    keeper.save_overload(types, cpu._fill_uniforms.dispatcher.overloads[types])
    assert {entry.name for entry in path.parent.iterdir()} == {path.name, fresh.name}


def test_an_interrupt_while_writing_leaves_nothing(kept, monkeypatch):
    keeper, types, _, path = kept
    path.unlink()
    monkeypatch.setattr(os, "replace", lambda *names: (_ for _ in ()).throw(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        keeper.save_overload(types, cpu._fill_uniforms.dispatcher.overloads[types])
    assert not list(path.parent.iterdir())


def test_importing_the_kernels_touches_no_disk(run_python, tmp_path):
    run_python("import spinland_kernels.mlp.cpu, spinland_kernels.pspin.cpu", NUMBA_CACHE_DIR=str(tmp_path / "cache"))
    assert not list(tmp_path.iterdir())
