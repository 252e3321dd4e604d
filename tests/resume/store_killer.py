"""Runs small studies in child processes, kills them and looks at what is left. Called by test_store_kill.py.

Children are forked: the script imports nothing that starts threads, and a fork costs milliseconds.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from spinland.provenance import record
from spinland.results import Result
from spinland.store.hdf5 import Store

N_ROWS, DIM = 4, 5000


@dataclass(frozen=True, eq=False, kw_only=True)
class Walk(Result):
    values: np.ndarray
    label: str


@dataclass(frozen=True, eq=False, kw_only=True)
class Runs(Result):
    params: np.ndarray
    loss: np.ndarray
    diverged: np.ndarray
    widths: tuple[int, ...]


def walk(seed: int, size: int = 400) -> Walk:
    values = np.random.default_rng(seed).normal(size=(2, size))
    values[0, 0] = np.nan
    return Walk(provenance=record("walk", seed=seed), values=values, label=f"walk {seed}")


def row(index: int) -> dict[str, np.ndarray]:
    draw = np.random.default_rng(1000 + index)
    params = draw.normal(size=DIM).astype(np.float32)
    return {"params": params, "loss": draw.normal(size=4), "diverged": np.array(index % 3 == 0)}


EXPECTED = {"first": walk(1), "folder/middle": walk(2), "last": walk(3, 20000)}


def study(path: Path) -> None:
    """The same command every time: it goes on from where it was."""
    store = Store(path)
    store.set_meta({"command": "study"})
    if "first" not in store:
        store.save("first", EXPECTED["first"])
    if "runs" not in store:
        shapes = {"params": ((DIM,), np.float32), "loss": ((4,), np.float64), "diverged": ((), bool)}
        fields = {"provenance": record("train", seed=0), "widths": (4, 3, 2)}
        writer = store.reserve("runs", Runs, N_ROWS, rows=shapes, fields=fields)
        for index in writer.missing():
            if index >= N_ROWS // 2 and "folder/middle" not in store:
                store.save("folder/middle", EXPECTED["folder/middle"])
            writer.write(index, **row(index))
        writer.finish()
    if "last" not in store:
        store.save("last", EXPECTED["last"])


def check(path: Path) -> tuple[set[str], set[int]]:
    """Look at the file with plain h5py and with Store; return the results and rows that it holds."""
    if not path.exists():
        return set(), set()
    rows: set[int] = set()
    with h5py.File(path) as file:
        file.visititems(lambda _, item: item[()] if isinstance(item, h5py.Dataset) else None)
        if "runs" in file:
            done = file["runs/spinland_rows_done"][()]
            rows = set(np.flatnonzero(done).tolist())
            for index in rows:
                for field, expected in row(index).items():
                    assert file["runs"][field][index].tobytes() == expected.tobytes(), (index, field)
    store = Store(path, "r")
    store.verify()
    names = set(store.names())
    for name in names - {"runs"}:
        loaded, expected = store.load(name), EXPECTED[name]
        assert loaded.values.tobytes() == expected.values.tobytes(), name
        assert (loaded.label, loaded.provenance) == (expected.label, expected.provenance), name
    reserved = "runs" in names or "runs" in store.pending()
    assert store.pending() == ({"runs": (len(rows), N_ROWS)} if reserved and len(rows) < N_ROWS else {})
    assert ("runs" in names) == (len(rows) == N_ROWS)
    if "runs" in names:
        assert store.load("runs").params.tobytes() == b"".join(row(i)["params"].tobytes() for i in range(N_ROWS))
    return names, rows


def fork(body: Callable[[], None]) -> int:
    child = os.fork()
    if child == 0:
        status = 1
        try:
            body()
            status = 0
        finally:
            if status:
                traceback.print_exc()
            os._exit(status)
    return child


def wait(child: int) -> int:
    """How the child ended; any error of its own ends us too."""
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (0, -signal.SIGKILL), f"the child failed: {status}"
    return status


def reference(folder: Path) -> bytes:
    path = folder / "reference.h5"
    study(path)
    return path.read_bytes()


def at_random(folder: Path, seed: int, kills: int) -> None:
    """Kill the same command at random moments, again and again, until it gets to its end; then begin anew."""
    draw, expected, path = random.Random(seed), reference(folder), folder / "killed.h5"
    begun = time.monotonic()
    wait(fork(lambda: study(folder / "timed.h5")))
    duration = time.monotonic() - begun
    seen: set[str] = set()
    before: tuple[set[str], set[int]] = (set(), set())
    done = finished = 0
    while done < kills or not finished:
        child = fork(lambda: study(path))
        time.sleep(draw.uniform(0, duration * 0.6))
        os.kill(child, signal.SIGKILL)
        status = wait(child)
        after = check(path)
        assert before[0] <= after[0], "a committed result is gone"
        assert before[1] <= after[1], "a committed row is gone"
        before = after
        if status == 0:
            assert path.read_bytes() == expected, "the resumed file differs from the uninterrupted one"
            assert not list(folder.glob("killed.h5.*")), "something was left behind"
            path.unlink()
            before = (set(), set())
            finished += 1
        else:
            done += 1
            seen.add(f"{len(after[0])} results, {len(after[1])} rows")
    sys.stdout.write(f"{done} {len(seen)} {finished}\n")


CALLS = ("pwrite", "copy_file_range", "ftruncate", "fsync", "fdatasync", "replace", "unlink")


def die_at(step: int) -> None:
    """Make the process die within the step-th system call that changes something."""
    count = 0

    def wrap(name: str, call: Callable[..., object]) -> Callable[..., object]:
        def counted(*arguments: object, **options: object) -> object:
            nonlocal count
            count += 1
            if count == step:
                if name == "pwrite":  # half of the bytes arrive
                    descriptor, data, offset = arguments
                    call(descriptor, data[: len(data) // 2], offset)  # type: ignore[index, arg-type]
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*arguments, **options)

        return counted

    for name in CALLS:
        setattr(os, name, wrap(name, getattr(os, name)))


def at_every_step(folder: Path) -> None:
    """Kill the command at its first system call, at its second, ...; resume each time and compare the bytes."""
    expected, step = reference(folder), 0
    while True:
        step += 1
        path = folder / f"step-{step}.h5"
        status = wait(fork(lambda path=path, step=step: (die_at(step), study(path))))
        check(path)
        if status == 0:
            break
        study(path)
        assert path.read_bytes() == expected, f"killed at step {step}, the resumed file differs"
        assert [entry.name for entry in folder.glob("step-*")] == [path.name], "something was left behind"
        path.unlink()
    sys.stdout.write(f"{step}\n")


def together(folder: Path) -> None:
    """Two processes save and one writes rows into one file while we read it."""
    path = folder / "shared.h5"
    store = Store(path)
    shapes = {"params": ((DIM,), np.float32), "loss": ((4,), np.float64), "diverged": ((), bool)}
    fields = {"provenance": record("train", seed=0), "widths": (4, 3, 2)}
    writer = store.reserve("runs", Runs, N_ROWS, rows=shapes, fields=fields)

    def save_all(who: int) -> None:
        for number in range(12):
            Store(path).save(f"{who}/{number}", walk(100 * who + number))

    def write_all() -> None:
        for index in range(N_ROWS):
            writer.write(index, **row(index))

    children = [fork(lambda: save_all(1)), fork(lambda: save_all(2)), fork(write_all)]
    reads, seen = 0, set()
    while len(seen) < 25:
        with h5py.File(path) as file:
            file.visititems(lambda _, item: item[()] if isinstance(item, h5py.Dataset) else None)
        names = set(store.names())
        assert seen <= names
        reads, seen = reads + 1, names
    for child in children:
        assert wait(child) == 0
    for who in (1, 2):
        for number in range(12):
            loaded = store.load(f"{who}/{number}")
            assert loaded.values.tobytes() == walk(100 * who + number).values.tobytes()
    assert store.load("runs").params.tobytes() == b"".join(row(i)["params"].tobytes() for i in range(N_ROWS))
    sys.stdout.write(f"{reads}\n")


if __name__ == "__main__":
    # kill -9 loses nothing that was written, synced or not; without waiting for the disk there is time for more kills.
    os.fsync = os.fdatasync = lambda descriptor: None  # type: ignore[assignment]
    command, folder, *numbers = sys.argv[1:]
    {"random": at_random, "steps": at_every_step, "together": together}[command](Path(folder), *map(int, numbers))
