"""Looking at octets by one format alone, with a reader of members that knows nothing."""

from bartizan.supply.format import Format, Read
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.subject import ModelFile, Reason, Standing

NOTHING_KNOWN = ModelFile(
    "unknown",
    Standing.UNKNOWN,
    (Reason("format-unknown", "it is of no format that is known", Standing.UNKNOWN),),
)


def known_to_none(_: Octets, __: Budget) -> ModelFile:
    return NOTHING_KNOWN


NAMES = {
    "jinja": "chat_template.jinja",
    "markup": "page.html",
    "yaml": "config.yaml",
    "saved-model-fingerprint": "fingerprint.pb",
}
"""What files of formats are called that are known by their names."""


def seen(shape: Format, octets: bytes, budget: Budget | None = None) -> Read:
    whole = Octets(octets, NAMES.get(shape.name, "model"))
    assert shape.knows(whole)
    return shape.read(whole, budget or Budget(), known_to_none)


def words(read: Read) -> set[str]:
    return {reason.word for reason in read.reasons}


def is_inert(shape: Format, octets: bytes) -> bool:
    """Return whether octets are taken for a file of the format, and for an inert one."""
    return (
        shape.knows(Octets(octets, NAMES.get(shape.name, "model")))
        and seen(shape, octets).standing is Standing.INERT
    )
