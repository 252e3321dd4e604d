"""``python -m benchmarks.cluster [--quick] [--json FILE]``: costs of work over processes, and the limit they set."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from .. import machine
from . import overheads, page, scaling


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cluster", description="work over many processes")
    parser.add_argument("--quick", action="store_true", help="small sizes: does it work, not what does it cost")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to write the numbers, the page and the figure")
    options = parser.parse_args()
    if options.json and options.json.suffix != ".json":
        parser.error(f"--json wants a name that ends in .json, not {options.json}")
    return options


def _say(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def write(found: dict[str, Any], path: Path) -> None:
    """Numbers, page and figure, side by side."""
    path.write_text(json.dumps(found, indent=1) + "\n")
    path.with_suffix(".md").write_text(page.text(found), "utf-8")
    scaling.draw(found).savefig(path.with_suffix(".png"), dpi=110)


def main() -> None:
    """Measure, simulate, and print the page."""
    options = _options()
    found: dict[str, Any] = {"machine": machine.description("cpu")}
    found |= overheads.measured(options.quick, _say)
    found["curves"] = scaling.simulated(found, options.quick, _say)
    _say("")
    print(page.text(found), end="")
    if options.json:
        write(found, options.json)


if __name__ == "__main__":
    main()
