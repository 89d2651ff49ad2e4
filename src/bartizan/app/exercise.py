"""The drill against the platform of a state folder: what its attacks need, wired to what is running.

Rules of this file: attacks reach the platform through its front door like anybody; tokens, record and process
ids come from the owner's side, for the drill alone. Without being told otherwise every attack ends at the
built-in sample.
"""

import contextlib
import os
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from bartizan.app import platform, supervisor
from bartizan.app.address import listen_address
from bartizan.app.catalogue import OF_GUARD, catalogue
from bartizan.app.folder import Folder
from bartizan.app.owner import Owner, PlatformSilent
from bartizan.app.running import status
from bartizan.app.scenery import Scenery, available, files
from bartizan.app.settings import read
from bartizan.app.status import Status
from bartizan.clock import MINUTE, Nanoseconds, SystemClock
from bartizan.config import NAME
from bartizan.drill.attack import Attack, Stage
from bartizan.drill.door import Door
from bartizan.drill.run import Note, Ports, choose, run
from bartizan.drill.target import GATEWAY, MOST_ENTRIES, Platform, Process, Said, Target
from bartizan.drill.twin import PREFIX, Twins
from bartizan.drill.verdict import Result, Tried
from bartizan.ledger.entry import Entry
from bartizan.ledger.query import Query, query, size

SAMPLE: Final = "sample"
"""Name of the service at which attacks end unless another one is named."""
_ANYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - a name for it, nothing is bound here
"""Addresses that mean all of this machine's -> where to connect."""
_ENFORCED: Final = frozenset({"standard", "strict"})
OF_TLS: Final = frozenset({"gateway.tls-strong", "data.transit-quantum-safe"})
"""Promises that nobody makes where the gateway speaks no TLS."""
_LEFT: Final = Nanoseconds(5 * MINUTE)
"""Age from which on a twin without a platform belongs to no drill that still runs."""
_LONGEST_COMMAND_S: Final = 25
Progress = Callable[[str], None]
"""Shows a line over the last one; nothing wipes it."""


class PartMissing(LookupError):
    """An attack was asked for by name on what this installation does not have."""

    def __init__(self, attack: Attack) -> None:
        """Name the attack and what it lacks."""
        super().__init__(
            f"{attack.name} attacks what needs the Python module {attack.needs}, which is not installed here"
        )


class TargetUnknown(LookupError):
    """No service of that name or URL is configured."""

    def __init__(self, known: Collection[str]) -> None:
        """Say what is known."""
        super().__init__(f"--target names no configured service; known are {', '.join(sorted(known))}")


def exercise(
    folder: Folder, names: Collection[str] = (), *, target: str = SAMPLE, progress: Progress = lambda _: None
) -> Result:
    """Attack the platform of a state folder and return what held, once it is on record.

    Args:
        folder: the state folder.
        names: attacks or control ids; none means all that make sense on the target.
        target: name of the service behind the front door.
        progress: shows how far it is.
    Raises:
        PlatformSilent: none runs.
        TargetUnknown: the platform has no such service.
        AttackUnknown: a name that fits nothing.
        PartMissing: a name of an attack on what is not installed.
    """
    known = catalogue()
    found = status(folder)
    claimed = known.enforced - _unclaimed(found)
    stages = (
        Stage.FRONT,
        Stage.TWIN,
        Stage.WRECK,
        Stage.SCENE,
        Stage.FILES,
        *((Stage.SAMPLE,) if target == SAMPLE else ()),
    )
    chosen = choose(known.attacks, names, stages)
    attacks = tuple(attack for attack in chosen if available(attack.needs))
    for attack in {*chosen} - {*attacks}:
        if attack.name in names:
            raise PartMissing(attack)
    if found is not None and not found.tls:  # a twin with TLS would prove nothing of this platform
        attacks = tuple(attack for attack in attacks if attack.control != "data.transit-quantum-safe")
    done: list[Tried] = []

    def tried(attempt: Tried) -> None:
        done.append(attempt)
        progress(f"drill        {len(done)} of {len(attacks)} attacks: {attempt.attack.title}")

    _sweep(Path(tempfile.gettempdir()), SystemClock().now())
    with (
        Twins(partial(_twin, _inherited(folder), files())) as twins,
        Scenery(twins.get) as scenery,
        ThreadPoolExecutor(1) as ahead,
    ):
        if any(attack.stage is Stage.SCENE for attack in attacks):
            ahead.submit(scenery.get)  # whoever asks for it gets what it raised
        aim = Target(connect(folder, target), twins.get, time.sleep, scenery.get, _command)
        ports = Ports(_recorder(folder), claimed, tuple(known.promises), SystemClock(), tried, twins.renew)
        result = run(attacks, aim, ports)
    progress("")
    return result


