"""Traffic out of a record is asked again as it was asked, and what cannot be is counted."""

import msgspec

from bartizan.access.describe import Exposed
from bartizan.app.policy.asked import Count, Question, Traffic
from bartizan.app.policy.facts import Facts, imagined
from bartizan.app.policy.replay import (
    Names,
    Replayed,
    changes,
    operation_digest,
    resolve,
    spoken_of,
    stranger,
)
from bartizan.gateway.question import operation_tag, tool_tag
from bartizan.ledger.content import content_tag, tool_tagged

KEY = b"k" * 32
CI = msgspec.structs.replace(imagined("workload.ci", ["caller"]), pseudonym="p-" + "1" * 16, content_key=KEY)
FACTS = Facts((CI,), (Exposed("s"), Exposed("control", control=True)), {})
OPEN = '@id("open") permit (principal, action, resource);'
NO_DROP = (
    OPEN
    + '@id("no-drop") forbid (principal, action == Action::"call-tool", resource) when { context.tool == "drop" };'
)
PATTERN = OPEN + '@id("no-d") forbid (principal, action, resource) when { context.tool like "d*" };'


def replayed(questions: dict[Question, Count], text: str, tools: tuple[str, ...] = ()) -> Replayed:
    texts, patterns = spoken_of(FACTS.engine({"a.cedar": text}).rules)
    tags = {CI.pseudonym: {content_tag(KEY, tool_tagged(tool)): tool for tool in {*tools, *texts}}}
    operations = {operation_digest(each): each for each in texts}
    return resolve(Traffic(questions, {}), FACTS.people, Names(operations, tags, patterns, stranger(texts)))


def called(tool: str, actor: str = CI.pseudonym) -> Question:
    return Question(actor, "call-tool", "s", True, "", tool_tag(CI, tool))


def test_a_tool_that_the_record_has_as_a_tag_is_found_again_by_its_name() -> None:
    found = replayed({called("drop"): Count(admitted=7), called("list"): Count(admitted=1)}, NO_DROP)
    assert found.left_out == {}
    before, after = FACTS.engine({"a.cedar": OPEN}), FACTS.engine({"a.cedar": NO_DROP})
    (change,) = changes(found.requests, before, after)
    assert (change.request.tool, change.count.admitted, change.after.policies) == ("drop", 7, ("no-drop",))


def test_a_name_that_nobody_says_is_left_out_where_a_policy_speaks_in_patterns() -> None:
    questions = {called("drop"): Count(admitted=7), called("dig"): Count(admitted=2)}
    found = replayed(questions, PATTERN, tools=("dig",))
    assert [request.tool for request in found.requests] == ["dig"]
    assert sum(found.left_out.values()) == 7


def test_who_is_gone_is_counted_and_strangers_are_the_anonymous_one() -> None:
    nobody = called("drop", "p-" + "2" * 16)
    strangers = [Question(f"a-{n:016x}", "read-keys", "control", True) for n in range(3)]
    found = replayed({nobody: Count(admitted=4), **{each: Count(admitted=1) for each in strangers}}, OPEN)
    assert sum(found.left_out.values()) == 4
    ((request, count),) = found.requests.items()
    assert (request.principal, count.admitted) == ("anonymous", 3)


def test_what_somebody_did_for_another_is_asked_of_both_with_who_acted() -> None:
    agent = msgspec.structs.replace(
        imagined("workload.agent", []), pseudonym="p-" + "3" * 16, content_key=KEY
    )
    facts = msgspec.structs.replace(FACTS, people=(CI, agent))
    question = msgspec.structs.replace(called("drop"), agent="3" * 16)
    gone = msgspec.structs.replace(called("drop"), agent="4" * 16)
    names = Names({}, {CI.pseudonym: {tool_tag(CI, "drop"): "drop"}}, False, "~")
    found = resolve(Traffic({question: Count(admitted=7), gone: Count(admitted=2)}, {}), facts.people, names)
    assert sum(found.left_out.values()) == 2
    for text, policies in (
        (
            OPEN
            + '@id("a") forbid (principal, action, resource) when { context.agent == "workload.agent" };',
            ("a",),
        ),
        (OPEN + '@id("b") forbid (principal == Workload::"agent", action, resource);', ("b",)),
        ('@id("c") permit (principal in Role::"caller", action, resource);', ()),
    ):
        (change,) = changes(found.requests, facts.engine({"a.cedar": OPEN}), facts.engine({"a.cedar": text}))
        assert (change.after.allowed, change.after.policies) == (False, policies)


def test_an_operation_is_called_in_the_record_as_it_is_looked_for() -> None:
    assert operation_tag("listPets") == operation_digest("listPets")


def test_a_stranger_is_a_name_that_no_policy_speaks_of() -> None:
    assert stranger(frozenset({"~", "~~"})) == "~~~"
