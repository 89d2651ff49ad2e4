"""What `bartizan policy check`, `test` and `explain` say of policies that need not be in force."""

import argparse
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from bartizan.access.decide import SERVICE, Circumstances, as_asked, context
from bartizan.access.describe import describe
from bartizan.app.owner import Owner
from bartizan.app.policies import check
from bartizan.app.policy.cases import Outcome, read_cases, tried
from bartizan.app.policy.facts import Facts, imagined, of_configuration, of_platform
from bartizan.app.policy.files import configured, read
from bartizan.app.policy_schema import schema
from bartizan.app.running import status
from bartizan.cli.command import (
    Command,
    Exit,
    Shell,
    UsageInvalid,
    json_option,
    name,
    path,
    state_options,
    text,
)
from bartizan.cli.place import near, state
from bartizan.cli.settled import configuration
from bartizan.identity.device import Seen
from bartizan.identity.principal import ANONYMOUS, Kind, Principal, Uid
from bartizan.identity.spiffe import NotSpiffe, SpiffeId, spiffe_id
from bartizan.identity.verified import PASSKEYS
from bartizan.policy.engine import Engine, line_of
from bartizan.policy.explain import Explanation, explain
from bartizan.policy.schema import parsed, shapes

BUILT_IN: Final = "access/default.cedar"
"""What the built-in policies are called."""


def _check(arguments: argparse.Namespace, shell: Shell) -> Exit:
    files = chosen(arguments, shell)
    rules = engine_of(files).rules
    counts = {"files": len(files), "policies": len(rules), "permits": sum(rule.permits for rule in rules)}
    if arguments.json:
        shell.out.document({**counts, "built_in": not files, "names": [rule.name for rule in rules]})
    else:
        what = ", ".join(files) or "the built-in policies"
        forbids = counts["policies"] - counts["permits"]
        shell.out.line(
            f"{what}: {counts['permits']} permit, {forbids} forbid; all else is denied. They fit the schema."
        )
    return Exit.CLEAN


def _test(arguments: argparse.Namespace, shell: Shell) -> Exit:
    cases = read_cases(arguments.cases)
    files = chosen(arguments, shell)
    needed = any(case.roles is None for case in cases.case)
    facts = _facts(arguments, shell, files, running=needed)
    found = tried(cases, facts, files, arguments.cases)
    failed = [each for each in found if not each.passed]
    if arguments.json:
        shell.out.document({"cases": len(found), "failed": [_outcome(each) for each in failed]})
    else:
        where = near(arguments.cases, shell.folder)
        lines = [line for each in failed for line in _failure(each, where)]
        shell.out.line("\n".join([*lines, f"{len(found) - len(failed)} of {len(found)} cases hold"]))
    return Exit.FINDINGS if failed else Exit.CLEAN


def _explain(arguments: argparse.Namespace, shell: Shell) -> Exit:
    if arguments.role and not arguments.principal:
        raise UsageInvalid("--role says what one principal would hold; name it with --principal")
    facts = _facts(arguments, shell, chosen(arguments, shell), running=not arguments.role)
    files = chosen(arguments, shell) if arguments.files else facts.files
    people = _asked_about(arguments, facts)
    if arguments.role:
        facts = msgspec.structs.replace(facts, people=people)
    _require_known(arguments, facts)
    engine = facts.engine(files)
    rows = [
        (asker, _explained(arguments, engine, asker))
        for person in people
        for asker in _askers(arguments, engine, person)
    ]
    if arguments.json:
        shell.out.document([_why(asker, why) for asker, why in rows])
    else:
        shell.out.line("\n".join(line for asker, why in rows for line in _lines(asker, why, files)))
    return Exit.CLEAN


def chosen(arguments: argparse.Namespace, shell: Shell) -> Mapping[str, str]:
    """Return the policies that a command line names, or that the configuration leads to."""
    settled = configuration(arguments, shell)
    return read(arguments.files, settled.folder) if arguments.files else configured(settled)


def engine_of(files: Mapping[str, str]) -> Engine:
    """Return policies over nobody, for what they say by themselves.

    Raises:
        PolicyInvalid: they cannot be decided with; names file and line.
    """
    source = describe((), (), check(files), schema())
    return Engine(source.text, source.schema, source.entities)