def _command(words: tuple[str, ...], folder: Path) -> Said:
    """Run a command of the product in a folder, in a process of its own as anybody would."""
    ran = subprocess.run(  # noqa: S603 - words of ours
        (*supervisor.LAUNCH, "bartizan", *words),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_LONGEST_COMMAND_S,
        check=False,
    )
    return Said(ran.returncode, ran.stdout)


def _unclaimed(found: Status | None) -> frozenset[str]:
    """Return the promises that a platform as it is configured does not make."""
    if found is None:
        return frozenset()
    return (frozenset() if found.tls else OF_TLS) | (frozenset() if found.guard in _ENFORCED else OF_GUARD)


def _sweep(place: Path, now: Nanoseconds) -> None:
    """Delete the twins, throw-away keys and all, that a drill left behind which was killed."""
    for twin in place.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            found = twin.lstat()
            ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
            if ours and now - found.st_mtime_ns > _LEFT and Folder(twin / "state").holder() is None:
                shutil.rmtree(twin, ignore_errors=True)


def connect(folder: Folder, service: str) -> Platform:
    """Return the running platform of a state folder, as attacks may use it.

    Raises:
        PlatformSilent: none runs.
        TargetUnknown: it has no such service.
    """
    found = status(folder)
    if found is None:
        raise PlatformSilent(folder)
    if service not in found.services:
        raise TargetUnknown(found.services)
    address, owner = listen_address(found.listen), Owner(folder)
    authority = folder.authority.read_bytes() if found.tls else b""
    return Platform(
        door=Door(_ANYWHERE.get(address.host, address.host), address.port, authority, service),
        ledger=folder.ledger,
        token=lambda principal, audience, seconds: owner.token(principal, audience, seconds).access_token,
        bound=lambda principal, key: owner.token(principal, GATEWAY, 60, key).access_token,
        admit=lambda key: _admit(owner, key),
        size=lambda: size(folder.ledger),
        entries=lambda first: _entries(folder.ledger, first),
        processes=lambda: _processes(folder),
        secret_sha256=owner.sample_sha256,
        link=lambda name, roles: _link(owner, name, roles),
        client=lambda name, roles, redirect: _client(owner, name, roles, redirect),
        revoke=lambda what: _revoke(owner, what),
        run=lambda schedule: owner.run(schedule).runs,
        applied=lambda files: _apply(owner, files),
    )


def _link(owner: Owner, name: str, roles: tuple[str, ...]) -> str:
    principal = f"user.{name}"
    if principal not in {each.id for each in owner.people()}:
        owner.register(name, "user", roles)
    return owner.sign_in_link(principal).url


def _admit(owner: Owner, key: str) -> None:
    owner.admit(key, "", "", hardware=False)


def _client(owner: Owner, name: str, roles: tuple[str, ...], redirect: str) -> tuple[str, str]:
    made = owner.register(name, "workload", roles, redirects=(redirect,) if redirect else ())
    return made.client_id, made.client_secret


def _revoke(owner: Owner, what: str) -> None:
    if what.startswith("t-"):
        owner.revoke_token(what)
    else:
        owner.revoke(what)


def _apply(owner: Owner, files: Mapping[str, str]) -> None:
    owner.apply_policies(files, configured=not files)


def _entries(ledger: Path, first: int) -> tuple[Entry, ...]:
    return query(ledger, Query(first=first, limit=MOST_ENTRIES))


def _processes(folder: Folder) -> tuple[Process, ...]:
    found = status(folder)
    if found is None:
        return ()
    children = (Process(process.kind, process.pid, process.state) for process in found.processes)
    return (Process("supervisor", found.pid), *children)


def _recorder(folder: Folder) -> Callable[[Sequence[Note]], None]:
    owner = Owner(folder)

    def post(notes: Sequence[Note]) -> None:
        owner.report([msgspec.to_builtins(note) for note in notes])

    return post


def _inherited(folder: Folder) -> tuple[str, ...]:
    """Return what a twin must be told so that it starts where this platform does."""
    found = status(folder)
    return ('isolation = "none"',) if found is not None and found.isolation == "none" else ()


def lay(beside: Mapping[str, str], folder: Path) -> None:
    """Write files, which this user alone can read, into a folder: name -> text."""
    for name, text in beside.items():
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(text, encoding="utf-8")


def _twin(
    inherited: tuple[str, ...], beside: Mapping[str, str], folder: Path, lines: tuple[str, ...]
) -> tuple[Platform, Callable[[], None]]:
    """Start a throw-away platform in an empty folder, with these lines as its whole configuration.

    Args:
        inherited: lines that it takes over from the platform that is attacked.
        beside: files that the configuration may name: name -> text.
        folder, lines: as of `Twins`.
    """
    file, state = folder / NAME, Folder(folder / "state")
    lay(beside, folder)
    file.write_text("".join(f"{line}\n" for line in (*inherited, *lines)), encoding="utf-8")
    running = platform.start(platform.plan(read(file, folder), state.root, port=0))
    try:
        return connect(state, SAMPLE), running.stop
    except BaseException:
        running.stop()
        raise
