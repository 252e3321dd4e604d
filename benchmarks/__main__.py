"""``python -m benchmarks [NAME …] [--quick] [--device DEVICE] [--json FILE]``."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from spinland import checks
from spinland.errors import ArgumentError, DeviceUnavailable

from . import cards, compare, machine, race, sweeps, table

OPERATIONS = (
    "planes",
    "swaps",
    "walks",
    "training",
    "paths",
    "subspaces",
    "derivatives",
    "curvature",
    "measures",
    "noise",
    "distances",
    "alignment",
    "linkage",
    "glass",
    "start",
)


def _say(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{text.splitlines()[-1][:100]}", end="", file=sys.stderr, flush=True)


def _keep(found: dict[str, Any], path: Path) -> None:
    """Write the record whole or not at all."""
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(found, indent=1) + "\n")
    os.replace(part, path)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="spinland beside its peers")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(OPERATIONS)}; all if none")
    parser.add_argument("--quick", action="store_true", help="small sizes: does it work, not how fast is it")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to keep the run; must not exist")
    parser.add_argument("--device", default="cpu", help="where ours and its peers compute: cpu, cuda, cuda:1")
    options = parser.parse_args()
    unknown = set(options.names) - set(OPERATIONS)
    if unknown:
        parser.error(f"no operation {', '.join(sorted(unknown))}; there are {', '.join(OPERATIONS)}")
    if options.json and options.json.is_dir():
        parser.error(f"--json wants a file, {options.json} is a folder")
    if options.json and options.json.exists():
        parser.error(f"{options.json} exists; name another file or delete it")
    if options.json and not options.json.parent.is_dir():
        parser.error(f"there is no folder {options.json.parent}")
    if options.json and not os.access(options.json.parent, os.W_OK):
        parser.error(f"{options.json.parent} cannot be written to")
    try:
        checks.device(options.device)
    except (ArgumentError, DeviceUnavailable) as error:
        print(f"error: --{error}", file=sys.stderr)
        sys.exit(2)
    return options


def main() -> None:
    """Run the operations named, or all, and print the table; exit status 1 if one failed."""
    options = _options()
    found: dict[str, Any] = {"machine": machine.description(options.device), "quick": options.quick}
    here = found["machine"]
    print(f"{here['processor']}, {here['cores']} cores, load {here['load']:.1f}")
    if "card" in here:
        print(cards.words(here["card"]))
    missing = [name for name, there in here["packages"].items() if there is None]
    if missing:
        print(f"missing: {', '.join(missing)}")
    _say("measuring the machine")
    found["peaks"] = machine.peaks(options.quick, options.device)
    _say("")
    if found["peaks"] and not options.quick:
        print(", ".join(f"{name} {value:.1f}" for name, value in found["peaks"].items()))
    print(
        "(first call: compiling included; memory: what a call adds, of the process; ratios: peer's time / ours, "
        "quartiles)"
    )
    found |= {"operations": [], "scaling": [], "failures": []}
    try:
        for name in options.names or OPERATIONS:
            for _ in _measured(name, options, found):
                if options.json:
                    _keep(found, options.json)
    except KeyboardInterrupt:
        sys.exit(f"stopped; {len(found['operations'])} operations were measured")
    if found["failures"]:
        sys.exit(1)


def _measured(name: str, options: argparse.Namespace, found: dict[str, Any]) -> Iterator[None]:
    """Measure an operation's forms and its scaling, one after the other, and print them."""
    module, quick = import_module(f"benchmarks.{name}"), options.quick
    placed = [compare.placed(operation, options.device) for operation in module.operations(quick)]
    scalings = [compare.scaling_on(scaling, options.device) for scaling in module.scaling(quick)]
    if not any(placed):
        print(f"{name}: not for {options.device}")
    for operation in filter(None, placed):
        try:
            chosen = compare.tried(operation) if quick else operation
            outcome = race.run(chosen, found["peaks"], _say).as_dict()
        except (compare.Disagreement, RuntimeError) as error:
            found["failures"].append(str(error))
            print(f"FAILED: {error}", file=sys.stderr, flush=True)
            continue
        found["operations"].append(outcome)
        _say("")
        print("\n".join(table.lines(outcome, quick)), flush=True)
        yield
    for scaling in filter(None, scalings):
        _say(f"{scaling.name} against {scaling.axis}")
        try:
            curve = sweeps.measure(scaling, compare.CORES, 1 if quick else 5).as_dict()
        except RuntimeError as error:
            found["failures"].append(str(error))
            print(f"FAILED: {error}", file=sys.stderr, flush=True)
            continue
        found["scaling"].append({"operation": name, **curve})
        _say("")
        print(f"    {scaling.name}: slope {curve['slope']:.2f} against {scaling.axis}", flush=True)
        yield


if __name__ == "__main__":
    main()
