"""``python -m benchmarks [NAME …] [--quick] [--json FILE]``."""

from __future__ import annotations

import argparse
import json
from importlib import import_module
from pathlib import Path

from . import machine
from .compare import Row

OPERATIONS = ("glass",)


def _line(row: Row) -> str:
    ratio = f"{row.ratio:8.1f} ({row.ratio_low:.1f}–{row.ratio_high:.1f}) × {row.peer}" if row.peer else ""
    notes = ", ".join(f"{k} {v:.3g}" if isinstance(v, float) else f"{k} {v}" for k, v in row.notes.items())
    return f"{row.operation:48s} {1e3 * row.seconds:10.3f} ms  {ratio:40s} {notes}".rstrip()


def main() -> None:
    """Run the operations named, or all, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="spinland beside its peers")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(OPERATIONS)}; all if none")
    parser.add_argument("--quick", action="store_true", help="small sizes: does it work, not how fast is it")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to write the rows and the machine")
    options = parser.parse_args()
    unknown = set(options.names) - set(OPERATIONS)
    if unknown:
        parser.error(f"no operation {', '.join(sorted(unknown))}; there are {', '.join(OPERATIONS)}")
    here = machine.description()
    missing = [name for name, found in here["packages"].items() if found is None]
    print(f"{here['processor']}, {here['cores']} cores, load {here['load']:.1f}")
    if missing:
        print(f"missing: {', '.join(missing)}")
    peaks = machine.peaks(options.quick)
    print(", ".join(f"{name} {value:.1f}" for name, value in peaks.items()))
    rows = []
    for name in options.names or OPERATIONS:
        for row in import_module(f"benchmarks.{name}").run(options.quick, peaks):
            print(_line(row), flush=True)
            rows.append(row.as_dict())
    if options.json:
        text = json.dumps({"machine": here, "peaks": peaks, "quick": options.quick, "rows": rows}, indent=1)
        options.json.write_text(text + "\n")


if __name__ == "__main__":
    main()