def place_of(policy: str, files: Mapping[str, str]) -> str:
    """Return where a policy stands, file and line."""
    for file, said in files.items():
        if line := line_of(said, policy):
            return f"{file}:{line}"
    return BUILT_IN


def _facts(arguments: argparse.Namespace, shell: Shell, files: Mapping[str, str], *, running: bool) -> Facts:
    """Return the facts of the running platform, or those of the configuration where none runs and none is needed."""
    folder = state(arguments, shell)
    if running or status(folder) is not None:
        return of_platform(Owner(folder))
    return of_configuration(configuration(arguments, shell).sections, files)


def _asked_about(arguments: argparse.Namespace, facts: Facts) -> tuple[Principal, ...]:
    if arguments.principal is None:
        everybody = tuple(person for person in facts.people if not person.revoked)
        asks = shapes(parsed(schema())).actions.get(arguments.act)
        public = asks is not None and ANONYMOUS.uid.type in asks.principals
        return (*everybody, ANONYMOUS) if public else everybody
    if arguments.role:
        return (imagined(arguments.principal, arguments.role),)
    return (facts.person(arguments.principal),)


def _require_known(arguments: argparse.Namespace, facts: Facts) -> None:
    actions = sorted(each for each, one in shapes(parsed(schema())).actions.items() if one.principals)
    services = sorted(each.name for each in facts.services)
    for word, given, known in (
        ("action", arguments.act, actions),
        ("service", arguments.service, services),
    ):
        if given not in known:
            raise UsageInvalid(f"there is no {word} {given}; there are {', '.join(known)}")


class _Asker(msgspec.Struct, frozen=True):
    """Somebody who asks, and by which kind of passkey: a word of `PASSKEYS`, or empty; `told` where the answer hangs on it."""

    person: Principal
    passkey: str
    told: bool = False


def _askers(arguments: argparse.Namespace, engine: Engine, person: Principal) -> list[_Asker]:
    """Return somebody as often as the policies answer otherwise by the passkey that verified them."""
    if arguments.passkey or person.kind is not Kind.USER:
        return [_Asker(person, arguments.passkey, bool(arguments.passkey))]
    each = [_Asker(person, passkey, told=True) for passkey in (*PASSKEYS, "")]
    answers = {_explained(arguments, engine, one).verdict for one in each}
    return each if len(answers) > 1 else [_Asker(person, "")]


def _explained(arguments: argparse.Namespace, engine: Engine, asker: _Asker) -> Explanation:
    circumstances = Circumstances(
        not arguments.classical,
        arguments.operation,
        arguments.tool,
        passkey=asker.passkey,
        step_up=arguments.flagged,
        trust_domain=arguments.spiffe_id.trust_domain if arguments.spiffe_id else "",
        spiffe_path=arguments.spiffe_id.path if arguments.spiffe_id else "",
    )
    here = context(as_asked(arguments.act, circumstances), Seen(device_known=arguments.known_device))
    return explain(engine, asker.person.uid, arguments.act, Uid(SERVICE, arguments.service), here)


def _lines(asker: _Asker, why: Explanation, files: Mapping[str, str]) -> Iterable[str]:
    word, person = "yes" if why.verdict.allowed else "NO", asker.person
    roles = f" ({', '.join(person.roles)})" if person.roles else ""
    if asker.told:
        roles += f", by a {asker.passkey} passkey" if asker.passkey else ", by no passkey"
    if why.verdict.failed:
        yield f"{word:<4} {person.id}{roles}: the policies cannot be evaluated for this"
        return
    decided = ", ".join(f"{each} ({place_of(each, files)})" for each in why.verdict.policies)
    how = "forbidden by" if why.forbids else "permitted by"
    yield f"{word:<4} {person.id}{roles}: {f'{how} {decided}' if decided else 'no policy permits it'}"
    for short in why.nearest:
        yield f"       {short.policy} ({place_of(short.policy, files)}) would, but {'; '.join(short.missing)}"


