"""``python -m benchmarks.published NAME [--keep FOLDER] [--json FILE]``."""

from __future__ import annotations

import argparse
import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import spinland as sl

from .keeping import Keeper

PROTOCOLS = ("git_rebasin", "low_paths", "mixed_glasses", "monotone_lines")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.published", description="numbers of papers, on MNIST")
    parser.add_argument("name", choices=PROTOCOLS, help="which protocol")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where stages are kept, to go on from there")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to write the numbers, the page and the figure")
    options = parser.parse_args()
    if options.json and options.json.suffix != ".json":
        parser.error(f"--json wants a name that ends in .json, not {options.json}")
    return options


def write(module: Any, found: dict[str, Any], path: Path) -> None:
    """Numbers, page and figure of a protocol, side by side."""
    path.write_text(json.dumps(found) + "\n")
    path.with_suffix(".md").write_text(text(module, found), "utf-8")
    module.draw(found).savefig(path.with_suffix(".png"), dpi=110)


def text(module: Any, found: dict[str, Any]) -> str:
    """The page: what was done, and the tables."""
    return "\n".join([module.__doc__.strip(), "", *module.page(found)]).rstrip() + "\n"


def main() -> None:
    """Go through a protocol."""
    options = _options()
    module = import_module(f"benchmarks.published.{options.name}")
    try:
        data = sl.load_dataset("mnist")
    except sl.DataError as error:
        sys.exit(f"error: {error}")
    found = module.measure(data, Keeper(options.keep), module.Protocol())
    print(text(module, found), end="")
    if options.json:
        write(module, found, options.json)


if __name__ == "__main__":
    main()
