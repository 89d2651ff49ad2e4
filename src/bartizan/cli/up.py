"""`bartizan up`: start the platform, attack it, show what held, and stay."""

import argparse
from pathlib import Path
from typing import Any

from bartizan.app import platform
from bartizan.app.address import Listen, listen_address
from bartizan.app.channel import ChannelClosed
from bartizan.app.description_settings import left_out
from bartizan.app.exercise import exercise
from bartizan.app.folder import Folder, PlatformRunning
from bartizan.app.owner import PlatformSilent
from bartizan.app.plan import SAMPLE, Plan
from bartizan.app.port_holder import Holder, holder, refusal
from bartizan.cli import transcript
from bartizan.cli.command import Command, Exit, Shell, UsageInvalid, json_option, state_options, whole
from bartizan.cli.interruption import interruptible
from bartizan.cli.place import near, state
from bartizan.cli.screen import Screen
from bartizan.cli.settled import configuration
from bartizan.drill.document import encode
from bartizan.drill.table import render
from bartizan.drill.verdict import Result, exit_code
from bartizan.sample import gemma


class PortTaken(Exception):
    """Somebody else listens where the gateway should; the message names them and another way."""

    def __init__(self, address: Listen, found: Holder) -> None:
        """Name the holder and suggest another port."""
        super().__init__(
            f"port {address.port} is held by {found}; end it, or take another: "
            f"bartizan up --port {address.port + 1 if address.port < 65535 else 8443}"  # noqa: PLR2004 - the last port
        )
        self.address, self.holder = address, found


class AddressUnusable(Exception):
    """The gateway may not, or cannot, listen where it should; the message says why."""

    def __init__(self, address: Listen, why: str) -> None:
        """Name the address and what the kernel said."""
        super().__init__(
            f"cannot listen on {address.host}, port {address.port}: {why}; `listen` must be an address of this machine and a port that "
            "this user may take"
        )
        self.address = address


class PlatformEnded(Exception):
    """The platform ended while it should have stayed."""

    def __init__(self, status: int, log: Path) -> None:
        """Name the exit status and where its processes spoke."""
        what = f"ended by itself (status {status})" if status else "was told to stop, and has"
        super().__init__(f"the platform {what}; its processes' own words are in {log}")
        self.status = status


def _run(arguments: argparse.Namespace, shell: Shell) -> Exit:
    if arguments.once and (arguments.detach or arguments.no_drill):
        raise UsageInvalid("--once starts, drills and stops; it goes with neither --detach nor --no-drill")
    folder = state(arguments, shell)
    wanted, before = _plan(arguments, shell, folder), _certificate(folder)
    stays = False
    with interruptible():
        running = _start(wanted)
        try:
            place = _place(arguments, shell, wanted, running)
            try:
                result = _show(arguments, shell, place, running, before)
            except PlatformSilent:
                raise PlatformEnded(running.wait(), folder.log) from None
            if arguments.detach:
                stays = _leave(running, folder)
            if arguments.once and result is not None:
                return Exit(exit_code(result, ()))
            if not stays:
                raise PlatformEnded(running.wait(), folder.log)
        finally:
            if not stays:
                _stop(running)
    return Exit.CLEAN


def _leave(running: platform.Running, folder: Folder) -> bool:
    """Leave the platform running, and return that it stays."""
    try:
        running.leave()
    except ChannelClosed:
        raise PlatformEnded(running.wait(), folder.log) from None
    return True


def _stop(running: platform.Running) -> None:
    """Stop the platform, also where the stopping itself is interrupted, which happens once."""
    try:
        running.stop()
    except KeyboardInterrupt:
        running.stop()
        raise


def _certificate(folder: Folder) -> bytes:
    """Return the certificate that clients trust; empty where there is none, or none that this user can read."""
    try:
        return folder.authority.read_bytes()
    except OSError:
        return b""


def _plan(arguments: argparse.Namespace, shell: Shell, folder: Folder) -> Plan:
    settings = configuration(arguments, shell)
    files = {one.name: one.openapi for one in settings.sections.service if one.openapi}
    for sentence in left_out(settings.folder, files):
        shell.err.line(sentence)
    model = ""
    if arguments.model == "gemma":
        folder.make()
        model = str(gemma.weights(folder.root / "model"))
    return platform.plan(
        settings,
        folder.root,
        port=arguments.port,
        model=arguments.model,
        weights=model,
    )


