"""Checks at the door: arguments become arrays and numbers of a known kind, or an ArgumentError."""

from __future__ import annotations

import math
import operator
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from . import arrays, budget, machines
from .errors import ArgumentError, DeviceUnavailable, shown


def _quoted(value: object) -> object:
    """Text in quotes, so that '3' is told from 3."""
    return shown(value) if isinstance(value, str) else value


def float_array(
    name: str,
    value: ArrayLike,
    *,
    dtype: DTypeLike = np.float64,
    ndim: int | tuple[int, ...] | None = None,
    shape: tuple[int | None, ...] | None = None,
    finite: bool = True,
    keep: bool = False,
) -> NDArray[Any]:
    """C-contiguous array of a float type, to be read; ``None`` in ``shape`` leaves that length free.

    Its memory is the caller's where that is such an array already, read-only or not: kernels take it, and
    nothing may write to it. With ``keep``, for what outlives the call, memory that the caller can write to is
    copied.

    Raises
    ------
    ArgumentError
        Not numeric, of another shape, empty where a length is asked for, or not finite.
    """
    given = arrays.numeric(name, value)
    try:
        with np.errstate(over="ignore"):  # what overflows is refused below, as not finite
            array = np.require(given, dtype, ["C", "A", "E"])
    except (TypeError, ValueError, OverflowError) as error:
        raise ArgumentError(name, f"an array of numbers ({error})") from None
    if ndim is not None and array.ndim not in ((ndim,) if isinstance(ndim, int) else ndim):
        wanted = str(ndim) if isinstance(ndim, int) else " or ".join(map(str, ndim))
        raise ArgumentError(name, f"an array of {wanted} dimensions", f"shape {array.shape}")
    if shape is not None and (
        array.ndim != len(shape)
        or any(want is not None and want != have for want, have in zip(shape, array.shape, strict=False))
    ):
        want_text = ", ".join("any" if n is None else str(n) for n in shape)
        want_text = f"({want_text},)" if len(shape) == 1 else f"({want_text})"
        raise ArgumentError(name, f"an array of shape {want_text}", f"shape {array.shape}")
    if finite and not np.isfinite(array).all():
        raise ArgumentError(name, "finite numbers", f"{int((~np.isfinite(array)).sum())} NaN or infinite entries")
    if keep:
        array = arrays.owned(array) if np.may_share_memory(array, given) else arrays.sealed(array)
    return arrays.readable(array)


def point_batch(
    name: str, value: ArrayLike, dim: int, *, dtype: DTypeLike = np.float64, keep: bool = False
) -> tuple[NDArray[Any], bool]:
    """Points as (B, dim), and whether a single (dim,) came; ``keep`` as in :func:`float_array`."""
    array = float_array(name, value, dtype=dtype, keep=keep)
    if array.ndim not in (1, 2) or array.shape[-1] != dim:
        raise ArgumentError(name, f"shape ({dim},) or (any, {dim})", f"shape {array.shape}")
    return np.atleast_2d(array), array.ndim == 1


def integer(name: str, value: Any, *, minimum: int | None = None, maximum: int | None = None) -> int:
    """A whole number within bounds; where none is above, below 2^63, as arrays count and floats hold."""
    expected = "a whole number"
    if minimum is not None:
        expected += f" of at least {minimum}"
    if maximum is not None:
        expected += f"{' and' if minimum is not None else ' of'} at most {maximum}"
    if isinstance(value, (bool, np.bool_)):
        raise ArgumentError(name, expected, _quoted(value))
    try:
        number = operator.index(value)
    except TypeError:
        raise ArgumentError(name, expected, _quoted(value)) from None
    if (minimum is not None and number < minimum) or (maximum is not None and number > maximum):
        raise ArgumentError(name, expected, number)
    if maximum is None and number.bit_length() > 63:
        raise ArgumentError(name, f"{expected}, below 2^63 in size", number)
    return number


