"""The table of a run, for a terminal and for the README; its scaling figures.

``python -m benchmarks.table FILE …`` writes the table and the figures of each kept run beside it, and prints one short
table of all of them, the newest last, or writes it into a page with ``--page``.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from . import cards
from .outcomes import Entry, quickest

BEGIN, END = "<!-- benchmarks -->", "<!-- end of benchmarks -->"
Found = dict[str, Any]  # what the JSON of a run holds


def seconds(value: float) -> str:
    """A time with three digits in the unit that suits it."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value / 1e-9:.3g} ns"


def size(value: float) -> str:
    """Bytes in MB or GB."""
    return f"{value / 1e9:.2f} GB" if value >= 1e9 else f"{max(value, 0) / 1e6:.0f} MB"


def _ratio(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def ratio(entry: Entry) -> str:
    """Median and quartiles of a peer's time over ours, or why there is none."""
    if entry.error:
        return entry.error
    return f"{_ratio(entry.ratio)}× ({_ratio(entry.low)}–{_ratio(entry.high)})"


def memory(entry: Entry) -> str:
    """By how much a call raises the memory of its process, and the peak of the process."""
    return f"{size(entry.grown)} of {size(entry.peak)}"


def aim(entry: Entry) -> str:
    """The aim, and whether it is met."""
    if entry.aim is None:
        return ""
    if entry.error:
        return f"≥ {entry.aim:g}×"
    return f"≥ {entry.aim:g}× {'met' if entry.ratio >= entry.aim else 'missed'}"


def limits(outcome: Found) -> str:
    """Fractions of the machine's peaks."""
    return "; ".join(
        f"{100 * limit['fraction']:.0f} % of {limit['peak'].split(',')[0]}"
        + (f" (≥ {100 * limit['aim']:.0f} %)" if limit["aim"] else "")
        for limit in outcome["limits"]
    )


def cost(outcome: Found) -> str:
    """Our time, and that of one of the units that the work is made of."""
    whole = outcome["ours"]["seconds"]
    each = f" ({seconds(whole / outcome['count'])} a {outcome['unit']})" if outcome["count"] > 1 else ""
    return seconds(whole) + each


def _peers(outcome: Found) -> list[Entry]:
    return quickest([Entry(**peer) for peer in outcome["peers"]])


def _named(entry: Entry) -> str:
    setting = f", {entry.setting}" if entry.setting else ""
    return entry.name + setting + (" †" if entry.share < 1 and not entry.error else "")


def lines(outcome: Found, quick: bool) -> Iterator[str]:
    """The operation as lines of a terminal; a quick run says nothing of limits and aims."""
    ours = Entry(**outcome["ours"])
    yield f"{outcome['name']}: {outcome['work']}"
    yield f"    spinland {cost(outcome)}" + (f", {limits(outcome)}" if outcome["limits"] and not quick else "")
    yield f"    first call {seconds(ours.first)}; memory {memory(ours)}"
    for peer in _peers(outcome):
        text = f"    {_named(peer):40s} {ratio(peer):24s} {'' if quick else aim(peer):16s}"
        if not peer.error:
            text += f" off {peer.off:.1g}; {memory(peer)}; first {seconds(peer.first)}"
        yield text.rstrip()
    for name, value in ours.notes.items():
        yield f"    {name}: {value:.3g}" if isinstance(value, float) else f"    {name}: {value}"
    if outcome["remark"]:
        yield f"    {outcome['remark']}"
    if outcome["peers"] and not quick:
        yield f"    those who wait take {100 * outcome['waiting']:.0f} % of a core"


def markdown(found: Found) -> str:
    """All that a run measured."""
    machine, peaks = found["machine"], found["peaks"]
    here = f"{machine['processor']}, {machine['cores']} cores, {machine['vectors']}"
    if "card" in machine:
        here = f"{cards.words(machine['card'])}; beside {here}"
    packages = ", ".join(f"{name} {version}" for name, version in machine["packages"].items() if version)
    rows = [
        f"{here}; {', '.join(f'{name} {value:.1f}' for name, value in peaks.items())}; {packages}.",
        "",
        (
            "| operation | spinland | of the machine's limit | peer at its best | peer's time / ours | aim | memory, "
            "ours / peer |"
        ),
        "|---|---|---|---|---|---|---|",
    ]
    for outcome in found["operations"]:
        head = [f"**{outcome['name']}**: {outcome['work']}", cost(outcome), limits(outcome)]
        ours = Entry(**outcome["ours"])
        peers = _peers(outcome)
        for peer in peers or [Entry("")]:
            both = [memory(one) for one in (ours, peer) if not (one is peer and (peer.error or not peers))]
            cells = [_named(peer), ratio(peer), aim(peer)] if peers else ["", "", ""]
            cells.append(" / ".join(both))
            rows.append("| " + " | ".join(head + cells) + " |")
            head = ["", "", ""]
    return "\n".join(rows) + "\n"


def _machine(found: Found) -> str:
    machine, peaks = found["machine"], found["peaks"]
    shown = ", ".join(f"{name} {value:.0f}" for name, value in peaks.items())
    if "card" in machine:
        return f"{cards.words(machine['card'])}, spinland {machine['packages']['spinland']}: {shown}"
    here = f"{machine['processor']}, family and model {machine['family and model']}, {machine['vectors']}"
    return f"{here}, spinland {machine['packages']['spinland']}: {shown}"


def _short_cost(outcome: Found | None) -> str:
    if outcome is None:
        return "not run"
    each = outcome["ours"]["seconds"] / outcome["count"]
    limit = f", {100 * outcome['limits'][0]['fraction']:.0f} %" if outcome["limits"] else ""
    unit = f" a {outcome['unit']}" if outcome["unit"] else ""
    return f"{seconds(each)}{unit}{limit}, {size(outcome['ours']['peak'])}"


def _short_ratio(peer: Entry | None, wanted: float | None) -> str:
    if peer is None:
        return "not run"
    if peer.error:
        return peer.error
    verdict = "" if wanted is None else " met" if peer.ratio >= wanted else " missed"
    return f"{_ratio(peer.ratio)}×{verdict}, {size(peer.peak)}"


def short(runs: list[Found]) -> str:
    """Kept runs beside each other, with the operations, the peers and the aims of the last."""
    letters = [chr(ord("A") + i) for i in range(len(runs))]
    rows = [f"- **{letter}**: {_machine(run)}" for letter, run in zip(letters, runs, strict=True)]
    heads = " | ".join(f"ours, {letter} | {letter}" for letter in letters)
    rows += ["", f"| operation | peer at its best | aim | {heads} |", "|---" * (3 + 2 * len(runs)) + "|"]
    for outcome in runs[-1]["operations"]:
        same = [
            next((o for o in run["operations"] if (o["name"], o["work"]) == (outcome["name"], outcome["work"])), None)
            for run in runs
        ]
        peers = [{} if found is None else {peer.name: peer for peer in _peers(found)} for found in same]
        head = f"**{outcome['name']}**: {outcome['work']}"
        costs = [_short_cost(found) for found in same]
        for peer in _peers(outcome) or [Entry("")]:
            wanted = f"≥ {peer.aim:.3g}×" if peer.aim else ""
            found = [_short_ratio(known.get(peer.name), peer.aim) if peer.name else "" for known in peers]
            cells = [cell for pair in zip(costs, found, strict=True) for cell in pair]
            rows.append("| " + " | ".join([head, peer.name, wanted, *cells]) + " |")
            head, costs = "", [""] * len(runs)
    return "\n".join(rows) + "\n"


def figures(found: Found, folder: Path, stem: str) -> list[Path]:
    """A picture for each operation that was measured at several sizes: cost against size, with the slope."""
    import matplotlib.pyplot as plt

    operations: dict[str, list[Found]] = {}
    for curve in found["scaling"]:
        operations.setdefault(curve["operation"], []).append(curve)
    made = []
    for operation, curves in operations.items():
        figure, axes = plt.subplots(
            1, len(curves), figsize=(4.2 * len(curves), 3.4), squeeze=False, layout="constrained"
        )
        for ax, curve in zip(axes[0], curves, strict=True):
            _draw(ax, curve)
        figure.suptitle(operation)
        made.append(folder / f"{stem}-{operation}.png")
        figure.savefig(made[-1], dpi=150)
        plt.close(figure)
    return made


def _draw(ax: Any, curve: Found) -> None:
    import numpy as np

    sizes, times = np.array(curve["values"], float), np.array(curve["seconds"])
    ax.loglog(sizes, times, "o", label="measured")
    same = ", ".join(f"{key} {value}" for key, value in curve["arguments"].items())
    ax.set_title(curve["name"] + (f"\n{same}" if same else ""), fontsize=9)
    fitted = curve["fitted"]
    end = np.array([sizes[fitted], sizes[-1]])
    middle = np.exp(np.log(times[fitted:]).mean() - curve["slope"] * np.log(sizes[fitted:]).mean())
    ax.loglog(end, middle * end ** curve["slope"], "-", label=f"slope {curve['slope']:.2f}")
    ax.tick_params(axis="x", which="minor", bottom=False, labelbottom=False)
    ax.set_xticks(sizes, [f"{size:,.0f}" for size in sizes], fontsize=7)
    ax.set_xlabel(curve["axis"])
    ax.set_ylabel("time of a call (s)")
    ax.grid(alpha=0.3, which="both")
    ax.legend()


def placed(page: str, text: str) -> str:
    """The page with ``text`` between its two marks."""
    if page.count(BEGIN) != 1 or page.count(END) != 1:
        raise ValueError(f"the page must hold {BEGIN} and {END} once")
    before, _, rest = page.partition(BEGIN)
    return before + BEGIN + "\n\n" + text + "\n" + END + rest.partition(END)[2]


def _read(path: Path, parser: argparse.ArgumentParser) -> Found:
    try:
        found: Found = json.loads(path.read_text())
        operations, _ = found["operations"], found["scaling"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        parser.error(f"{path} is not a run that python -m benchmarks kept ({error!r})")
    if found["quick"]:
        parser.error(f"{path} is a quick run: it tells that the {len(operations)} operations work, not how fast")
    return found


def main() -> None:
    """Draw the figures of kept runs beside them; print their Markdown, or write it into a page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.table", description="the table of kept runs")
    parser.add_argument("files", type=Path, nargs="+", metavar="file", help="JSON that python -m benchmarks wrote")
    parser.add_argument("--page", type=Path, help=f"Markdown to write it into, between {BEGIN} and {END}")
    options = parser.parse_args()
    runs = [_read(path, parser) for path in options.files]
    for path, found in zip(options.files, runs, strict=True):
        whole = path.with_suffix(".md")
        whole.write_text(markdown(found))
        for made in [whole, *(figures(found, path.parent, path.stem) if found["scaling"] else [])]:
            print(f"wrote {made}", file=sys.stderr)
    text = short(runs)
    if options.page:
        options.page.write_text(placed(options.page.read_text(), text))
    else:
        print(text, end="")


if __name__ == "__main__":
    main()
