"""Who cosigns the record: `[[witness]]`, and how many must: `witnesses` in `[ledger]`.

Rules of this file: a witness is known by its public keys, which its operator gave; its URL only says where it is asked.
No key stands for two witnesses, or one machine could make up the number. A checkpoint has room for the ledger's two
signatures and for two of each of seven witnesses.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from bartizan.app.address import HERE, AddressInvalid, Upstream, upstream
from bartizan.app.authority_files import authorities
from bartizan.app.forms import ServiceName, Text
from bartizan.app.target_settings import reaching
from bartizan.app.witness_plan import Witness as Wanted
from bartizan.config import ConfigurationUnreadable, read_octets
from bartizan.config_form import Fault
from bartizan.ledger.cosignature import MOST_WITNESSES, parse_witness
from bartizan.ledger.cosignature import Witness as Known
from bartizan.ledger.note import MOST_OCTETS, NoteMalformed


class Witness(msgspec.Struct, frozen=True):
    """Somebody who cosigns the record's checkpoints.

    Attributes:
        name: in the record and in `status`.
        url: what `/add-checkpoint` is appended to.
        keys: file of its public keys, as its operator gave it.
        allow_private: `host:port` of each loopback, private or link-local address it may be at.
        authorities: PEM file of who may certify its server; None takes the machine's.
    """

    name: ServiceName
    url: Text
    keys: Text
    allow_private: tuple[Text, ...] = ()
    authorities: Text | None = None

    @property
    def where(self) -> Upstream:
        """Its URL taken apart. Raises `AddressInvalid`."""
        return upstream(self.url, "")


def witnessing(witnesses: Sequence[Witness], quorum: int | None) -> Iterator[Fault]:
    """Yield what the sections say that no type can refuse."""
    if len(witnesses) > MOST_WITNESSES:
        yield Fault(
            ("witness", MOST_WITNESSES), f"is one too many: a checkpoint has room for {MOST_WITNESSES}"
        )
    names: dict[str, int] = {}
    for position, one in enumerate(witnesses):
        yield from reaching(("witness", position, "url"), one.url, "", one)
        first = names.setdefault(one.name, position)
        if first != position:
            yield Fault(
                ("witness", position, "name"), f"is the name of witness[{first}] already; choose another"
            )
    if quorum is not None and quorum > len(witnesses):
        yield Fault(("ledger", "witnesses"), f"is more than there are: {len(witnesses)} [[witness]]")


def known_witnesses(witnesses: Sequence[Witness], folder: Path) -> Iterator[Fault]:
    """Yield which files of keys cannot be used, and which keys stand for two witnesses.

    Args:
        witnesses: as configured.
        folder: of the configuration.
    """
    owners: dict[bytes, int] = {}
    for position, one in enumerate(witnesses):
        where = ("witness", position, "keys")
        try:
            found = keys(one, folder)
        except ConfigurationUnreadable as fault:
            yield Fault(where, f"leads to no file that can be read: {fault.why}")
            continue
        except NoteMalformed as fault:
            yield Fault(where, f"holds no keys of a witness: {fault.fault}; it has a `witness.pub` to give")
            continue
        taken = {owners.setdefault(key.key.raw, position) for key in found.keys} - {position}
        if taken:
            yield Fault(where, f"are those of witness[{min(taken)}] already; each witness has its own")


def keys(witness: Witness, folder: Path) -> Known:
    """Return what a witness is known by.

    Raises:
        ConfigurationUnreadable: its file cannot be read.
        NoteMalformed: it does not hold a witness's keys.
    """
    return parse_witness(read_octets(folder / witness.keys, MOST_OCTETS))


def weak_witnesses(witnesses: Sequence[Witness]) -> Iterator[str]:
    """Yield a sentence for each witness that whoever has this machine has as well, or whose refusals can be hidden."""
    for one in witnesses:
        try:
            where = one.where
        except AddressInvalid:
            continue
        if where.host in HERE:
            yield f"witness {one.name}: it runs on this machine, whose owner can rewrite what it remembers"
        elif not where.tls:
            yield f"witness {one.name}: not encrypted, so that who is between can hide that it refuses"


def witnessed_by(witnesses: Sequence[Witness], folder: Path) -> tuple[Wanted, ...]:
    """Return where checkpoints are submitted, files read.

    Raises:
        AuthoritiesMissing: a server could not be verified.
        ConfigurationUnreadable, NoteMalformed: its keys could not be read since they were checked.
    """
    return tuple(
        Wanted(
            name=one.name,
            host=one.where.host,
            port=one.where.port,
            tls=one.where.tls,
            path=one.where.path,
            keys=keys(one, folder).encode().decode(),
            allowed=one.allow_private,
            authorities=authorities(one.authorities, folder) if one.where.tls else "",
        )
        for one in witnesses
    )
