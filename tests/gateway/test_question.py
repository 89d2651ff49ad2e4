"""The record says what policy was asked about, of what is let through and of what is not, and no client's text."""

from bartizan.gateway.question import operation_tag, tool_tag
from bartizan.ledger.content import content_tag
from bartizan.ledger.vocabulary import CHECKS
from tests.gateway.scene import LENT, client, request, run, standing
from tests.gateway.tools import asked, called, listed, message, tool

TEXT = "my-name-is-ada-and-my-key-is-sk-123"


def test_an_admitted_request_says_its_action() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            await one.ask(request())
            (admitted,) = scene.events("gateway.request.admitted")
            assert admitted.detail["action"] == "chat"
            assert not {"operation", "tool"} & admitted.detail.keys()

    run(scenario())


def test_a_tool_that_is_called_stands_in_the_record_as_its_callers_tag() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            await listed(scene, one, tool(TEXT))
            await called(scene, one, TEXT)
            scene.forbidden = {"call-tool"}
            scene.number += 1
            assert (await called(scene, one, TEXT)).reason == "not-permitted"
            found = [
                each.detail
                for kind in ("gateway.request.admitted", "gateway.request.refused")
                for each in scene.events(kind)
                if each.detail.get("action") == "call-tool"
            ]
            assert len(found) == 2
            assert found[0]["tool"] == found[1]["tool"]
            assert CHECKS["gateway.request.admitted"]["tool"](found[0]["tool"])
            assert not any(TEXT in str(each) for each in scene.events())

    run(scenario())


def test_the_record_says_who_acts_for_a_principal_of_what_is_let_through_and_of_what_is_not() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            await one.ask(request(bearer="lent"))
            scene.forbidden = {"chat"}
            scene.number += 1
            await one.ask(request(bearer="lent"))
            (admitted,) = scene.events("gateway.request.admitted")
            (refused,) = scene.events("gateway.request.refused")
            for each in (admitted, refused):
                assert each.actor == LENT.principal.pseudonym
                assert each.detail["agent"] == "00000000000000bb"
                assert each.detail["passkey"] == "synced"

    run(scenario())


def test_what_is_refused_before_policy_is_asked_says_no_question() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            assert (await one.ask(asked(b"{"))).reason == "json-malformed"
            assert (await one.ask(asked(message("tools/none")))).reason == "message-unknown"
            assert all("action" not in each.detail for each in scene.events("gateway.request.refused"))

    run(scenario())


class Keyed:
    """A principal with a key."""

    id = pseudonym = client = ""

    def __init__(self, key: bytes) -> None:
        self.content_key = key


def test_no_tag_of_a_tool_is_a_bodys_or_anothers() -> None:
    one, other = Keyed(b"1" * 32), Keyed(b"2" * 32)
    tag = tool_tag(one, "drop")
    assert tag not in {tool_tag(other, "drop"), tool_tag(one, "list"), content_tag(one.content_key, b"drop")}
    assert tool_tag(one, "") == tool_tag(None, "drop") == tool_tag(Keyed(b""), "drop") == ""


def test_a_name_that_no_octets_can_carry_is_tagged_all_the_same() -> None:
    assert len(tool_tag(Keyed(b"1" * 32), "\ud800")) == 64
    assert len(operation_tag("\ud800")) == 16