def _start(wanted: Plan) -> platform.Running:
    try:
        return platform.start(wanted)
    except platform.PlatformNotStarted as fault:
        folder = Folder(Path(wanted.folder))
        if folder.holder() is not None:  # another was quicker
            raise PlatformRunning(folder.root) from fault
        address = Listen(wanted.host, wanted.port)
        found = holder(wanted.host, wanted.port) if wanted.port else None
        if found is not None:
            raise PortTaken(address, found) from fault
        why = refusal(wanted.host, wanted.port)
        if why:
            raise AddressUnusable(address, why) from fault
        raise


def _place(
    arguments: argparse.Namespace, shell: Shell, wanted: Plan, running: platform.Running
) -> transcript.Place:
    named = (("--state", arguments.state), ("--config", arguments.config))
    return transcript.Place(
        url=running.url,
        listen=running.listen,
        state=Path(wanted.folder),
        folder=shell.folder,
        options=tuple(
            word for option, path in named if path is not None for word in (option, near(path, shell.folder))
        ),
        services=tuple(service.name for service in wanted.services),
        tls=wanted.tls,
        hybrid=wanted.pq == "required",
        model=gemma.NAME if wanted.model == "gemma" else SAMPLE,
    )


def _show(
    arguments: argparse.Namespace,
    shell: Shell,
    place: transcript.Place,
    running: platform.Running,
    before: bytes,
) -> Result | None:
    """Drill the platform and print the transcript, or with --json one document at its end."""
    screen = Screen(None) if arguments.json else shell.out
    screen.line(transcript.keys(place, before, _certificate(Folder(place.state))))
    loopback = listen_address(running.listen).loopback
    screen.line(transcript.gateway(place, running.seconds, loopback=loopback))
    result = None if arguments.no_drill else _drill(place, screen, shell)
    screen.line(transcript.closing(place, drilled=result is not None, stay=_stay(arguments)))
    if arguments.json:
        shell.out.document(_document(place, running, result))
    return result


def _stay(arguments: argparse.Namespace) -> transcript.Stay:
    if arguments.once:
        return transcript.Stay.GONE
    return transcript.Stay.DETACHED if arguments.detach else transcript.Stay.HERE


def _drill(place: transcript.Place, screen: Screen, shell: Shell) -> Result:
    result = exercise(Folder(place.state), progress=shell.err.progress)
    tried = sum(len(row.tried) for row in result.rows)
    screen.line(transcript.step("drill", f"{tried} attacks on the built-in sample", result.seconds))
    screen.line(f"\n{render(result, transcript.unprotected(place, result))}".rstrip())
    return result


def _document(place: transcript.Place, running: platform.Running, result: Result | None) -> dict[str, Any]:
    return {
        "url": place.url,
        "listen": place.listen,
        "state": str(place.state),
        "authority": str(place.state / "ca.pem") if place.tls else None,
        "seconds": round(running.seconds, 3),
        "services": list(place.services),
        "drill": None if result is None else encode(result),
    }


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--detach", action="store_true", help="return once it answers; `bartizan down` stops it"
    )
    parser.add_argument("--once", action="store_true", help="start, drill, stop; ends with the drill's code")
    parser.add_argument("--no-drill", action="store_true", help="attack nothing")
    parser.add_argument(
        "--port",
        type=whole(0, 65535),
        metavar="PORT",
        help="instead of the configured one; 0 takes a free one",
    )
    parser.add_argument(
        "--model",
        choices=["gullible", "gemma"],
        default="gullible",
        help="what answers in the built-in sample; gemma is a real local model (optional extra, Gemma Terms)",
    )
    state_options(parser)
    json_option(parser)


COMMAND = Command(
    "up",
    "Starts the platform in front of the configured services, or of the built-in sample where none is, and\n"
    "attacks it as a stranger would; the attacks end at the sample. Stays until Ctrl-C, unless --detach.\n"
    "Keys and the record lie in the state folder.\n"
    "Ends with 130 after Ctrl-C; --once: with 0, 1 where a control is broken, 3 where an attack could not be\n"
    "judged; with 2 where the configuration is not valid or the port is taken, 3 where it does not start.",
    _arguments,
    _run,
)
