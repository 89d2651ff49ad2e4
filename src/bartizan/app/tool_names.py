"""How the record calls tools: by a tag of the caller's own, so that nobody but who knows the caller reads the name."""

from collections.abc import Iterable, Sequence

from bartizan.identity.principal import Principal
from bartizan.ledger.content import ContentTags, tool_tagged


def tool_tags(
    people: Iterable[Principal], principals: Iterable[str], names: Sequence[str]
) -> dict[str, dict[str, str]]:
    """Return pseudonym -> tag -> name: how the record calls tools that these principals may have called.

    Args:
        people: everybody who is known.
        principals: by pseudonym; one that nobody has is left out.
        names: of tools.
    """
    keys = {person.pseudonym: person.content_key for person in people}
    found: dict[str, dict[str, str]] = {}
    for pseudonym in principals:
        if key := keys.get(pseudonym):
            tags = ContentTags(key)
            found[pseudonym] = {tags.of(tool_tagged(name)): name for name in names}
    return found
