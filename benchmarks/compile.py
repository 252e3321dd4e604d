"""``python -m benchmarks.compile [study|glass] [OPTION …]``: where compiling spends its time, a row for each kernel.

Runs the command ``spinland`` in a fresh interpreter with an empty kernel cache and no process beside it. The columns
are CPU seconds of the compiling thread, each second in one column:

typing      Numba's passes from bytecode to typed code, also those of the blocks and formulas that a kernel calls
parallel    finding parallel loops and making functions of them
lowering    from typed code to LLVM's
optimising  LLVM's passes, on each function alone and on the whole
translating LLVM's code to the machine's
keeping     writing the cache
other       linking, parsing and what Numba does around all this

It looks into private methods of Numba, which may have other names in another version: then it says so and stops.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

KINDS = "typing", "parallel", "lowering", "optimising", "translating", "keeping", "other"
_KIND_OF_PASS = {
    "native_lowering": "lowering",
    "native_parfor_lowering": "lowering",
    "nopython_backend": "lowering",
    "pre_parfor_pass": "parallel",
    "parfor_pass": "parallel",
    "parfor_fusion_pass": "parallel",
    "parfor_prelowering_pass": "parallel",
}


class Clock:
    """CPU seconds by entry point and kind; an inner kind interrupts the outer one."""

    def __init__(self) -> None:
        self.seconds: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        self.functions: dict[str, int] = defaultdict(int)  # compiled for an entry point, itself included
        self._compiling: list[str] = []  # what is being compiled, the outermost first
        self._kernel = ""
        self._kinds: list[str] = []
        self._last = 0.0

    def enter(self, name: str) -> None:
        """A function is compiled from here on; the outermost is the kernel whose time it is."""
        if not self._compiling:
            self._kernel = name
        self._compiling.append(name)
        self.functions[self._kernel] += 1

    def leave(self) -> None:
        """It is compiled; what follows it, such as keeping it, is still its kernel's time."""
        self._compiling.pop()

    def begin(self, kind: str) -> None:
        """From here on, time is of this kind."""
        self._charge()
        self._kinds.append(kind)

    def end(self) -> None:
        """Back to the kind before."""
        self._charge()
        self._kinds.pop()

    def _charge(self) -> None:
        now = time.thread_time()
        if self._kinds and self._kernel:
            self.seconds[self._kernel][self._kinds[-1]] += now - self._last
        self._last = now

    @contextmanager
    def of(self, kind: str) -> Iterator[None]:
        """Time of this kind while the block runs."""
        self.begin(kind)
        try:
            yield
        finally:
            self.end()

    def timed(self, owner: Any, name: str, kind: str) -> None:
        """Count what a function of Numba takes."""
        if not hasattr(owner, name):
            sys.exit(f"this Numba has no {owner.__name__}.{name}; benchmarks/compile.py must learn its new name")
        function: Callable[..., Any] = getattr(owner, name)

        @wraps(function)
        def measured(*args: Any, **kws: Any) -> Any:
            with self.of(kind):
                return function(*args, **kws)

        setattr(owner, name, measured)


def _install(clock: Clock) -> None:
    """Listen to Numba's events, and time those methods that have none."""
    from numba.core import codegen, event
    from numba.parfors import parfor_lowering

    from spinland_kernels import diskcache

    class Compiled(event.Listener):
        def on_start(self, event: Any) -> None:
            clock.begin("other")
            clock.enter(_name(event))

        def on_end(self, event: Any) -> None:
            clock.end()
            clock.leave()

    class Pass(event.Listener):
        def on_start(self, event: Any) -> None:
            clock.begin(_KIND_OF_PASS.get(event.data["name"].split()[0], "typing"))

        def on_end(self, event: Any) -> None:
            clock.end()

    event.register("numba:compile", Compiled())
    event.register("numba:run_pass", Pass())
    clock.timed(codegen.CPUCodeLibrary, "_optimize_functions", "optimising")
    clock.timed(codegen.JITCodeLibrary, "_optimize_final_module", "optimising")
    clock.timed(codegen.JITCodeLibrary, "_finalize_final_module", "translating")
    clock.timed(codegen.JITCodeLibrary, "add_llvm_module", "optimising")
    clock.timed(codegen.CPUCodeLibrary, "add_ir_module", "other")
    clock.timed(codegen.CPUCodeLibrary, "finalize", "other")
    clock.timed(parfor_lowering, "_create_gufunc_for_parfor_body", "parallel")
    clock.timed(diskcache.KernelCache, "save_overload", "keeping")


def _name(event: Any) -> str:
    """Name of the function that is compiled, with its first type of floating-point arrays."""
    function = event.data["dispatcher"].py_func
    name = f"{function.__module__.partition('.')[2]}.{function.__qualname__}"
    floats = [str(dtype) for kind in event.data["args"] if "float" in str(dtype := getattr(kind, "dtype", ""))]
    return f"{name} ({floats[0]})" if floats else name


def table(clock: Clock) -> Iterator[str]:
    """A row for each entry point, the dearest first, and their sum."""
    rows = sorted(clock.seconds.items(), key=lambda item: -sum(item[1].values()))
    total = {kind: sum(by[kind] for _, by in rows) for kind in KINDS}
    width = max([len(name) for name, _ in rows] + [10])
    yield f"{'kernel':<{width}} {'functions':>10}{''.join(f'{kind:>12}' for kind in (*KINDS, 'sum'))}"
    for name, by in [*rows, (f"{len(rows)} kernels", total)]:
        count = clock.functions.get(name, sum(clock.functions.values()))
        numbers = [by[kind] for kind in KINDS]
        yield f"{name:<{width}} {count:>10}{''.join(f'{n:>12.2f}' for n in (*numbers, sum(numbers)))}"


def _measure(words: list[str]) -> None:
    """In the fresh interpreter: run the command and print the table."""
    from spinland.cli.main import run

    clock = Clock()
    _install(clock)
    begin, cpu = time.perf_counter(), time.process_time()
    code = run(words)
    print("\n".join(table(clock)))
    print(f"{time.process_time() - cpu:.1f} s of CPU, {time.perf_counter() - begin:.1f} s in all")
    sys.exit(code)


def main() -> None:
    """Run the command with an empty cache and print where compiling spent its time."""
    words = sys.argv[1:] or ["study"]
    with TemporaryDirectory() as folder:
        environment = {**os.environ, "NUMBA_CACHE_DIR": folder, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        line = [*words, "--out", str(Path(folder) / "out.h5"), "--no-page", "--quiet"]
        script = "import sys; from benchmarks import compile; compile._measure(sys.argv[1:])"
        done = subprocess.run([sys.executable, "-c", script, *line], env=environment, check=False)
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
