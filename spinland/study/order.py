"""The order of a file's results: that of the plan, whatever came when, so that its bytes are those of one process."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ..store.hdf5 import Store
from ..store.ordering import names_in_order, put_in_order

EARLY = "early"
"""Mark in what a file tells of itself: it holds results before others that the plan makes earlier."""


def in_plan_order(there: Sequence[str], plan: Sequence[str], rooms: Collection[str]) -> list[str]:
    """Names of results in the order in which one process puts them into a file: rooms of ensembles first.

    Parameters
    ----------
    there : sequence of str
        Those that the file holds, in the order in which it got them. What is in no plan came first and stays there.
    plan : sequence of str
        All that is made, in order.
    rooms : collection of str
        Those for which room is made before anything else.
    """
    ranked = [name for name in plan if name in rooms] + [name for name in plan if name not in rooms]
    planned, held = set(plan), set(there)
    return [name for name in there if name not in planned] + [name for name in ranked if name in held]


def put_in_plan_order(store: Store, plan: Sequence[str], rooms: Collection[str], *, gaps: bool = False) -> None:
    """Put a file in order into which results came early, or will have come; any other one stays as it is."""
    meta = store.meta
    if EARLY not in meta and not gaps:
        return
    names = in_plan_order(names_in_order(store.path), plan, rooms)
    at_first = {name: value for name, value in meta.items() if name != EARLY}
    failed, at_first["failed"] = at_first["failed"], {}
    if put_in_order(store.path, names, at_first | ({EARLY: True} if gaps else {})) and failed:
        store.set_meta(store.meta | {"failed": failed})
