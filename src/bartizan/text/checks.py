"""What must hold of a match besides its form: check digits, ranges, randomness.

Rules of this file: pure functions of the match's letters. Each says of one form alone whether it can be genuine.
"""

import math
import re
from base64 import b64decode
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final
from urllib.parse import unquote_plus

_RANDOM_BITS: Final = 3.0


def digits(text: str) -> str:
    """Return the digits of a text."""
    return "".join(letter for letter in text if "0" <= letter <= "9")


def luhn(text: str) -> bool:
    """Return whether the last digit checks the others (ISO/IEC 7812-1, annex B), and they are not all the same."""
    number = digits(text)
    total = 0
    for place, digit in enumerate(reversed(number)):
        doubled = int(digit) * (1 + place % 2)
        total += doubled - 9 if doubled > 9 else doubled  # noqa: PLR2004 - the sum of its digits
    return total % 10 == 0 and len({*number}) > 1


def card(text: str) -> bool:
    """Return whether a number can be a payment card's: issued by a network, of its length, and checked."""
    number = digits(text)
    return luhn(number) and any(
        len(number) in lengths and low <= int(number[: len(str(low))]) <= high
        for low, high, lengths in _NETWORKS
    )


_NETWORKS: Final = (
    (4, 4, (13, 16, 19)),  # Visa
    (51, 55, (16,)),  # Mastercard
    (2221, 2720, (16,)),
    (34, 34, (15,)),  # American Express
    (37, 37, (15,)),
    (300, 305, (14,)),  # Diners Club
    (36, 36, (14,)),
    (38, 39, (14, 16)),
    (6011, 6011, (16, 19)),  # Discover
    (644, 659, (16, 19)),
    (3528, 3589, (16, 19)),  # JCB
    (62, 62, (16, 17, 18, 19)),  # UnionPay
    (50, 50, (12, 13, 14, 15, 16, 17, 18, 19)),  # Maestro
    (56, 58, (12, 13, 14, 15, 16, 17, 18, 19)),
    (6304, 6304, (12, 13, 14, 15, 16, 17, 18, 19)),
)
"""Lowest and highest beginning, and lengths (ISO/IEC 7812-1; the networks' published ranges, 2026)."""


def iban(text: str) -> bool:
    """Return whether an account number is of its country's length and checks by 97 (ISO 13616-1)."""
    letters = "".join(text.split()).upper()
    if len(letters) != _IBAN.get(letters[:2]):
        return False
    return int("".join(str(int(letter, 36)) for letter in letters[4:] + letters[:4])) % 97 == 1


_IBAN: Final[Mapping[str, int]] = {
    country: length
    for length, countries in (
        (15, "NO"),
        (16, "BE"),
        (18, "DK FI FK FO GL NL SD"),
        (19, "MK SI"),
        (20, "AT BA EE KZ LT LU MN XK"),
        (21, "CH HR LI LV"),
        (22, "BG BH CR DE GB GE IE ME RS VA"),
        (23, "AE GI IL IQ OM SO TL"),
        (24, "AD CZ ES MD PK RO SA SE SK TN VG"),
        (25, "LY PT ST"),
        (26, "IS TR"),
        (27, "BI DJ FR GR IT MC MR SM"),
        (28, "AL AZ BY CY DO GT HU LB NI PL SV"),
        (29, "BR EG PS QA UA"),
        (30, "JO KW MU YE"),
        (31, "MT SC"),
        (32, "LC"),
        (33, "RU"),
    )
    for country in countries.split()
}
"""Length of an account number by country (SWIFT's IBAN registry, release 99, 2024-12)."""


def ssn(text: str) -> bool:
    """Return whether a number can be a United States social security number (SSA, POMS RM 10201.035)."""
    number = digits(text)
    area, group, serial = number[:3], number[3:5], number[5:]
    given = area not in {"000", "666"} and area < "900" and group != "00" and serial != "0000"
    return given and number not in {"078051120", "219099999", "123456789"} and len({*number}) > 1


def nhs(text: str) -> bool:
    """Return whether a number is one of the NHS in England: its tenth digit checks the others by 11."""
    number = digits(text)
    check = 11 - sum(int(digit) * (10 - place) for place, digit in enumerate(number[:9])) % 11
    return check != 10 and int(number[9]) == check % 11 and len({*number}) > 1  # noqa: PLR2004


def npi(text: str) -> bool:
    """Return whether a number is a United States provider's: Luhn over 80840 and it (45 CFR 162.406)."""
    return luhn(f"80840{digits(text)}")


