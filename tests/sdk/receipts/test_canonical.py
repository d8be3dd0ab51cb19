"""Canonical JSON is what RFC 8785 says, and a text with two readings is refused."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.errors import InputError
from rapport.receipts import canonical, parse

# RFC 8785, section 3.2.2: a text, and in 3.2.4 the bytes of its canonical form.
SAMPLE = r"""
{
  "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
  "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
  "literals": [null, true, false]
}
"""
SAMPLE_BYTES = bytes.fromhex(
    "7b226c69746572616c73223a5b6e756c6c2c747275652c66616c73655d2c226e756d62657273223a"
    "5b3333333333333333332e333333333333332c31652b33302c342e352c302e3030322c31652d3237"
    "5d2c22737472696e67223a22e282ac245c75303030665c6e4127425c225c5c5c5c5c222f227d"
)
# RFC 8785, section 3.2.3: names in the order of their UTF-16 units.
SORTED = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
# RFC 8785, appendix B: the bits of a double, and its only spelling.
NUMBERS = {
    "0000000000000000": "0",
    "8000000000000000": "0",
    "0000000000000001": "5e-324",
    "8000000000000001": "-5e-324",
    "7fefffffffffffff": "1.7976931348623157e+308",
    "ffefffffffffffff": "-1.7976931348623157e+308",
    "4340000000000000": "9007199254740992",
    "c340000000000000": "-9007199254740992",
    "4430000000000000": "295147905179352830000",
    "44b52d02c7e14af5": "9.999999999999997e+22",
    "44b52d02c7e14af6": "1e+23",
    "44b52d02c7e14af7": "1.0000000000000001e+23",
    "444b1ae4d6e2ef4e": "999999999999999700000",
    "444b1ae4d6e2ef4f": "999999999999999900000",
    "444b1ae4d6e2ef50": "1e+21",
    "3eb0c6f7a0b5ed8c": "9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d": "0.000001",
    "41b3de4355555553": "333333333.3333332",
    "41b3de4355555554": "333333333.33333325",
    "41b3de4355555555": "333333333.3333333",
    "41b3de4355555556": "333333333.3333334",
    "41b3de4355555557": "333333333.33333343",
    "becbf647612f3696": "-0.0000033333333333333333",
    "43143ff3c1cb0959": "1424953923781206.2",
}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(1 - 2**53, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


def test_the_sample_of_the_rfc_has_the_bytes_of_the_rfc() -> None:
    assert canonical(parse(SAMPLE)) == SAMPLE_BYTES


def test_names_are_sorted_as_in_the_rfc() -> None:
    document = dict.fromkeys(reversed(SORTED), 0)

    assert list(parse(canonical(document))) == SORTED


@pytest.mark.parametrize(("bits", "text"), NUMBERS.items())
def test_a_number_is_spelled_as_in_the_rfc(bits: str, text: str) -> None:
    (number,) = struct.unpack(">d", bytes.fromhex(bits))

    assert canonical(number).decode() == text


@given(json_values)
def test_what_is_read_back_is_the_same_and_canonical_again(value: Any) -> None:
    try:
        text = canonical(value)
    except InputError:  # half a character
        return
    assert parse(text) == value
    assert canonical(parse(text)) == text


def test_brackets_within_texts_do_not_nest() -> None:
    assert parse(r'{"a": "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"[[", "b": [[]]}')["b"] == [[]]


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (float("nan"), "not representable"),
        (float("inf"), "not representable"),
        (2**53, "exceeds safe integer"),
        ("\ud800", "non-UTF-8"),
        ({"\ud800": 1}, "surrogate"),
        ({1: "one"}, "string"),
        ({"a": b"bytes"}, "bytes"),
    ],
)
def test_what_is_no_json_is_refused(value: object, why: str) -> None:
    with pytest.raises(InputError, match=why):
        canonical(value)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"a": 1, "b": 2, "a": 1}', "'a' twice"),
        ('{"a": [{"b": 1, "b": 2}]}', "'b' twice"),
        ('{"a": NaN}', "NaN"),
        ('{"a": -Infinity}', "-Infinity"),
        ('{"a": 1e999}', "not representable"),
        ('{"a": "\\ud800"}', "non-UTF-8"),
        (b'{"a": "\xff"}', "no UTF-8 at byte 7"),
        ('{"a": }', "line 1, column 7"),
        ("", "no JSON"),
        (f'{{"a": {"9" * 5000}}}', "no JSON"),
        ("[" * 200_000, "nested deeper than 32"),
        (f'{{"]": {"[" * 40}{"]" * 40}}}', "nested deeper than 32"),
        (f'{{"\\\\": {"[" * 40}', "nested deeper than 32"),
    ],
)
def test_a_text_with_no_single_reading_is_refused(text: str | bytes, why: str) -> None:
    with pytest.raises(InputError, match=why):
        parse(text)
