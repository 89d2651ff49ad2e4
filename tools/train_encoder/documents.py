"""Documents as tools give them and people keep them, put together from phrases of our own and sentences of others.

Rules of this file: pure; chance is given.
"""

import csv
import html
import io
import json
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from tools.train_encoder.phrases import Chance

Record = dict[str, object]


class Writer(NamedTuple):
    """Writes documents.

    Attributes:
        drawn: its chance.
        prose: sentences of others.
        whole: texts of others.
        held: whether only what is held out may be used.
        known: what the document at hand has spoken of.
        by_hand: documents that were written by hand.
        kinds: of documents, each as often as it stands there.
    """

    drawn: random.Random
    prose: Sequence[str]
    whole: Sequence[str]
    held: bool
    known: dict[str, str]
    by_hand: Sequence[str]
    kinds: Sequence[str]

    def document(self) -> tuple[str, str]:
        """Return a document and its kind."""
        self.known.clear()
        kind = self.drawn.choice(self.kinds)
        return _WRITERS[kind](self), kind

    def body(self, kind: str, most: int = 6) -> str:
        """Return sentences of a kind, perhaps among others."""
        drawn = self.drawn
        if drawn.random() < _FOREIGN:
            kind = "foreign"
        others = drawn.random() < _WITH_PROSE
        said = [self.say(kind, _BESIDE_PROSE if others else 1) for _ in range(drawn.randint(1, most))]
        if others:
            said.insert(drawn.choice((0, len(said))), self.run(drawn.randint(1, 5)))
        return drawn.choice((" ", " ", "\n", "\n\n")).join(said)

    def run(self, count: int) -> str:
        """Return sentences of others that follow one another."""
        at = self.drawn.randrange(max(len(self.prose) - count, 1))
        return " ".join(self.prose[at : at + count])

    def say(self, name: str, share: float = 1) -> str:
        """Return a phrase of a list, or what somebody is asked for."""
        if name in _ASKING and self.by(_ASKING[name] * share * (_USUAL if self.held else 1)):
            return self._chance().asked(short=name in _SHORT)
        return self._chance().of(name)

    def fill(self, text: str) -> str:
        """Return a phrase with its slots filled."""
        return self._chance().filled(text)

    def _chance(self) -> Chance:
        return Chance(self.drawn, self.known, self.held)

    def by(self, share: float) -> bool:
        """Return true so often."""
        return self.drawn.random() < share

    def number(self) -> int:
        """Return a number of some size."""
        return self.drawn.randrange(10 ** self.drawn.randint(1, 5))


_FOREIGN: Final = 0.05
"""Share of bodies in other languages."""
_WITH_PROSE, _BESIDE_PROSE = 0.35, 0.3
"""Share of bodies with sentences of others in them, and how much is asked for beside those, of what is elsewhere."""
_SHORT: Final = frozenset({"chat", "note", "ticket"})
_ASKING: Final = {"mail": 0.35, "chat": 0.45, "note": 0.4, "ticket": 0.4, "page": 0.1, "review": 0.05}
"""Share of the phrases of a list in whose place somebody is asked for something."""
_USUAL: Final = 0.4
"""How much of that there is in documents that are held out: they are to be usual ones, and those that are learned from hard."""


def _mail(of: Writer) -> Record:
    return {
        "id_": str(of.number()),
        "sender": of.fill("{address}"),
        "recipients": [of.fill("{address}")],
        "subject": of.say("subject"),
        "body": of.body("mail"),
        "timestamp": of.fill("{date} {time}"),
        "read": of.by(0.5),
    }


def _transaction(of: Writer) -> Record:
    return {
        "id": of.number(),
        "sender": of.fill("{iban}"),
        "recipient": of.fill("{iban}"),
        "amount": of.number() / 10,
        "subject": of.say("subject") if of.by(0.7) else of.body("note", 2),
        "date": of.fill("{date}"),
        "recurring": of.by(0.3),
    }


def _event(of: Writer) -> Record:
    return {
        "title": of.say("subject"),
        "description": of.body(of.drawn.choice(("mail", "note", "page")), 3),
        "start_time": of.fill("{date} {time}"),
        "location": of.fill(of.drawn.choice(("{city}", "{restaurant}", "Room {number}"))),
        "participants": [of.fill("{address}"), of.fill("{address}")],
        "status": "confirmed",
    }


