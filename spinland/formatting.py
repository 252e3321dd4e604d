"""How numbers are written in words, on pages and in figures: digits from the error, one minus, one power of ten."""

from __future__ import annotations

import math

_DIGITS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_SMALLEST, _LARGEST = -4, 6  # powers of ten within which a number is written out
_ROUNDING = 1e-13  # a relative error below this is that of rounding: the samples were equal


def number(value: float, digits: int = 3) -> str:
    """A number with so many significant digits, zeros at its end included; "–" where there is none."""
    if value is None or not math.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    power = _power(value, digits)
    if _SMALLEST <= power < _LARGEST:
        return _fixed(value, digits - 1 - power)
    return f"{_fixed(_over(value, power), digits - 1)}·{_ten(power)}"


def given(value: float, digits: int = 6) -> str:
    """A number that was chosen, not measured: to so many digits, without zeros at its end."""
    text = f"{value:.{digits}g}"
    mantissa, _, exponent = text.partition("e")
    return mantissa.replace("-", "−") + (f"·{_ten(int(exponent))}" if exponent else "")


def fixed(value: float, decimals: int) -> str:
    """A number with so many decimals, for columns of exact numbers; "–" where there is none."""
    return _fixed(value, decimals) if math.isfinite(value) else "–"


def plus_minus(value: float, error: float) -> str:
    """``"12.35 ± 0.52"``: two digits of the error, and as many decimals of the value.

    An error of 0, or of rounding alone, is written as 0: the samples were all equal. One that is not known is said to
    be unknown.
    """
    if not math.isfinite(value):
        return "not determined"
    if not math.isfinite(error) or error < 0:
        return f"{number(value)} (error unknown)"
    if error <= _ROUNDING * abs(value):
        return f"{number(value)} ± 0"
    power = _power(error, 2)
    largest = max(power, _power(value, 2) if value else power)
    if largest < _LARGEST and power > -_LARGEST:
        return f"{_fixed(value, 1 - power)} ± {_fixed(error, 1 - power)}"
    decimals = largest - power + 1
    shown = (_fixed(_over(x, largest), decimals) for x in (value, error))
    return f"({' ± '.join(shown)})·{_ten(largest)}"


def p_text(p: float) -> str:
    """A p-value in words that fit a sentence."""
    if not math.isfinite(p):
        return "p unknown"
    return "p < 0.001" if p < 0.001 else f"p = {number(p, 2)}"


def _power(value: float, digits: int) -> int:
    """Power of ten of the first digit, once the number is rounded to so many digits."""
    return int(f"{abs(value):.{digits - 1}e}".partition("e")[2])


def _over(value: float, power: int) -> float:
    """A number over a power of ten, which may itself be below all floats."""
    return value / 10.0**power if power > -300 else value * 1e300 / 10.0 ** (power + 300)


def _fixed(value: float, decimals: int) -> str:
    """A number with so many decimals, or rounded to a power of ten where these are fewer than none."""
    return f"{round(value, decimals) + 0.0:.{max(decimals, 0)}f}".replace("-", "−")


def _ten(power: int) -> str:
    return "10" + str(power).translate(_DIGITS)


def a_noun(noun: str) -> str:
    """A noun with its article: ``"a study"``, ``"an atlas"``."""
    return f"a{'n' if noun[:1] in 'aeiou' else ''} {noun}"
