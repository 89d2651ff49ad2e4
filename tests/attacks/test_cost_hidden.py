"""An adversary whose tokens and money are limited has a request cost more than the gateway holds for it."""

import json
from typing import Any

import pytest

from bartizan.gateway.faults import Refusal
from bartizan.gateway.judged import Judged
from bartizan.gateway.protocols.openai import ROWS
from bartizan.gateway.protocols.responses import BACKGROUND_TOKENS
from tests.gateway.scene import client, request, run, standing
from tests.gateway.test_reserve import Counting, spent
from tests.gateway.test_responses import RESPONSE, said

READERS = {row.name: row.reader for row in ROWS}
CHAT = {"model": "m", "messages": [{"role": "user", "content": "x"}]}


def judged(route: str, **fields: Any) -> Judged:  # noqa: ANN401 - JSON
    return READERS[route].read(json.dumps(fields).encode())


@pytest.mark.parametrize(
    ("one", "other", "most"),
    [(1, 9000, 9000), (9000, 1, 9000), (None, 7, 7), (7, None, 7), (0, 7, 7), (0, 0, 0)],
)
def test_of_two_bounds_of_an_answer_the_larger_is_held(one: int | None, other: int | None, most: int) -> None:
    assert judged("chat", **CHAT, max_tokens=one, max_completion_tokens=other).most_tokens == most


@pytest.mark.parametrize(
    ("prompt", "choices"),
    [("a", 6), (["a"], 6), (["a"] * 50, 300), ([1, 2, 3], 6), ([[1], [2, 3]], 12)],
)
def test_every_prompt_of_a_request_is_an_answer_to_be_paid(prompt: object, choices: int) -> None:
    assert judged("completions", model="m", prompt=prompt, n=2, best_of=6).choices == choices


def test_no_model_is_left_for_the_service_to_choose() -> None:
    for fields in ({}, {"model": None}, {"input": "x"}, {"previous_response_id": "r"}, {"prompt": None}):
        with pytest.raises(Refusal) as caught:
            judged("responses", **fields)
        assert (caught.value.reason, caught.value.param) == ("field-missing", "model")
    assert judged("responses", prompt={"id": "p"}).model == ""


@pytest.mark.parametrize(
    ("more", "held"),
    [
        (b"", 1024),
        (b',"background":false', 1024),
        (b',"background":true', BACKGROUND_TOKENS),
        (b',"background":true,"max_output_tokens":50', 50),
    ],
)
def test_an_answer_that_is_fetched_later_is_paid_by_its_bound(more: bytes, held: int) -> None:
    counting = Counting()
    queued = RESPONSE | {"status": "queued", "usage": None}

    async def script(_received: Any, writer: Any) -> None:  # noqa: ANN401 - of the scene
        writer.write(said(queued))

    async def scenario() -> None:
        async with standing(counting.prepare) as scene, client(scene) as one:
            scene.upstream.script = script
            body = b'{"model":"m"%b}' % more
            assert (await one.ask(request(b"POST", b"/v1/responses", body))).status == 200
            assert spent(scene) == [(len(body) // 4 + 1, held)]

    run(scenario())