def _review(of: Writer) -> Record:
    return {
        "name": of.fill(of.drawn.choice(("{hotel}", "{restaurant}", "{product}"))),
        "rating": of.drawn.randint(10, 50) / 10,
        "reviews": [of.body("review", 4) for _ in range(of.drawn.randint(1, 4))],
        "address": of.fill("{number} Main Street, {city}"),
    }


def _ticket(of: Writer) -> Record:
    return {
        "number": of.number(),
        "title": of.say("subject"),
        "state": of.drawn.choice(("open", "closed", "waiting")),
        "assignee": of.fill("{user}"),
        "body": of.body("ticket"),
        "comments": [of.body("ticket", 3)],
    }


def _file(of: Writer) -> Record:
    kind = of.drawn.choice(("note", "mail", "page", "ticket"))
    return {
        "filename": of.fill("{file}"),
        "owner": of.fill("{address}"),
        "size": of.number(),
        "content": of.body(kind, 8),
        "last_modified": of.fill("{date}"),
        "shared_with": {of.fill("{address}"): "r"},
    }


def _message(of: Writer) -> Record:
    return {
        "channel": of.fill("{chat}"),
        "sender": of.fill("{first}"),
        "body": of.body("chat", 3),
        "ts": of.fill("{time}"),
    }


def _result(of: Writer) -> Record:
    return {
        "title": of.say("subject"),
        "url": of.fill("{url}"),
        "snippet": of.body("page", 3),
        "rank": of.number(),
    }


def _reading(of: Writer) -> Record:
    return {
        "sensor": of.fill("{device}"),
        "value": of.number() / 10,
        "unit": "C",
        "at": of.fill("{date}T{time}"),
        "status": of.drawn.choice(("ok", "low battery", "unlocked")),
    }


def _product(of: Writer) -> Record:
    return {
        "sku": f"{of.number()}",
        "title": of.fill("{product}"),
        "price": of.fill("{amount}"),
        "description": of.body("page", 3),
        "reviews": [of.body("review", 3)],
    }


_RECORDS: Final[Sequence[Callable[[Writer], Record]]] = (
    _mail,
    _mail,
    _transaction,
    _event,
    _review,
    _ticket,
    _file,
    _message,
    _result,
    _reading,
    _product,
)


def _structured(of: Writer) -> str:
    make = of.drawn.choice(_RECORDS)
    records = [make(of) for _ in range(of.drawn.randint(1, 5))]
    layouts = _LAYOUTS_HELD if of.held else _LAYOUTS
    return of.drawn.choice(layouts)(records)


def _json(records: Sequence[Record]) -> str:
    return json.dumps(records, indent=2, ensure_ascii=False)


def _compact(records: Sequence[Record]) -> str:
    return json.dumps({"status": "ok", "results": records}, ensure_ascii=False)


def _single(records: Sequence[Record]) -> str:
    return json.dumps(records[0], ensure_ascii=False)


def _python(records: Sequence[Record]) -> str:
    return "\n".join(map(repr, records))


def _yaml(records: Sequence[Record]) -> str:
    return "\n".join(_entry(record) for record in records)


def _entry(record: Mapping[str, object]) -> str:
    lines = []
    for name, value in record.items():
        if isinstance(value, list):
            lines += [f"{name}:", *(f"- {each}" for each in value)]
        else:
            lines.append(f"{name}: {value}")
    return "- " + "\n  ".join("\n".join(lines).split("\n"))


def _table(records: Sequence[Record]) -> str:
    rows = [" | ".join(_flat(value) for value in record.values()) for record in records]
    heads = " | ".join(records[0])
    return "\n".join(f"| {row} |" for row in (heads, " | ".join("---" for _ in records[0]), *rows))


def _csv(records: Sequence[Record]) -> str:
    out = io.StringIO()
    written = csv.writer(out)
    written.writerow(records[0])
    written.writerows([[_flat(value) for value in record.values()] for record in records])
    return out.getvalue()


def _flat(value: object) -> str:
    return str(value).replace("\n", " ")


