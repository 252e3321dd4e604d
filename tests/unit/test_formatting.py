"""Numbers as they are printed: one function for a value and its error, digits from the error."""

import math
import re

import pytest
from hypothesis import assume
from hypothesis import given as draw
from hypothesis import strategies as st

from spinland.formatting import given, number, p_text, plus_minus

SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0.1166, 0.0012, "0.1166 ± 0.0012"),
        (0.11, 0.0003, "0.11000 ± 0.00030"),
        (1.0, 0.0999, "1.00 ± 0.10"),  # two digits also where the error rounds up to the next power of ten
        (1234.0, 210.0, "1230 ± 210"),
        (-0.0001, 0.02, "0.000 ± 0.020"),  # no minus before nothing
        (6.53e-7, 1.2e-9, "(6.530 ± 0.012)·10⁻⁷"),
        (3.14159e8, 2.2e6, "(3.142 ± 0.022)·10⁸"),
        (4.0, 0.0, "4.00 ± 0"),
        (1.0, 2e-16, "1.00 ± 0"),  # equal but for rounding
        (1.000000000000004, 1.2e-14, "1.00 ± 0"),
        (47.9, math.nan, "47.9 (error unknown)"),
        (math.nan, 0.1, "not determined"),
    ],
)
def test_a_value_has_the_decimals_of_its_error(value, error, text):
    assert plus_minus(value, error) == text


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (-1.633, 5, "−1.6330"),
        (0.030, 2, "0.030"),
        (9.999, 3, "10.0"),
        (1234.5, 3, "1230"),
        (6.53e-5, 3, "6.53·10⁻⁵"),
        (1e-10, 2, "1.0·10⁻¹⁰"),
        (0.0, 3, "0"),
        (math.nan, 3, "–"),
        (2.5e7, 2, "2.5·10⁷"),
        (5e-324, 1, "5·10⁻³²⁴"),
    ],
)
def test_a_number_keeps_its_zeros(value, digits, text):
    assert number(value, digits) == text


def test_what_was_chosen_is_written_as_it_is():
    assert [given(x) for x in (0.05, 30.0, 1e-10, -2.5e7)] == ["0.05", "30", "1·10⁻¹⁰", "−2.5·10⁷"]


def test_p_in_words():
    assert [p_text(p) for p in (0.03, 0.0009, 1.0, math.nan)] == ["p = 0.030", "p < 0.001", "p = 1.0", "p unknown"]


def read(text):
    """A printed value with its error, as numbers."""
    match = re.fullmatch(r"\(?(−?[\d.]+) ± ([\d.]+)\)?(?:·10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))?", text)
    value, error, power = match.groups()
    unit = 10.0 ** int((power or "0").translate(SUPERSCRIPTS))
    return float(value.replace("−", "-")) * unit, float(error) * unit, (value, error)


@draw(st.floats(-1e12, 1e12), st.floats(1e-12, 1e12))
def test_nothing_is_lost_in_print(value, error):
    """The error within 5 %, the value within a twentieth of the error, both with the same decimals; no e-notation."""
    assume(error > 1e-13 * abs(value))  # less is rounding alone, and printed as 0
    shown_value, shown_error, printed = read(plus_minus(value, error))
    assert abs(shown_error - error) <= 0.0501 * error
    assert abs(shown_value - value) <= 0.0501 * error + 1e-14 * abs(value)
    assert len(printed[0].partition(".")[2]) == len(printed[1].partition(".")[2])


@draw(st.floats(allow_nan=True, allow_infinity=True), st.integers(1, 8))
def test_numbers_are_read_back(value, digits):
    text = number(value, digits)
    assert "e" not in text
    if math.isfinite(value) and 1e-200 < abs(value) < 1e200:
        mantissa, _, power = text.replace("−", "-").partition("·10")
        shown = float(mantissa) * 10.0 ** int((power or "0").translate(SUPERSCRIPTS))
        assert abs(shown - value) <= 0.5001 * 10.0 ** (1 - digits) * abs(value) * (1 + 1e-9)
