"""Cases that policies must decide as they say: a file of who, what, where, and allow or deny.

Rules of this file: a case names all that it depends on; a service or an action that there is not is a fault of the case,
or it would pass as a denial for ever.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from bartizan.access.decide import REGISTER, SERVICE, Circumstances, Registration, as_asked, context
from bartizan.access.describe import Exposed
from bartizan.app.policy.facts import Facts, imagined
from bartizan.app.policy_schema import schema
from bartizan.config import read_text
from bartizan.identity.device import NOTHING, Seen
from bartizan.identity.principal import Kind, Principal, Uid
from bartizan.policy.engine import Engine
from bartizan.policy.explain import Explanation, explain
from bartizan.policy.schema import parsed, shapes

MOST: Final = 10_000
"""Cases of one file."""

_OF_REGISTRATION: Final = frozenset(Registration.__struct_fields__) - frozenset(
    Circumstances.__struct_fields__
)


class CasesInvalid(ValueError):
    """A file of cases that cannot be tried; the message says where and why."""


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One case.

    Attributes:
        principal: id; it need not be registered.
        action, service: by name.
        expect: what the policies must decide.
        roles: that the principal holds; without, those that it is registered with.
        by: `@id` of a policy that must be among those that decide; empty asks for none.
        quantum_safe, operation, tool, agent, passkey, trust_domain, spiffe_path: circumstances.
        name: for people.
        device: what is to be seen of the device that asks; without, none is known.
        registration: of `register-client`, what is to be registered: attributes of that action alone.
    """

    principal: str
    action: str
    service: str
    expect: Literal["allow", "deny"]
    roles: tuple[str, ...] | None = None
    by: str = ""
    quantum_safe: bool = True
    operation: str = ""
    tool: str = ""
    agent: str = ""
    passkey: Literal["", "device-bound", "synced"] = ""
    trust_domain: str = ""
    spiffe_path: str = ""
    name: str = ""
    device: Seen = NOTHING
    registration: dict[str, bool | str] = {}


class Cases(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole file: the cases, and services that the configuration does not have."""

    case: Annotated[tuple[Case, ...], msgspec.Meta(min_length=1, max_length=MOST)]
    services: tuple[str, ...] = ()


class Outcome(msgspec.Struct, frozen=True):
    """What became of a case."""

    number: int
    case: Case
    passed: bool
    explanation: Explanation


def read_cases(file: Path) -> Cases:
    """Return the cases of a file: JSON where its name ends so, else TOML.

    Raises:
        CasesInvalid: not of the form.
        ConfigurationUnreadable: it cannot be read.
    """
    text = read_text(file)
    try:
        said = msgspec.json.decode(text) if file.suffix == ".json" else tomllib.loads(text)
        return msgspec.convert(said, Cases)
    except (msgspec.MsgspecError, tomllib.TOMLDecodeError, RecursionError) as fault:
        raise CasesInvalid(f"{file}: {fault}") from fault


def tried(cases: Cases, facts: Facts, files: Mapping[str, str], file: Path) -> tuple[Outcome, ...]:
    """Return what policies make of cases.

    Args:
        cases: which.
        facts: who and what there is.
        files: the policies by name of their file.
        file: that the cases stand in, for faults.
    Raises:
        CasesInvalid: a case is about something that there is not.
        NobodyOfThat, NotAPrincipal, PolicyInvalid.
    """
    more = tuple(Exposed(name) for name in cases.services)
    facts = msgspec.structs.replace(facts, services=(*facts.services, *more))
    actions, services = shapes(parsed(schema())).actions, {each.name for each in facts.services}
    engines: dict[Principal, Engine] = {}
    found: list[Outcome] = []
    for number, case in enumerate(cases.case, 1):
        if case.action not in actions or not actions[case.action].principals:
            raise CasesInvalid(f"{file}: case {number}: there is no action {case.action!r}")
        if case.registration and (
            case.action != REGISTER or not case.registration.keys() <= _OF_REGISTRATION
        ):
            raise CasesInvalid(
                f"{file}: case {number}: `registration` goes with the action {REGISTER}, and may hold "
                f"{', '.join(sorted(_OF_REGISTRATION))}"
            )
        if case.service not in services:
            known = ", ".join(sorted(services))
            raise CasesInvalid(
                f"{file}: case {number}: there is no service {case.service!r}; there are {known}, and "
                '`services = ["..."]` at the top of the file names more'
            )
        person = facts.person(case.principal) if case.roles is None else imagined(case.principal, case.roles)
        if person not in engines:
            people = () if person.kind is Kind.ANONYMOUS else (person,)
            engines[person] = msgspec.structs.replace(facts, people=people).engine(files)
        found.append(_outcome(number, case, person, engines[person]))
    return tuple(found)


def _outcome(number: int, case: Case, person: Principal, engine: Engine) -> Outcome:
    asked = Circumstances(
        case.quantum_safe,
        case.operation,
        case.tool,
        case.agent,
        case.passkey,
        trust_domain=case.trust_domain,
        spiffe_path=case.spiffe_path,
    )
    registering = msgspec.structs.asdict(as_asked(case.action, asked)) | case.registration
    here = context(asked, case.device) | registering
    why = explain(engine, person.uid, case.action, Uid(SERVICE, case.service), here)
    decided = why.verdict.allowed is (case.expect == "allow") and not why.verdict.failed
    return Outcome(number, case, decided and case.by in {"", *why.verdict.policies}, why)
