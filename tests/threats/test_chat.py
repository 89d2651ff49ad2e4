"""An endpoint's answers, over a real connection: what is an answer, what may come later, what never does, and what is a refusal."""

import json

import pytest

from bartizan.egress.faults import AddressRefused
from bartizan.egress.http import Client
from bartizan.threats.evaluation.attack import Message
from bartizan.threats.evaluation.chat import (
    LARGEST,
    LONGEST,
    Chat,
    EndpointRefuses,
    Later,
    Reply,
    Unanswerable,
)
from bartizan.threats.profile import DETECTORS
from bartizan.threats.verdict import MEDIA, UNINSPECTED
from tests.threats.scripted import Said, endpoint

HELLO = (Message("user", "hello"),)


def ask(said: Said | str) -> Reply:
    with endpoint(lambda _: said) as model:
        return chat(model.port).ask(HELLO)


def chat(port: int) -> Chat:
    client = Client.plain("127.0.0.1", port, allowed=frozenset({"127.0.0.1"}))
    json_field = ("content-type", "application/json")
    return Chat(
        lambda body: client.request("POST", "/v1/chat/completions", (json_field,), body, most=LARGEST), "m"
    )


def test_a_conversation_is_sent_as_the_api_has_it_and_answered() -> None:
    with endpoint(lambda messages: messages[-1]["content"].upper()) as model:
        assert chat(model.port).ask(HELLO).text == "HELLO"
        (sent,) = model.asked
    assert sent["path"] == "/v1/chat/completions"
    assert sent["body"] == {
        "model": "m",
        "messages": [{"role": "user", "content": "hello"}],
        "max_tokens": 512,
        "temperature": 0,
    }


def test_what_a_filter_withholds_is_told_apart_from_what_a_model_says() -> None:
    assert ask(Said("partly", finish="content_filter")).filtered
    assert ask(Said(status=400, body={"error": {"code": "content_filter", "message": "x"}})).filtered
    assert ask(Said(status=403, body={"error": {"code": "prompt-injection"}})).filtered
    assert not ask("I can't help with that.").filtered


def test_every_word_that_the_guard_blocks_with_is_known() -> None:
    for word in (UNINSPECTED, MEDIA, *DETECTORS):
        assert ask(Said(status=400, body={"error": {"code": word}})).filtered


def test_a_refusal_that_has_a_field_of_its_own_is_an_answer() -> None:
    whole = {"choices": [{"message": {"content": None, "refusal": "I won't."}}]}
    assert ask(Said(body=whole)).text == "I won't."


@pytest.mark.parametrize("status", [429, 500, 502, 503, 408])
def test_what_may_come_later_is_told_with_how_long_to_wait(status: int) -> None:
    with pytest.raises(Later) as raised:
        ask(Said(status=status, body={}, fields={"Retry-After": "7"}))
    assert raised.value.seconds == 7
    with pytest.raises(Later) as raised:
        ask(Said(status=status, body={}, fields={"Retry-After": "999999999"}))
    assert raised.value.seconds == 60


@pytest.mark.parametrize("status", [401, 403, 404])
def test_what_holds_for_every_request_ends_the_run_with_a_plain_word(status: int) -> None:
    with pytest.raises(EndpointRefuses, match="--model") as raised:
        ask(
            Said(
                status=status,
                body={"error": {"code": "invalid_api_key", "message": "your key sk-123 is wrong"}},
            )
        )
    assert raised.value.word == "invalid_api_key"
    assert "sk-123" not in str(raised.value)


def test_a_word_that_is_a_sentence_is_not_repeated() -> None:
    with pytest.raises(EndpointRefuses) as raised:
        ask(Said(status=401, body={"error": "\x1b[31m your key sk-123 is wrong"}))
    assert raised.value.word == ""


@pytest.mark.parametrize(
    "body",
    [{}, {"choices": []}, {"choices": [{"message": {"content": 7}}]}, {"choices": "x"}],
    ids=json.dumps,
)
def test_what_is_no_chat_completion_is_no_answer(body: dict[str, object]) -> None:
    with pytest.raises(Unanswerable):
        ask(Said(body=body))


def test_other_faults_concern_one_request() -> None:
    with pytest.raises(Unanswerable, match="400"):
        ask(Said(status=400, body={"error": {"code": "context_length_exceeded"}}))


def test_an_answer_is_kept_up_to_its_bound_and_an_endless_one_is_dropped() -> None:
    assert len(ask("a" * (LONGEST + 1000)).text) == LONGEST
    with pytest.raises(Unanswerable, match="too large"):
        ask("a" * (LARGEST + 1))


def test_nobody_there_may_come_later() -> None:
    with endpoint(lambda _: "x") as model:
        gone = chat(model.port)
    with pytest.raises(Later):
        gone.ask(HELLO)


def test_an_answer_shows_none_of_its_text_where_it_is_printed() -> None:
    assert "secret plan" not in repr(ask("secret plan"))


def test_an_address_where_nobody_may_go_ends_the_run() -> None:
    client = Client.plain("127.0.0.1", 9)
    with pytest.raises(AddressRefused):
        Chat(lambda body: client.request("POST", "/v1/chat/completions", (), body), "m").ask(HELLO)
