"""What was measured and simulated, in Markdown."""

from __future__ import annotations

from typing import Any

from ..table import seconds, size
from .scaling import limit_words, reply
from .simulation import Workers

Found = dict[str, Any]


def text(found: Found) -> str:
    """The page."""
    machine = found["machine"]
    lines = [
        "# Work over many processes: what it costs, and how far it goes",
        "",
        (
            f"{machine['processor']}, {machine['cores']} cores, load {machine['load']:.1f}. Scheduler, workers and "
            "coordinator share them with whatever else goes on: times on the clock say little, seconds of a core count."
        ),
        "",
        *_tasks(found),
        *_files(found),
        *_data(found),
        *_limits(found),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _tasks(found: Found) -> list[str]:
    rows = [
        "## A task",
        "",
        (
            "| engine | coordinator, a task | the engine without us | scheduler, a task | on the clock, 2 workers | "
            "coordinator, a MB of reply | scheduler, a MB |"
        ),
        "|---|---|---|---|---|---|---|",
    ]
    for one in found["engines"]:
        scheduler = [seconds(one["scheduler"]), seconds(1e6 * one["scheduler_byte"])]
        if one["name"] != "Dask":
            scheduler = ["none", "none"]
        cells = seconds(one["coordinator"]), seconds(one["bare"]), scheduler[0], seconds(one["wall"])
        rows.append(
            "| " + " | ".join([one["name"], *cells, seconds(1e6 * one["coordinator_byte"]), scheduler[1]]) + " |"
        )
    traffic, memory = found["traffic"], found["memory"]
    return [
        *rows,
        "",
        (
            f"A task without content is {traffic['there']:,} bytes to the worker and {traffic['back']:,} back. While "
            f"{memory['rows']:,} rows of {memory['bytes']:,} bytes came, the coordinator's memory rose by "
            f"{size(memory['most'])} at most."
        ),
        "",
    ]


def _files(found: Found) -> list[str]:
    rows = [
        "## A row in the file",
        "",
        (
            "| bytes of a row | a write of one row | each further row of a write | rows a second, one by one | "
            "in writes of 16 |"
        ),
        "|---|---|---|---|---|",
    ]
    for one in found["files"]:
        several = 16 / (one["one"] + 15 * one["more"])
        cells = (
            f"{one['bytes']:,}",
            seconds(one["one"]),
            seconds(one["more"]),
            f"{1 / one['one']:.0f}",
            f"{several:.0f}",
        )
        rows.append("| " + " | ".join(cells) + " |")
    return [*rows, "", "Data and marks are on the disk before a write returns.", ""]


def _data(found: Found) -> list[str]:
    data = found["data"]
    rows = [
        "## A data set",
        "",
        (
            f"Images as large as MNIST, {size(data['bytes'])} in arrays. Packing and hashing takes "
            f"{seconds(data['packing'])} of one core, once; the canary of a training on them (784-32-10, two replicas, "
            f"five steps, losses on all samples) {seconds(data['canary'])}, once here and once in each worker. What "
            f"goes with each task is {data['skeleton']:,} bytes."
        ),
        "",
        "| engine | until the first reply | until both workers have replied | coordinator, a task after that |",
        "|---|---|---|---|",
    ]
    for one in data["journeys"]:
        rows.append(f"| {one['name']} | {seconds(one['first'])} | {seconds(one['all'])} | {seconds(one['later'])} |")
    return [*rows, ""]


def _limits(found: Found) -> list[str]:
    workers = Workers(0)
    longest = max((curve["points"] for curve in found["curves"]), key=len)
    rows = [
        "## How many workers",
        "",
        (
            "The real coordinator before simulated workers, with the costs above, on a reckoned clock: tasks of "
            f"one minute (logarithms scatter by {workers.spread}), lives of {workers.life / 3600:g} h on the average "
            f"and {workers.walltime / 3600:g} h at most, another worker after {workers.restart:g} s. What deaths cost "
            "is in the share."
        ),
        "",
        "| a reply | " + " | ".join(f"{point['workers']:,} workers" for point in longest) + " | 90 % busy up to |",
        "|---" * (2 + len(longest)) + "|",
    ]
    for curve in found["curves"]:
        shares = [f"{100 * point['share']:.0f} %" for point in curve["points"]]
        shares += [""] * (len(longest) - len(shares))
        rows.append("| " + " | ".join([reply(curve), *shares, limit_words(curve)]) + " |")
    crew = [point["crew"] for curve in found["curves"] for point in curve["points"] if point["tasks"] > 5_000]
    return [
        *rows,
        "",
        *(
            [f"The coordinator's own bookkeeping takes {seconds(min(crew))} to {seconds(max(crew))} a task."]
            * bool(crew)
        ),
    ]
