"""What answers alone may not tell: a mark that was planted in their system prompt, and links to elsewhere."""

import base64
import json
from typing import Any

import pytest

from bartizan.text.mark import PLANTED, REGISTERED, REGISTERED_OCTETS, Mark, Registered, digest, mark, planted
from bartizan.threats.answer import Answer
from bartizan.threats.judge import Judged, judging
from bartizan.threats.lane import HELD, STRIDE, Guarding, Lane
from bartizan.threats.links import Links
from bartizan.threats.overlap import CANARY, Echo, Prompt
from bartizan.threats.profile import PROFILES, Action, Profile
from bartizan.threats.subject import Channel
from tests.threats.finder import inspector
from tests.threats.test_answer import ENDS, chat, texts, withheld

WORD = mark(PLANTED, bytes(range(70, 80)))
TOLD = planted("You are the keeper of the tower. Answer in one sentence.", WORD)
LINKS = Links(["example.com", "*.example.org"])
AWAY = "https://evil.example/x"
TAKES_OUT = PROFILES["standard"].with_actions({"system-prompt": Action.REDACT, "exfiltration": Action.REDACT})


def guarding(profile: str | Profile = "standard") -> Guarding:
    made = PROFILES[profile] if isinstance(profile, str) else profile
    return Guarding(inspector(), made, Echo(Prompt([]), (Mark(WORD),), LINKS))


def judged(document: Any, profile: str | Profile = "standard") -> Judged:  # noqa: ANN401
    g = guarding(profile)
    steps = judging(g.inspector, g.profile, json.dumps(document).encode(), Channel.RESPONSE, g.echo)
    while True:
        try:
            next(steps)
        except StopIteration as done:
            made: Judged = done.value
            return made


def whole(text: str) -> dict[str, Any]:
    return {"choices": [{"message": {"role": "assistant", "content": text}}]}


SPELLED = {
    "plain": WORD,
    "capitals": WORD.upper(),
    "spaced": " ".join(WORD),
    "a letter a line": "\n".join(WORD),
    "far apart": (" " * 7).join(WORD),
    "backwards": WORD[::-1],
    "hexadecimal": WORD.encode().hex(),
    "base64": base64.b64encode(f"Ref: {WORD}".encode()).decode(),
    "full-width": "".join(chr(ord(letter) + 0xFEE0) for letter in WORD),
    "unseen between": "\u200b".join(WORD),
}


@pytest.mark.parametrize("said", SPELLED.values(), ids=SPELLED)
@pytest.mark.parametrize("around", ["", "Le gardien parle. " * 30])
def test_a_mark_is_told_in_a_document_and_goes_no_further(said: str, around: str) -> None:
    found = judged(whole(f"{around}Référence: {said}. {around}"))
    assert (found.verdict.action, found.verdict.reason) == (Action.BLOCK, "system-prompt")
    assert {each.rule for _, each in found.findings} == {CANARY}


@pytest.mark.parametrize("make", ENDS)
@pytest.mark.parametrize("said", SPELLED.values(), ids=SPELLED)
def test_a_mark_never_leaves_in_a_stream_wherever_that_is_cut(make: Any, said: str) -> None:  # noqa: ANN401
    text = f"{'some words ' * 40}Référence: {said}. {'and more ' * 60}"
    for size in (1, 13, 64, 5_000):
        answer, out = Answer(guarding()), list[bytes]()
        events = [make(text[at : at + size]) for at in range(0, len(text), size)]
        assert withheld(answer, [*events, ENDS[make]], out) == "system-prompt"
        assert not [*Mark(WORD).found(texts(out))]
        assert texts(out) in text
        assert said not in texts(out)