def whole_numbers(name: str, value: ArrayLike, end: int) -> NDArray[np.int64]:
    """A vector (n,) of whole numbers from 0 to end - 1, a copy."""
    array = arrays.given(name, value)
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise ArgumentError(name, "a vector of whole numbers", f"{array.dtype} {array.shape}")
    if array.size and (array.min() < 0 or array.max() >= end):
        raise ArgumentError(name, f"numbers from 0 to {end - 1}", f"{array.min()} to {array.max()}")
    return array.astype(np.int64)


def real(
    name: str, value: Any, *, above: float | None = None, minimum: float | None = None, maximum: float | None = None
) -> float:
    """A finite real number within bounds (``above`` excludes its bound)."""
    expected = "a finite number"
    if above is not None:
        expected += f" above {above:g}"
    if minimum is not None:
        expected += f" of at least {minimum:g}"
    if maximum is not None:
        expected += f" of at most {maximum:g}"
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        value = _one_number(name, value, expected)
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise ArgumentError(name, expected, shown(value)) from None
    if (
        not math.isfinite(number)
        or (above is not None and number <= above)
        or (minimum is not None and number < minimum)
        or (maximum is not None and number > maximum)
    ):
        raise ArgumentError(name, expected, _quoted(value))
    return number


def _one_number(name: str, value: Any, expected: str) -> Any:
    """The one real number in something that is neither a Python int nor float."""
    if isinstance(value, (str, bytes, bool, list, tuple)):
        raise ArgumentError(name, expected, shown(value))
    try:
        array = arrays.numeric(name, value)
    except ArgumentError:
        raise ArgumentError(name, expected, shown(value)) from None
    if array.ndim != 0 or array.dtype.kind == "b":
        raise ArgumentError(name, expected, shown(value))
    return array.item()


def boolean(name: str, value: Any) -> bool:
    """True or False, and nothing that merely counts as one of them: "no" would be true."""
    if not isinstance(value, (bool, np.bool_)):
        raise ArgumentError(name, "True or False", shown(value))
    return bool(value)


def instance(name: str, value: Any, kind: Any, words: str | None = None) -> Any:
    """The value, if it is of the kind."""
    if not isinstance(value, kind):
        raise ArgumentError(name, words or f"a {kind.__name__}", shown(value))
    return value


def free_memory() -> float:
    """Bytes that may be taken: most of what is free, or of all where the system does not say what is free."""
    try:
        with open("/proc/meminfo") as lines:
            fields = dict(line.split(":", 1) for line in lines)
        return 0.8 * 1024 * int(fields["MemAvailable"].split()[0])
    except (OSError, KeyError, ValueError):
        return 0.6 * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def room(name: str, value: Any, n_bytes: float) -> None:
    """Refuse a number that asks for arrays larger than the memory that is free.

    Raises
    ------
    ArgumentError
        ``n_bytes``, what ``value`` of the argument ``name`` takes, is more than there is.
    """
    if n_bytes < budget.UNASKED:
        return
    have = free_memory()
    if n_bytes > have:
        raise ArgumentError(
            name,
            f"a number whose arrays fit into the memory that is free ({have / 1e9:.3g} GB)",
            f"{shown(value)}, which takes {n_bytes / 1e9:.3g} GB",
        )


def squarable(name: str, array: NDArray[Any], n: int) -> None:
    """Refuse numbers so large that ``n`` of their squares have no sum: norms and distances would be infinite.

    Raises
    ------
    ArgumentError
        There is such a number.
    """
    largest = float(np.sqrt(np.finfo(array.dtype).max / (16.0 * max(n, 1))))
    found = float(np.abs(array).max(initial=0.0))
    if found > largest:
        raise ArgumentError(name, f"numbers of at most {largest:.3g}, whose squares can be summed", f"{found:.3g}")


def choice(name: str, value: Any, options: Iterable[Any]) -> Any:
    """One of the options."""
    options = tuple(options)
    if not any(value is option or (type(value) is type(option) and value == option) for option in options):
        raise ArgumentError(name, "one of " + ", ".join(map(repr, options)), _quoted(value))
    return value