def phone(text: str) -> bool:
    """Return whether a number has as many digits as a telephone's may (ITU-T E.164), and is no row of one digit and no date."""
    number = digits(text)
    if re.match(r"(?:19|20)\d{2}[-/. ]", text) or re.fullmatch(
        r"\d{1,2}([-/. ])\d{1,2}\1(?:19|20)\d{2}", text
    ):
        return False
    return 7 <= len(number) <= 15 and len({*number}) > 2  # noqa: PLR2004


def public_ip(text: str) -> bool:
    """Return whether an address is one that the Internet gives out: it leads to somebody."""
    try:
        found = IPv6Address(text) if ":" in text else IPv4Address(text)
    except AddressValueError:
        return False
    return found.is_global and not found.is_multicast


def date(text: str) -> bool:
    """Return whether the numbers of a date can be a day, a month and a year of somebody who lives or lived lately."""
    numbers = [int(part) for part in "".join(each if each.isdigit() else " " for each in text).split()]
    year = next((number for number in numbers if number > 31), 0)  # noqa: PLR2004
    rest = [number for number in numbers if number != year]
    return 1900 <= year <= 2035 and all(1 <= number <= 31 for number in rest) and any(n <= 12 for n in rest)  # noqa: PLR2004


def random_like(text: str) -> bool:
    """Return whether letters are as mixed as those of a key: at least 3 bits each (Shannon 1948), and no word repeated."""
    counts = Counter(text)
    bits = -sum(count / len(text) * math.log2(count / len(text)) for count in counts.values())
    return bits >= _RANDOM_BITS


def secret_value(text: str) -> bool:
    """Return whether what is assigned looks like a secret: letters and figures, mixed as in one, and not words or a name of where it is."""
    value = text.rpartition("=")[2].rpartition(":")[2].strip(" >\"'")
    kinds = (str.isupper, str.islower, str.isdigit)
    mixed = sum(any(kind(letter) for letter in value) for kind in kinds) + any(
        not each.isalnum() for each in value
    )
    return (
        any(letter.isdigit() for letter in value)
        and mixed > 1
        and random_like(value)
        and "." not in value[1:-1]
    )


def prose(text: str) -> bool:
    """Return whether an element of HTML holds a sentence: six words of letters, most of them in small ones."""
    words = re.findall(r"[A-Za-z]{2,}", text.rpartition(">")[2])
    return len(words) >= _SENTENCE and sum(map(str.islower, words)) * 2 > len(words)


def carries(text: str) -> bool:
    """Return whether the address at the end of a match takes a text along: in words, or as `carries_encoded` says."""
    query = text.partition("?")[2].partition("#")[0]
    return any(_said(unquote_plus(value)) for value in _values(query)) or carries_encoded(text)


def carries_encoded(text: str) -> bool:
    """Return whether the address at the end of a match has a place for a text, or a part that is one in base64 or hexadecimal."""
    address = text[text.rfind("://") + 3 :]
    path, _, query = address.partition("?")
    parts = (*path.split("/")[1:], *_values(query), address.partition("#")[2])
    return bool(_PLACE.search(address)) or any(map(_encoded, map(unquote_plus, parts)))


def _values(query: str) -> Iterator[str]:
    for pair in re.split("[&;]", query):
        yield pair.partition("=")[2]


def _said(value: str) -> bool:
    return sum(bool(_LETTERS.search(word)) for word in value.split()) >= _WORDS


def _encoded(part: str) -> bool:
    letters = part.rstrip("=").replace("-", "+").replace("_", "/")
    if not _LEAST_ENCODED <= len(letters) <= _MOST_ENCODED:
        return False
    try:
        octets = (
            bytes.fromhex(letters)
            if _HEX.fullmatch(letters)
            else b64decode(letters + "=" * (-len(letters) % 4), validate=True)
        )
        said = octets.decode()
    except ValueError:
        return False
    return said.isprintable() and len(re.findall("[A-Za-z]", said)) * 2 > len(said)


_SENTENCE: Final = 6
_WORDS: Final = 4
_LETTERS: Final = re.compile("[A-Za-z]{2}")
_LEAST_ENCODED, _MOST_ENCODED = 16, 1_024
_HEX: Final = re.compile("(?:[0-9a-fA-F]{2})+")
_PLACE: Final = re.compile(
    r"\{[A-Za-z_ .]{3,60}\}|\[[A-Z][A-Za-z_ ]{3,60}\]|<[A-Za-z_ ]{3,60}>|%7[Bb][A-Za-z_]{3,60}%7[Dd]"
)
CHECKS: Final[Mapping[str, Callable[[str], bool]]] = {
    check.__name__: check
    for check in (
        luhn,
        card,
        iban,
        ssn,
        nhs,
        npi,
        phone,
        public_ip,
        date,
        random_like,
        secret_value,
        prose,
        carries,
        carries_encoded,
    )
}
"""What a rule may name."""
