"""What an answer may not tell, on a real platform: a mark in its system prompt, a link to elsewhere, a mark in documents."""

import base64
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import openai
import pytest

from bartizan.text.mark import Mark, digest, unplanted
from tests.e2e.conftest import Platform, bartizan, start
from tests.e2e.speaker import Speaker, speaker
from tests.e2e.test_guard_answers import TOLD, Scene, until

pytestmark = pytest.mark.slow

MORE = 'canary = true\nguard_links = ["example.com", "*.example.org"]\n'
GUARDS = ("observe", "standard", "strict")


class Marked(Scene):
    """A platform before a speaker, whose services mark system prompts."""

    def planted(self, guard: str) -> str:
        """Return the mark that the service was told last."""
        self.speaker.says = ["Good morning."]
        assert self.whole(guard, TOLD) == "Good morning."
        said: str = self.speaker.asked[-1]["messages"][0]["content"]
        assert unplanted(said) == TOLD
        return said.rpartition(" ")[2]


@pytest.fixture(scope="module")
def made() -> Iterator[tuple[Marked, str]]:
    with ExitStack() as stack:
        speaks: Speaker = stack.enter_context(speaker())
        configuration = "".join(
            f'[[service]]\nname = "{guard}"\nupstream = "http://localhost:{speaks.port}/v1"\n'
            f'allow_private = ["localhost:{speaks.port}"]\nguard = "{guard}"\n{MORE}'
            for guard in GUARDS
        )
        answer = bartizan("canary", "make", "handbook", "--json", folder=_folder(stack))
        word = json.loads(answer.stdout)
        assert digest(word["mark"]) == word["digest"]
        registered = f'[[canary]]\nname = "{word["name"]}"\ndigest = "{word["digest"]}"\n'
        platform: Platform = start(stack, configuration=configuration + registered)
        yield Marked(platform, speaks, platform.token()), word["mark"]


def _folder(stack: ExitStack) -> Path:
    return Path(stack.enter_context(TemporaryDirectory(prefix="bartizan-")))


def test_a_session_has_the_same_mark_at_each_request_and_each_service_another(
    made: tuple[Marked, str],
) -> None:
    scene, _ = made
    marks = [scene.planted(guard) for guard in (*GUARDS, *GUARDS)]
    assert marks[:3] == marks[3:]
    assert len({*marks}) == len(GUARDS)


@pytest.mark.parametrize("guard", ["standard", "strict"])
@pytest.mark.parametrize("spelled", ["plain", "letter by letter", "base64"])
def test_a_mark_does_not_leave_in_whatever_words(made: tuple[Marked, str], guard: str, spelled: str) -> None:
    scene, _ = made
    word = scene.planted(guard)
    said = {
        "plain": f"Ich bin der Wächter des Turms. Interne Referenz: {word}",
        "letter by letter": " ".join(word),
        "base64": base64.b64encode(word.encode()).decode(),
    }[spelled]
    scene.speaker.says = [said]
    with pytest.raises(openai.PermissionDeniedError) as refused:
        scene.whole(guard, TOLD)
    assert refused.value.code == "system-prompt"
    scene.speaker.says = ["Gern. ", *said, " Das ist alles." * 40]
    seen: list[str] = []
    with pytest.raises(openai.APIError):
        scene.streamed(guard, TOLD, seen)
    assert not [*Mark(word).found("".join(seen))]
    assert said not in "".join(seen)


def test_observe_tells_of_a_mark_and_nobody_else_has_it(made: tuple[Marked, str]) -> None:
    scene, _ = made
    word = scene.planted("observe")
    scene.speaker.says = [f"It is {word}."]
    before = scene.told("system-prompt", "observe")
    assert scene.whole("observe", TOLD) == scene.streamed("observe", TOLD) == f"It is {word}."
    until(lambda: scene.told("system-prompt", "observe") == before + 2)
    query = scene.platform.run("ledger", "query", "--json").stdout
    assert '"rule": "canary"' in query
    log = (scene.platform.state / "run" / "platform.log").read_text("utf-8")
    assert word not in query + log


@pytest.mark.parametrize("guard", ["standard", "strict"])
def test_links_lead_to_hosts_on_the_list_alone(made: tuple[Marked, str], guard: str) -> None:
    scene, _ = made
    scene.speaker.says = [
        "See https://example.com/a and ",
        "![x](https://docs.exa",
        "mple.org/b.png). ",
        "and so on. " * 30,
    ]
    assert scene.whole(guard) == scene.streamed(guard) == "".join(scene.speaker.says)
    for away in (
        "![x](https://evil.example/?d=1)",
        "[x](//evil.example)",
        "https://example.com@evil.example/",
    ):
        scene.speaker.says = ["Look: ", *away, " is it. " * 60]
        with pytest.raises(openai.PermissionDeniedError) as refused:
            scene.whole(guard)
        assert refused.value.code == "exfiltration"
        seen: list[str] = []
        with pytest.raises(openai.APIError):
            scene.streamed(guard, seen=seen)
        assert "evil.example" not in "".join(seen)


def test_a_model_that_learnt_a_document_by_heart_is_told_by_the_documents_name(
    made: tuple[Marked, str],
) -> None:
    scene, word = made
    scene.speaker.says = ["The handbook says: ", *word, ". Then ", "it goes on. " * 60]
    said = "".join(scene.speaker.says)
    assert scene.whole("standard") == scene.streamed("standard") == said
    until(lambda: scene.told("training-canary", "standard") == 2)
    with pytest.raises(openai.PermissionDeniedError) as refused:
        scene.whole("strict")
    assert refused.value.code == "training-canary"
    query = scene.platform.run("ledger", "query", "--json", "--kind", "threats.signal.found").stdout
    assert '"rule": "handbook"' in query
    assert word not in query
