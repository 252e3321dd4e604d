"""What every kernel of the card may cost, and whether it keeps to it."""

from collections.abc import Iterable, Sequence

from spinland_kernels import assembly
from spinland_kernels.paper import Launch

CAPABILITIES = (8, 0), (9, 0), (10, 0)


SPILLS = {("lanes.cuda.multiply", (8, 0)): 64, ("gram.cuda.multiply", (8, 0)): 8, ("gram.cuda.multiply", (10, 0)): 8}
"""Bytes a thread may spill: of 128 registers, one compiler lacks twelve for 64 sums, two lack one or two for pairs."""


def check(launches: Iterable[Launch], double: Sequence[str] = (), capabilities=CAPABILITIES) -> None:
    """No spills, no local arrays, registers and shared memory for the blocks asked for, float64 where it is named.

    ``double`` names the kernels that may compute in float64 though all their arrays are float32.
    """
    seen = set()
    for launch in launches:
        for capability in capabilities:
            key = launch.kernel, launch.shared, str(launch.signature), capability
            if key in seen:
                continue
            seen.add(key)
            cost = assembly.cost(launch, capability)
            threads, blocks = launch.kernel.threads, launch.kernel.resident
            told = f"{launch.kernel.name} {capability}: {cost}"
            assert max(cost.spilled, cost.stack) <= SPILLS.get((launch.kernel.name, capability), 0), told
            assert cost.shared <= 48 << 10, told
            assert cost.occupancy * 2048 >= threads * blocks, told
            single = "float32" in str(launch.signature) and "float64" not in str(launch.signature)
            assert not (single and cost.double and launch.kernel.name not in double), told
