"""Checks at the door: arguments become arrays and numbers of a known kind, or an ArgumentError."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from .errors import ArgumentError, DeviceUnavailable


def _quoted(value: object) -> object:
    """Text in quotes, so that '3' is told from 3."""
    return repr(value) if isinstance(value, str) else value


def float_array(
    name: str,
    value: ArrayLike,
    *,
    dtype: DTypeLike = np.float64,
    ndim: int | tuple[int, ...] | None = None,
    shape: tuple[int | None, ...] | None = None,
    finite: bool = True,
) -> NDArray[Any]:
    """C-contiguous, writeable array of a float type; ``None`` in ``shape`` leaves that length free.

    The array given comes back itself where it is such an array already.

    Raises
    ------
    ArgumentError
        Not numeric, of another shape, empty where a length is asked for, or not finite.
    """
    try:
        given = np.asarray(value)
        if given.dtype.kind not in "biufO":  # text would be parsed, complex numbers lose a part
            raise ArgumentError(name, "an array of real numbers", f"entries of type {given.dtype}")
        # Kernels are compiled for writeable, aligned arrays; another kind would be compiled anew.
        with np.errstate(over="ignore"):  # what overflows is refused below, as not finite
            array = np.require(given, dtype, ["C", "A", "W", "E"])
    except (TypeError, ValueError) as error:
        if isinstance(error, ArgumentError):
            raise
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
        raise ArgumentError(
            name, "finite numbers", f"{int((~np.isfinite(array)).sum())} NaN or infinite entries"
        )
    return array


def point_batch(
    name: str, value: ArrayLike, dim: int, *, dtype: DTypeLike = np.float64
) -> tuple[NDArray[Any], bool]:
    """Points as (B, dim), and whether a single (dim,) came."""
    array = float_array(name, value, dtype=dtype)
    if array.ndim not in (1, 2) or array.shape[-1] != dim:
        raise ArgumentError(name, f"shape ({dim},) or (any, {dim})", f"shape {array.shape}")
    return np.atleast_2d(array), array.ndim == 1


def integer(name: str, value: Any, *, minimum: int | None = None, maximum: int | None = None) -> int:
    """A whole number within bounds."""
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
    return number


def real(
    name: str,
    value: Any,
    *,
    above: float | None = None,
    minimum: float | None = None,
    maximum: float | None = None,
) -> float:
    """A finite real number within bounds (``above`` excludes its bound)."""
    expected = "a finite number"
    if above is not None:
        expected += f" above {above:g}"
    if minimum is not None:
        expected += f" of at least {minimum:g}"
    if maximum is not None:
        expected += f" of at most {maximum:g}"
    # Lists are no numbers; NumPy does not tell the dimension of one whose rows have different lengths.
    if isinstance(value, (str, bytes, bool, np.bool_, list, tuple)) or np.ndim(value) != 0:
        raise ArgumentError(name, expected, repr(value))
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise ArgumentError(name, expected, _quoted(value)) from None
    if (
        not np.isfinite(number)
        or (above is not None and number <= above)
        or (minimum is not None and number < minimum)
        or (maximum is not None and number > maximum)
    ):
        raise ArgumentError(name, expected, _quoted(value))
    return number


def choice(name: str, value: Any, options: Iterable[Any]) -> Any:
    """One of the options."""
    options = tuple(options)
    if not any(value is option or (type(value) is type(option) and value == option) for option in options):
        raise ArgumentError(name, "one of " + ", ".join(map(repr, options)), _quoted(value))
    return value


def device(value: str) -> str:
    """``"cpu"``; ``"cuda"`` is refused while the kernels have no CUDA twin.

    Raises
    ------
    DeviceUnavailable
        For ``"cuda"``.
    """
    choice("device", value, ("cpu", "cuda"))
    if value == "cuda":
        raise DeviceUnavailable("device: 'cuda' has no kernels in this version; use device='cpu'")
    return value


def float_type(name: str, value: DTypeLike) -> np.dtype[Any]:
    """``float32`` or ``float64``."""
    if value is None:  # NumPy reads None as float64
        raise ArgumentError(name, "'float32' or 'float64'", _quoted(value))
    try:
        dtype = np.dtype(value)
    except (TypeError, ValueError):
        raise ArgumentError(name, "'float32' or 'float64'", repr(value)) from None
    if dtype not in (np.dtype(np.float32), np.dtype(np.float64)):
        raise ArgumentError(name, "'float32' or 'float64'", _quoted(value))
    return dtype
