"""Random calls of all public functions: each ends in a result, or in an error of ours that names an argument.

``SPINLAND_FUZZ_CALLS`` sets the number of calls (3000), ``SPINLAND_FUZZ_SEED`` the seed (0). Call k of a seed is the
same alone or among others, so that what a failure prints can be run again.
"""

import inspect
import os
import re
import resource
import signal
import warnings

import numpy as np
import pytest

from spinland import checks
from spinland.errors import ArgumentError, FileError, SpinlandError, shown
from tests.oracles import odd, public

CALLS = int(os.environ.get("SPINLAND_FUZZ_CALLS", "3000"))
SEED = int(os.environ.get("SPINLAND_FUZZ_SEED", "0"))
BATCHES = 20
NAMES = sorted(public.CASES)
ROOM = 1 << 28  # bytes that a call may take: 2**31 of anything is too much
GUARD = 120  # seconds after which a call counts as endless; it is not a measurement


class Endless(BaseException):
    """A call that never came back."""


@pytest.fixture(autouse=True)
def confined(monkeypatch, tmp_path):
    """Little memory, an alarm, and a folder of its own for what is written."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(checks, "free_memory", lambda: ROOM)
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    with open("/proc/self/statm") as sizes:
        now = int(sizes.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + (8 << 30), hard))

    def ring(*_):
        raise Endless

    before = signal.signal(signal.SIGALRM, ring)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def chosen(call):
    """Name, function, arguments and the names of those that were changed, of one call."""
    rng = np.random.default_rng([SEED, call])
    name = NAMES[call % len(NAMES)]
    function, arguments = public.prepared(name)
    changed = rng.permutation(sorted(arguments))[: 1 + (rng.random() < 0.25)].tolist()
    for argument in changed:
        kinds = odd.ODD if argument in odd.TIME_ALONE else odd.ODD + odd.HUGE
        if rng.random() < 0.35:
            arguments[argument] = odd.near(arguments[argument], rng)
        else:
            arguments[argument] = kinds[rng.integers(len(kinds))]()
    return name, function, arguments, changed


def complaint(call):
    """What is wrong with the outcome of a call, or None."""
    name, function, arguments, changed = chosen(call)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            signal.alarm(GUARD)
            public.consumed(function(**arguments))
    except FileError:
        return None
    except ArgumentError as error:
        known = set(inspect.signature(function).parameters) | set(arguments)
        if re.split(r"\W", error.argument)[0] in known:
            return None
        return f"{name}{changed}: names {error.argument!r}: {error}"
    except SpinlandError:
        return None
    except (Exception, Endless) as error:  # noqa: BLE001
        told = {key: shown(arguments[key])[:60] for key in changed}
        return f"{name}{told}: {type(error).__name__}: {str(error)[:150]}"
    finally:
        signal.alarm(0)
    return None


@pytest.mark.parametrize("batch", range(BATCHES))
def test_every_outcome_is_a_result_or_an_error_that_names_the_argument(batch):
    found = [f"call {call}: {wrong}" for call in range(batch, CALLS, BATCHES) if (wrong := complaint(call))]
    assert not found, "\n".join(found)