def _xml(records: Sequence[Record]) -> str:
    parts = [
        "".join(f"  <{name}>{html.escape(str(value))}</{name}>\n" for name, value in each.items())
        for each in records
    ]
    return "<items>\n" + "".join(f" <item>\n{part} </item>\n" for part in parts) + "</items>"


def _plain(records: Sequence[Record]) -> str:
    return "\n\n".join(
        "\n".join(f"{name.replace('_', ' ').title()}: {_flat(value)}" for name, value in each.items())
        for each in records
    )


_LAYOUTS: Final[Sequence[Callable[[Sequence[Record]], str]]] = (
    _json,
    _compact,
    _single,
    _python,
    _yaml,
    _yaml,
    _table,
    _csv,
    _plain,
)
_LAYOUTS_HELD: Final = (*_LAYOUTS, _xml, _xml)


def _letter(of: Writer) -> str:
    head = of.fill("From: {first} {last} <{address}>\nTo: {address}\nDate: {date}\nSubject: ") + of.say(
        "subject"
    )
    return head + "\n\n" + "\n\n".join(of.body("mail") for _ in range(of.drawn.randint(1, 3)))


def _talk(of: Writer) -> str:
    style = of.drawn.choice(("[{time}] {first}: ", "{first} ({time}): ", "<{user}> ", "{first}\n"))
    return "\n".join(
        of.fill(style) + of.body("chat", 2).replace("\n", " ") for _ in range(of.drawn.randint(3, 14))
    )


def _notes(of: Writer) -> str:
    mark = of.drawn.choice(("", "- ", "* ", "[ ] "))
    head = of.drawn.choice(("", "", "TODO\n", "Notes\n\n", "# To do\n", "Shopping and errands\n"))
    return head + "\n".join(mark + of.say("note") for _ in range(of.drawn.randint(3, 14)))


def _web(of: Writer) -> str:
    parts = []
    for _ in range(of.drawn.randint(1, 5)):
        parts.append(of.fill(of.drawn.choice(("## {topic}", "# {company}", "### {product}", ""))))
        parts.append(of.body("page"))
    if of.by(0.3):
        return (
            "<html><body>"
            + "".join(f"<p>{html.escape(part)}</p>\n" for part in parts if part)
            + "</body></html>"
        )
    return "\n\n".join(parts).strip()


def _text(of: Writer) -> str:
    text = of.drawn.choice(of.whole)
    size = of.drawn.randint(400, 6000)
    at = of.drawn.randrange(max(len(text) - size, 0) + 1)
    return text[at : at + size]


def _answer(of: Writer) -> str:
    return " ".join(of.run(of.drawn.randint(1, 5)) for _ in range(of.drawn.randint(1, 3)))


def _by_hand(of: Writer) -> str:
    return of.drawn.choice(of.by_hand)


def _recorded(of: Writer) -> str:
    """Return a document that was written by hand as a tool gives it, in a record or a few."""
    records = list[Record]()
    for _ in range(of.drawn.randint(1, 3)):
        record = of.drawn.choice(_RECORDS)(of)
        place = of.drawn.choice([name for name in _LONG if name in record] or ["text"])
        records.append({**record, place: of.drawn.choice(of.by_hand)})
    return of.drawn.choice(_LAYOUTS_HELD if of.held else _LAYOUTS)(records)


_LONG: Final = ("body", "content", "description", "snippet")
"""Members of a record that hold a text."""
_WRITERS: Final[Mapping[str, Callable[[Writer], str]]] = {
    "structured": _structured,
    "mail": _letter,
    "chat": _talk,
    "notes": _notes,
    "web page": _web,
    "text of others": _text,
    "sentences of others": _answer,
    "by hand": _by_hand,
    "by hand, recorded": _recorded,
}
USUAL: Final = (
    *("by hand",) * 6,
    *("by hand, recorded",) * 5,
    *("text of others",) * 5,
    "sentences of others",
)
"""Kinds of documents as the world has them."""
EVERY: Final = (*USUAL, *("structured",) * 4, "mail", "mail", "chat", "notes", "web page", "web page")
"""Those, and such as are put together from random sentences, in which nothing belongs to anything: the hardest."""
