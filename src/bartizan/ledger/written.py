"""The records of the hot path, written out: the canonical bytes of two kinds of event without the way through `Event`.

Rules of this file: a writer's answer is what `encode` makes of the same event; a property test says so. Nothing is
checked here, so each argument must be of its closed form already: pseudonyms as they were drawn, names as they
were configured, words of the vocabulary, whole numbers from 0.
"""

from bartizan.clock import Nanoseconds


def admitted(  # noqa: PLR0913 - the fields of one record
    at: Nanoseconds,
    actor: str,
    request: str,
    *,
    action: str,
    agent: str = "",
    content: str,
    generation: int,
    group: str,
    octets: int,
    operation: str = "",
    passkey: str = "",
    route: str,
    service: str,
    tool: str = "",
) -> bytes:
    """Return the canonical bytes of a `gateway.request.admitted`.

    Args:
        at: its instant.
        actor, request: pseudonyms.
        content: a content tag, or nothing where the principal has no key.
        action, generation, group, octets, route, service: as in the vocabulary.
        agent, operation, passkey, tool: as in the vocabulary, or nothing where there is none.
    """
    tag = f'"content":"{content}",' if content else ""
    described = f'"operation":"{operation}",' if operation else ""
    acting = f'"agent":"{agent}",' if agent else ""
    verified = f'"passkey":"{passkey}",' if passkey else ""
    called = f',"tool":"{tool}"' if tool else ""
    return (
        f'{{"actor":"{actor}","at":{at},"control":"access.request-authorized","detail":{{"action":"{action}",{acting}{tag}'
        f'"generation":{generation},"group":"{group}","octets":{octets},{described}{verified}"route":"{route}",'
        f'"service":"{service}"{called}}},'
        f'"kind":"gateway.request.admitted","outcome":"allowed","subject":"{request}"}}'
    ).encode()


def completed(  # noqa: PLR0913 - the fields of one record
    at: Nanoseconds,
    actor: str,
    request: str,
    outcome: str,
    *,
    admitted: int,
    input: int,  # noqa: A002 - the field's name
    micros: int,
    octets: int,
    output: int,
    reason: str,
    status: int,
    target: str,
    upstream: str,
) -> bytes:
    """Return the canonical bytes of a `gateway.request.completed`.

    Args:
        at: its instant.
        actor, request: pseudonyms.
        outcome: `done` or `failed`.
        admitted, input, micros, octets, output, reason, status: as in the vocabulary.
        target, upstream: as in the vocabulary, or nothing where it went to none, or no connection was had.
    """
    asked = f',"target":"{target}"' if target else ""
    over = f',"upstream":"{upstream}"' if upstream else ""
    return (
        f'{{"actor":"{actor}","at":{at},"control":"","detail":{{"admitted":{admitted},"input":{input},'
        f'"micros":{micros},"octets":{octets},"output":{output},"reason":"{reason}","status":{status}{asked}{over}}},'
        f'"kind":"gateway.request.completed","outcome":"{outcome}","subject":"{request}"}}'
    ).encode()
