"""Where a model of LiteLLM is at several places, or falls back on another: targets of one service.

Rules of this file: a target gets any request of its service, so it must have every model of it. Where that is so it
becomes a target; where not, the service stays as it is, and what the document says is said again with the reason.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec
from msgspec.structs import replace

from bartizan.app.litellm.document import Value
from bartizan.app.litellm.draft import Draft, Found, Spare, Verdict

ANY: Final = "*"
"""Stands for every model that has no fallback of its own."""
DEFAULT: Final = "default_fallbacks"
"""Setting whose names are those of any model."""
_NEXT: Final = "asked where a service cannot be reached or answers 429 or 503, and after nothing else"


class Fallback(msgspec.Struct, frozen=True):
    """What one line says: `first`, perhaps `ANY`, falls back on `others`, in this order."""

    key: str
    line: int
    first: str
    others: tuple[str, ...]


def fallbacks_of(key: str, setting: Value) -> Iterator[Fallback]:
    """Yield what a list of fallbacks says, plain names those of any model; what has another form is left out."""
    if _names(setting):
        yield Fallback(key, setting.line, ANY, _names(setting))
    for pair in setting.items:
        for first, others in pair.table.items():
            if _names(others):
                yield Fallback(key, pair.line, first, _names(others))


def _names(value: Value) -> tuple[str, ...]:
    """Return the names that a list holds; none where it holds anything else."""
    names = tuple(item.text for item in value.items if item.text)
    return names if len(names) == len(value.items) else ()


def join(found: Found) -> None:
    """Make services that have the same models under the same protocol one, with a target for each place.

    LiteLLM spreads the requests for a model over all its deployments; the weights say how many each has.
    """
    by: dict[tuple[str, frozenset[str]], Draft] = {}
    for draft in found.services:
        named = draft.named
        if not named or named.keys() != {model.alias for model in draft.models}:
            continue
        first = by.setdefault((draft.protocol, frozenset(named)), draft)
        if first is not draft:
            draft.home = first.name
            first.targets.append(Spare(draft.name, draft, named, 1))


def fall_back(found: Found, said: list[Fallback]) -> None:
    """Give services standby targets for what their models fall back on, where all of their models do."""
    said = [*_of_each(found, said)]
    wanted = {one.first: one for one in reversed(said)}
    done: dict[Fallback, str] = {}
    for draft in found.services:
        mine = [wanted[alias] for alias in draft.named if alias in wanted]
        if draft.home or not mine:
            continue
        if len(mine) < len({model.alias for model in draft.models}):
            why = f"service {draft.name} has models that do not fall back so; such a service cannot have a target for it"
            done.update(dict.fromkeys(mine, why))
        else:
            _stand_by(found, draft, mine, done)
    for one in said:
        if one not in done or wanted[one.first] is not one:
            _left(found, one, "no model of that name was taken over, or what it falls back on is said above")
        elif done[one]:
            _left(found, one, done[one])


def _of_each(found: Found, said: list[Fallback]) -> Iterator[Fallback]:
    """Yield what is said of models by name, then for each of the others what is said of any: the last such line counts.

    Source: `get_fallback_model_group` of LiteLLM's router, to whose list the default is the last.
    """
    own = [one for one in said if one.first != ANY]
    yield from own
    of_any = sorted((one for one in said if one.first == ANY), key=lambda one: one.key.endswith(DEFAULT))
    others = {alias for draft in found.services for alias in draft.named} - {one.first for one in own}
    each = [
        replace(one, first=alias, others=tuple(other for other in one.others if other != alias))
        for one in of_any[-1:]
        for alias in sorted(others)
        if {*one.others} - {alias}
    ]
    yield from each
    yield from of_any[: len(of_any) - bool(each)]  # what came to nothing, to be said so


def _stand_by(found: Found, draft: Draft, mine: list[Fallback], done: dict[Fallback, str]) -> None:
    """Add targets for the fallbacks of one service, as long as all its models fall back on one place."""
    for at in range(max(len(one.others) for one in mine)):
        spare = _level(found, draft, {one.first: one.others[at] for one in mine if at < len(one.others)})
        if spare is None:
            break
        draft.targets.append(spare)
        for one in mine:
            done[one] = ""
            asked = f"{one.others[at]} is target {spare.name} of service {draft.name}, {_NEXT}"
            found.note(one.line, one.key, Verdict.CHANGED, asked)
    missing = "not all that its service falls back on then is at one place that speaks the same protocol"
    for one in mine:
        got = len([target for target in draft.targets if not target.weight])
        if got < len(one.others):
            done[one] = f"{', '.join(one.others[got:])}: {missing}"


def _level(found: Found, draft: Draft, asked: Mapping[str, str]) -> Spare | None:
    """Return the standby target for what each model falls back on, or None: there is no such place for all."""
    taken = {"main", *(target.name for target in draft.targets)}
    for place in found.services:
        known = place.named
        fits = place.protocol == draft.protocol and asked.keys() == draft.named.keys()
        if fits and all(other in known for other in asked.values()):
            names = (f"{place.name}-spare", *(f"{place.name}-spare-{number}" for number in range(2, 64)))
            name = next((name for name in names if name not in taken), None)
            models = {alias: known[other] for alias, other in asked.items()}
            return None if name is None else Spare(name, place, models, 0)
    return None


def _left(found: Found, one: Fallback, why: str) -> None:
    found.note(one.line, one.key, Verdict.LEFT, f"{why}; let the client try the other service")
    found.remarks.append(f"{one.key}, line {one.line}: {one.first} -> {', '.join(one.others)}")
