"""What a word with a capital can be."""

import enum
from collections.abc import Mapping
from typing import Final


class Label(enum.Enum):
    """What a word is a part of; `NONE` of no name, and what is an organisation is told to nobody."""

    NONE = "none"
    PERSON = "person"
    PLACE = "place"
    ORGANISATION = "organisation"


RULES: Final[Mapping[Label, str]] = {Label.PERSON: "person-name", Label.PLACE: "place"}
"""What findings call those that are told."""