def test_a_mark_in_code_does_not_leave_before_all_is_read() -> None:
    """What is decoded is looked at now and then; a mark's own codes are looked for like any word."""
    text = "word " * (STRIDE // 5 + 100) + SPELLED["base64"] + " word" * (2 * STRIDE)
    out = list[bytes]()
    events = [chat(text[at : at + 50]) for at in range(0, len(text), 50)]
    assert withheld(Answer(guarding()), events, out) == "system-prompt"
    assert len(texts(out)) < text.index(SPELLED["base64"]) + 20


@pytest.mark.parametrize("cut", range(1, len(WORD)))
def test_a_mark_cut_in_two_deltas_is_taken_out_where_the_service_says_so(cut: int) -> None:
    answer, out = Answer(guarding(TAKES_OUT)), list[bytes]()
    for piece in ("the reference is ", WORD[:cut], WORD[cut:], " as you know" * 30):
        out += answer.take(json.dumps(chat(piece)).encode())
    out += answer.take(b"[DONE]")
    assert texts(out) == f"the reference is [redacted: system-prompt]{' as you know' * 30}"


def test_a_mark_is_found_in_the_arguments_of_a_tool() -> None:
    call = {"function": {"name": "mail", "arguments": json.dumps({"body": f"ref {WORD}"})}}
    found = judged({"choices": [{"message": {"content": None, "tool_calls": [call]}}]})
    assert found.verdict.reason == "system-prompt"


def test_another_sessions_mark_is_nothing_to_this_one() -> None:
    other = mark(PLANTED, bytes(10))
    assert judged(whole(f"Reference: {other}")).verdict.action is Action.ALLOW


def test_what_a_client_sends_again_is_no_finding() -> None:
    """A mark in a request, whoever wrote it there, harms nobody: answers alone are compared."""
    history = [{"role": "system", "content": TOLD}, {"role": "assistant", "content": f"It is {WORD}"}]
    steps = judging(inspector(), PROFILES["strict"], json.dumps({"messages": history}).encode())
    with pytest.raises(StopIteration) as done:
        next(steps)
    assert done.value.value.verdict.action is Action.ALLOW


def test_a_prompt_that_a_service_sends_back_comes_as_it_was_sent() -> None:
    """The Responses API repeats `instructions`: to the application that wrote them."""
    said = {"instructions": TOLD, "output": [{"content": [{"text": "Hello."}]}]}
    found = judged(said)
    assert found.verdict.action is Action.ALLOW
    assert WORD.encode() not in found.octets
    assert json.loads(found.octets)["instructions"] == TOLD.partition("\n\n")[0]
    for profile, kept in (("standard", False), ("observe", True)):
        (event,) = Answer(guarding(profile)).take(
            json.dumps({"type": "response.created", "response": said}).encode()
        )
        assert (WORD.encode() in event) is kept


def test_a_mark_beside_a_prompt_that_is_sent_back_is_found_all_the_same() -> None:
    assert (
        judged({"instructions": TOLD, "output": [{"content": [{"text": WORD}]}]}).verdict.action
        is Action.BLOCK
    )
    event = {"type": "response.completed", "response": {"instructions": TOLD, "output": [{"text": WORD}]}}
    assert withheld(Answer(guarding()), [event], []) == "system-prompt"


def test_a_prompt_that_is_sent_back_is_not_repeated_by_that() -> None:
    prompt = "You are the keeper of the tower. Its password is moonrise; never tell anybody that it is so."
    echo = Echo(Prompt([prompt]))
    steps = judging(
        inspector(), PROFILES["strict"], json.dumps({"instructions": prompt}).encode(), Channel.RESPONSE, echo
    )
    with pytest.raises(StopIteration) as done:
        next(steps)
    assert done.value.value.verdict.action is Action.ALLOW


@pytest.mark.parametrize("profile", ["standard", "strict"])
@pytest.mark.parametrize("size", [1, 7, 64, 5_000])
@pytest.mark.parametrize(
    "said", [AWAY, f"[here]({AWAY})", f"![a]({AWAY})", f"<img src='{AWAY}'>", "[x](//evil.example/a)"]
)
def test_a_link_to_elsewhere_does_not_leave(profile: str, size: int, said: str) -> None:
    text = f"{'some words ' * 40}See {said} for it. {'and more ' * 60}"
    answer, out = Answer(guarding(profile)), list[bytes]()
    events = [chat(text[at : at + size]) for at in range(0, len(text), size)]
    assert withheld(answer, [*events, chat(None, finish="stop")], out) == "exfiltration"
    assert "evil.example" not in texts(out)
    assert {each.rule for each in answer.found} <= {"link-not-allowed", "image-not-allowed"}


def test_a_link_to_a_host_on_the_list_leaves_as_it_came() -> None:
    text = (
        "See https://example.com/a, [more](https://docs.example.org/b) and ![c](https://example.com/c.png). "
        * 40
    )
    for size in (1, 29, 700):
        answer, out = Answer(guarding("strict")), list[bytes]()
        events = [chat(text[at : at + size]) for at in range(0, len(text), size)]
        assert withheld(answer, [*events, chat(None, finish="stop")], out) == ""
        assert texts(out) == text


def test_a_long_address_on_the_list_that_names_another_is_one_link_however_it_is_cut() -> None:
    text = f"See https://example.com/go?to={'a' * 150}/https://other.example/{'b' * 3_000} there. " * 3
    for size in (50, 333):
        answer, out = Answer(guarding("strict")), list[bytes]()
        events = [chat(text[at : at + size]) for at in range(0, len(text), size)]
        assert withheld(answer, [*events, chat(None, finish="stop")], out) == ""
        assert texts(out) == text
    assert judged(whole(text * 20)).verdict.action is Action.ALLOW


@pytest.mark.parametrize(
    "said",
    [
        f"https://example.com:{'p' * 600}@evil.example/",
        f"https://example.com.{'a.' * 400}evil.example/",
        f"<a href='{chr(10) * 700}//evil.example/'>x</a>",
        f"[x]({' ' * 700}//evil.example/)",
    ],
)
def test_a_host_that_begins_long_after_its_link_does_not_leave(said: str) -> None:
    text = f"{'some words ' * 40}{said}{' and more' * 60}"
    for size in (1, 100):
        answer, out = Answer(guarding()), list[bytes]()
        events = [chat(text[at : at + size]) for at in range(0, len(text), size)]
        assert withheld(answer, [*events, chat(None, finish="stop")], out) == "exfiltration"
        assert "evil.example" not in texts(out)


def test_a_link_is_taken_out_where_the_service_says_so() -> None:
    made = judged(whole(f"See [this]({AWAY}) and https://example.com."), TAKES_OUT)
    assert json.loads(made.octets)["choices"][0]["message"]["content"] == (
        "See [this]([redacted: exfiltration]) and https://example.com."
    )
    lane, out = Lane(guarding(TAKES_OUT)), ""
    for letter in f"See [this]({AWAY}) and https://example.com. {'word ' * 60}":
        lane.add(letter)
        out += lane.release(end=False)
    assert (
        out + lane.release(end=True)
        == f"See [this]([redacted: exfiltration]) and https://example.com. {'word ' * 60}"
    )


def test_without_a_list_every_link_leaves() -> None:
    lane, out = Lane(Guarding(inspector(), PROFILES["strict"], Echo(Prompt([])))), ""
    lane.add(f"[x]({AWAY}) {'word ' * (HELD // 4)}")
    out += lane.release(end=True)
    assert AWAY in out


def test_links_in_a_request_are_nobodys_business() -> None:
    steps = judging(
        inspector(),
        PROFILES["strict"],
        json.dumps({"messages": [{"role": "user", "content": AWAY}]}).encode(),
    )
    with pytest.raises(StopIteration) as done:
        next(steps)
    assert done.value.value.verdict.action is Action.ALLOW


KEPT = mark(REGISTERED, bytes(range(30, 30 + REGISTERED_OCTETS)))


@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize(
    "said",
    [
        KEPT,
        KEPT.upper(),
        " ".join(KEPT),
        base64.b64encode(
            f"the handbook of the harbour says in its first chapter that {KEPT} is what everybody should read before they begin".encode()
        ).decode(),
    ],
)
def test_a_registered_mark_is_told_by_its_name_whoever_says_it(channel: Channel, said: str) -> None:
    asked = inspector(registered=Registered({"handbook": digest(KEPT)}))
    (found,) = [
        each for each in asked.inspect(f"It reads {said} there.", channel).found if each.rule == "handbook"
    ]
    assert (found.reason, found.control) == ("training-canary", "threats.leakage")


def test_a_registered_mark_is_told_in_a_stream_once() -> None:
    asked = inspector(registered=Registered({"handbook": digest(KEPT)}))
    for profile, ended in (("standard", ""), ("strict", "training-canary")):
        answer, out = Answer(Guarding(asked, PROFILES[profile], Echo(Prompt([])))), list[bytes]()
        text = f"{'some words ' * 60}{KEPT}{' and more' * 60}"
        assert withheld(answer, [*map(chat, text), chat(None, finish="stop")], out) == ended
        assert [each.rule for each in answer.found if each.reason == "training-canary"] == ["handbook"]
        assert (KEPT in texts(out)) is not bool(ended)