def listing(name: str, value: Any, words: str) -> list[Any]:
    """The entries of a list, tuple, range or vector; what else could be gone through is refused.

    Raises
    ------
    ArgumentError
        Of another kind, or masked.
    """
    if isinstance(value, (list, tuple, range)):
        return list(value)
    if isinstance(value, np.ndarray) and value.ndim == 1:
        return list(arrays.given(name, value).tolist())
    raise ArgumentError(name, words, shown(value))


def entries(name: str, value: Any, words: str) -> list[Any]:
    """The entries of whatever can be gone through, once or often; the letters of a text are none.

    Raises
    ------
    ArgumentError
        A text, or something that cannot be gone through.
    """
    if isinstance(value, (str, bytes)):
        raise ArgumentError(name, words, value)
    try:
        return list(value)
    except Exception:  # noqa: BLE001 (of whatever class: the object's own)
        raise ArgumentError(name, words, value) from None


@contextmanager
def renamed(**names: str) -> Iterator[None]:
    """Say the names of a function's own arguments where what it calls refuses what they became.

    Parameters
    ----------
    names : str
        Name of an argument of the function that is called = name of the caller's argument it comes from.
    """
    try:
        yield
    except ArgumentError as error:
        inner, rest = re.match(r"(\w*)(.*)", error.argument, re.DOTALL).groups()  # type: ignore[union-attr]
        if inner not in names:
            raise
        raise error.about(names[inner] + rest) from None


def device_name(name: str, value: Any) -> str:
    """``"cpu"``, ``"cuda"`` or ``"cuda:1"``, whether it is there or not."""
    if not isinstance(value, str) or not re.fullmatch(r"cpu|cuda(:[0-9]{1,3})?", value):
        raise ArgumentError(name, "'cpu', 'cuda', or 'cuda:1' for the second card", _quoted(value))
    return value


def device(value: str) -> str:
    """The same, where it is there; an operation without a form for it refuses itself.

    Raises
    ------
    DeviceUnavailable
        There is no such card, or something is missing that it needs.
    """
    machines.check(device_name("device", value))
    return value


PRECISIONS = ("float32", "tf32", "3xtf32")


def precision_name(name: str, value: Any) -> str | None:
    """One of `PRECISIONS`, or None, whether the device has it or not."""
    return None if value is None else choice(name, value, PRECISIONS)


def precision(value: Any, dtype: np.dtype[Any], device: str) -> str:
    """In what layers are multiplied: what was asked for, or the float type where nothing was.

    Raises
    ------
    ArgumentError
        The float type, or the device, has no such products.
    DeviceUnavailable
        The card has no tensor cores for them.
    """
    wanted = precision_name("precision", value)
    if wanted is None:
        return str(dtype)
    if dtype != np.float32:
        raise ArgumentError("precision", "None, or dtype='float32', whose products may be in less", wanted)
    if wanted != "float32" and device == "cpu":
        raise ArgumentError("precision", "'float32' or None on the processor; a card multiplies in TF32", wanted)
    if wanted != "float32" and not machines.has_tensor_cores(device):
        raise DeviceUnavailable(f"precision: {device!r} has no tensor cores for {wanted!r}; use precision='float32'")
    return wanted


def float_type(name: str, value: DTypeLike) -> np.dtype[Any]:
    """``float32`` or ``float64``."""
    if value is None:  # NumPy reads None as float64
        raise ArgumentError(name, "'float32' or 'float64'", _quoted(value))
    try:
        dtype = np.dtype(value)
    except Exception:  # noqa: BLE001 (NumPy raises several classes for what is no type)
        raise ArgumentError(name, "'float32' or 'float64'", shown(value)) from None
    if dtype not in (np.dtype(np.float32), np.dtype(np.float64)):
        raise ArgumentError(name, "'float32' or 'float64'", _quoted(value))
    return dtype