def _why(asker: _Asker, why: Explanation) -> dict[str, Any]:
    return {
        "principal": asker.person.id,
        "roles": list(asker.person.roles),
        "passkey": asker.passkey if asker.told else None,
        "allowed": why.verdict.allowed,
        "failed": why.verdict.failed,
        "policies": list(why.verdict.policies),
        "forbidden": bool(why.forbids),
        "nearest": [{"policy": each.policy, "missing": list(each.missing)} for each in why.nearest],
    }


def _failure(found: Outcome, where: str) -> Iterable[str]:
    case, why = found.case, found.explanation
    said = "allow" if why.verdict.allowed else "deny"
    by = f" by {', '.join(why.verdict.policies)}" if why.verdict.policies else ""
    wanted = f"{case.expect}{f' by {case.by}' if case.by else ''}"
    named = f" {case.name}:" if case.name else ""
    yield (
        f"{where}: case {found.number}:{named} {case.principal} {case.action} {case.service}: "
        f"expected {wanted}, got {said}{by}"
    )
    for short in why.nearest:
        yield f"  {short.policy} would, but {'; '.join(short.missing)}"


def _outcome(found: Outcome) -> dict[str, Any]:
    case, verdict = found.case, found.explanation.verdict
    return {
        "number": found.number,
        "case": msgspec.to_builtins(case),
        "allowed": verdict.allowed,
        "policies": list(verdict.policies),
    }


def files_argument(parser: argparse.ArgumentParser) -> None:
    """Declare the policies that are meant."""
    parser.add_argument(
        "files",
        nargs="*",
        type=path,
        metavar="FILE",
        help="policies, or folders of them; default: the configured ones",
    )


def policies_option(parser: argparse.ArgumentParser, default: str) -> None:
    """Declare the policies that are meant, beside what else is named; `files` is None without."""
    parser.add_argument(
        "--policies",
        dest="files",
        nargs="+",
        type=path,
        metavar="FILE",
        help=f"by these, or folders of them; default: {default}",
    )


def _check_arguments(parser: argparse.ArgumentParser) -> None:
    files_argument(parser)
    state_options(parser)
    json_option(parser)


def _test_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("cases", type=path, metavar="CASES", help="a TOML or JSON file: see docs/policy.md")
    policies_option(parser, "the configured ones")
    state_options(parser)
    json_option(parser)


def _spiffe_id(written: str) -> SpiffeId:
    try:
        return spiffe_id(written)
    except NotSpiffe as fault:
        raise argparse.ArgumentTypeError(str(fault)) from fault


def _explain_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("act", type=name, metavar="DO", help="an action, such as chat")
    parser.add_argument("service", type=name, metavar="SERVICE", help="by name")
    policies_option(parser, "those in force, or the configured ones where no platform runs")
    parser.add_argument(
        "--principal",
        type=name,
        metavar="ID",
        help="such as workload.ci; default: everybody who is registered",
    )
    parser.add_argument(
        "--role", type=name, action="append", metavar="ROLE", help="what it would hold, registered or not"
    )
    parser.add_argument("--tool", type=text, default="", metavar="NAME", help="of call-tool")
    parser.add_argument("--operation", type=text, default="", metavar="ID", help="of a described service")
    parser.add_argument(
        "--classical", action="store_true", help="over a connection without quantum-safe key agreement"
    )
    parser.add_argument(
        "--passkey",
        choices=PASSKEYS,
        default="",
        help="that verified who asks; default: told apart where the answer hangs on it",
    )
    parser.add_argument(
        "--flagged",
        action="store_true",
        help="of whose sign-ins one was flagged, with no passkey used since",
    )
    parser.add_argument(
        "--spiffe-id",
        type=_spiffe_id,
        metavar="ID",
        help="that a workload showed for its token: spiffe://corp.example/ns/prod/sa/shop",
    )
    parser.add_argument(
        "--known-device", action="store_true", help="from a device that is known, of which nothing is claimed"
    )
    state_options(parser)
    json_option(parser)


CHECK = Command(
    "check", "validate policies, and say file and line of what is wrong", _check_arguments, _check
)
TEST = Command("test", "try cases whose decision is known", _test_arguments, _test)
EXPLAIN = Command("explain", "say who can do this, and why, or what is missing", _explain_arguments, _explain)
