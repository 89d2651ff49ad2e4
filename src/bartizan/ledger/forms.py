"""The forms that a field of an event's detail may have, and how a value is tested for one.

Rules of this file: no form takes free text, so no event can carry a string that a client supplied.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import cast

import msgspec

NAME = re.compile(r"[a-z][a-z0-9._-]{0,62}")
"""A name out of configuration or code: services, clients, controls, attacks, reasons."""


class OneOf(msgspec.Struct, frozen=True):
    """One word of a closed set."""

    words: frozenset[str]


class Whole(msgspec.Struct, frozen=True):
    """A whole number from 0; scaled where it measures (`micros`, `millitokens`), never a float."""

    most: int = 2**53 - 1


class Name(msgspec.Struct, frozen=True):
    """A name from configuration or code (`NAME`)."""


class Hex(msgspec.Struct, frozen=True):
    """Lower-case hexadecimal of a fixed number of bytes: a digest, a content tag, a random id."""

    octets: int


Form = OneOf | Whole | Name | Hex


def one_of(*words: str) -> OneOf:
    """Return the form of a closed set of words."""
    return OneOf(frozenset(words))


Check = Callable[[object], object]
"""Truthy for a value of the form; may raise TypeError for a value of another type."""


def check(form: Form) -> Check:
    """Return the test of a form, made ready: events are checked on the hot path."""
    match form:
        case OneOf(words):
            return words.__contains__
        case Whole(most):
            return lambda value: type(value) is int and 0 <= value <= most
        case Name():
            return is_name
        case Hex(octets):
            return cast("Check", re.compile(rf"[0-9a-f]{{{2 * octets}}}").fullmatch)


@lru_cache(maxsize=4096)
def is_name(value: str) -> bool:
    """Return whether a value is a `NAME`; names recur, so answers are kept.

    Raises:
        TypeError: a value that is no string.
    """
    return NAME.fullmatch(value) is not None


def fits(form: Form, value: object) -> bool:
    """Return whether a value has this form."""
    try:
        return bool(check(form)(value))
    except TypeError:
        return False
