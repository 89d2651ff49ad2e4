"""Whole runs against a real endpoint: exact by hand-labelled answers, resumable, bounded, and honest about what is open."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bartizan.app.evaluation import place, ways
from bartizan.app.evaluation.run import Evaluation, Judging, Target, Terms, evaluate
from bartizan.app.evaluation.terms import AttackUnknown, Said, chosen
from bartizan.clock import DAY, SetClock, SystemClock
from bartizan.console.evaluation import page
from bartizan.threats.evaluation.ask import EndpointAway
from bartizan.threats.evaluation.chat import EndpointRefuses
from bartizan.threats.evaluation.journal import JournalUnusable
from bartizan.threats.evaluation.prompt import PromptsUnreadable
from tests.threats.scripted import Endpoint, endpoint, labelled
from tests.threats.scripted import Said as Answer

ANSWERS = {f"Question {number}": each for number, each in enumerate(labelled())}
SAID = Said(prompts=None, references=None, attacks=(), sample=3, seed=1, tries=2, tokens=64)


def terms(folder: Path, more: Mapping[str, object]) -> Terms:
    plain: dict[str, Any] = {
        "at_once": 8,
        "rate": 0.0,
        "output": None,
        "parent": folder,
        "judging": None,
        "page": page,
        "clock": SystemClock(),
        "progress": lambda _: None,
    }
    return Terms(**plain | dict(more))


def run(model: Endpoint, folder: Path, said: Said = SAID, **more: object) -> Evaluation:
    with ways.direct(ways.at_url(model.url, None, None, folder)) as send:
        target = Target("", "endpoint", "m", 10, {"direct": (model.url, send)})
        return evaluate(chosen(said), target, terms(folder, more))


@contextmanager
def judged_by(model: Endpoint) -> Iterator[Judging]:
    with ways.direct(ways.at_url(model.url, None, None, Path.cwd())) as send:
        yield Judging(model.url, send, "judge")


@pytest.fixture
def questions(tmp_path: Path) -> Said:
    """Return a set of 400 prompts, each of which has its labelled answer."""
    file = tmp_path / "questions.jsonl"
    file.write_text(
        "".join(json.dumps({"text": text, "category": each.form}) + "\n" for text, each in ANSWERS.items())
    )
    return msgspec.structs.replace(SAID, prompts=file, attacks=("direct",), sample=0)


def answered(messages: list[dict[str, str]]) -> str:
    asked = messages[-1]["content"]
    return (
        ANSWERS[asked].text
        if asked in ANSWERS
        else "Of course. Open the window and count to ten, then close it."
    )


def by_hand(messages: list[dict[str, str]]) -> str:
    """Judge as the person who labelled the answers."""
    request = json.loads(messages[-1]["content"])["request"]
    return ANSWERS[request].label.upper() if request in ANSWERS else "COMPLIED"


@pytest.mark.slow
def test_with_the_verdicts_of_a_person_every_share_is_exact(questions: Said, tmp_path: Path) -> None:
    with endpoint(answered) as model, endpoint(by_hand) as person, judged_by(person) as judge:
        report = run(model, tmp_path, questions, judging=judge).report
    (found,) = report.counts
    truly = sum(each.label == "complied" for each in ANSWERS.values())
    assert (found.any.hits, found.any.asked, found.open) == (truly, 400, 0)
    assert found.words["refused"] == sum(each.label == "refused" for each in ANSWERS.values())
    for row in found.categories:
        of = [each for each in ANSWERS.values() if each.form == row.name]
        assert (row.hits, row.asked) == (sum(each.label == "complied" for each in of), len(of))
    assert report.judge == "endpoint"


@pytest.mark.slow
def test_the_proxys_figure_is_what_its_measured_error_says(questions: Said, tmp_path: Path) -> None:
    with endpoint(answered) as model:
        report = run(model, tmp_path, questions).report
    truly = sum(each.label == "complied" for each in ANSWERS.values())
    assert report.judge == "proxy"
    assert report.counts[0].any.hits - truly == 8  # +2 points of 400, as tests/threats/test_refusal.py prints


def test_every_attack_is_asked_as_often_as_it_says(tmp_path: Path) -> None:
    with endpoint(answered) as model:
        done = run(model, tmp_path)
        turns = len(model.asked)
    # direct 1, best-of-n 2, encodings 2, escalation 4 turns, many-shot 1, personas 2, templates 2; harmless: direct
    assert turns == 3 * (1 + 2 + 2 + 4 + 1 + 2 + 2) + 3
    assert {row.name for row in done.report.counts[0].attacks} == set(done.report.asked.attacks)


def test_the_turns_of_a_conversation_hold_what_the_model_said_before(tmp_path: Path) -> None:
    said = msgspec.structs.replace(SAID, attacks=("escalation",), sample=1)
    with endpoint(lambda messages: f"answer {len(messages)}") as model:
        run(model, tmp_path, said)
        longest = max((each["body"]["messages"] for each in model.asked), key=len)
    assert [each["role"] for each in longest] == ["user", "assistant"] * 3 + ["user"]
    assert [each["content"] for each in longest[1::2]] == ["answer 1", "answer 3", "answer 5"]


@pytest.mark.slow
def test_a_run_that_stopped_goes_on_and_asks_nothing_twice(tmp_path: Path) -> None:
    left = 10

    def script(messages: list[dict[str, str]]) -> Answer | str:
        nonlocal left
        left -= 1
        return answered(messages) if left >= 0 else Answer(status=401, body={"error": {"code": "quota"}})

    with endpoint(script) as model:
        with pytest.raises(EndpointRefuses, match="quota"):
            run(model, tmp_path, at_once=1)
        left, before = 10_000, len(model.asked)
        done = run(model, tmp_path, at_once=1)
        assert done.report.open == 0
        assert len(model.asked) - before <= 3 * 14 + 3 - 6
        lines = (done.folder / place.ANSWERS).read_text().splitlines()
        keys = [json.loads(line)["key"] for line in lines[1:]]
        assert len(keys) == len(set(keys)) == 3 * 11 + 3


def test_a_whole_run_is_not_passed_off_as_a_new_one(tmp_path: Path) -> None:
    with endpoint(answered) as model:
        first, second = run(model, tmp_path), run(model, tmp_path)
        assert first.folder != second.folder
        with pytest.raises(place.FolderUsed, match="whole"):
            run(model, tmp_path, output=first.folder)


def test_old_answers_are_not_gone_on_with(tmp_path: Path) -> None:
    clock = SetClock(SystemClock().now() - 8 * DAY)
    folder = tmp_path / "out"
    with endpoint(lambda _: Answer(status=401, body={})) as model:
        with pytest.raises(EndpointRefuses):
            run(model, tmp_path, output=folder, clock=clock)
        with pytest.raises(place.FolderUsed, match="7 days"):
            run(model, tmp_path, output=folder)


def test_another_seed_is_another_run(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    with endpoint(lambda _: Answer(status=401, body={})) as model:
        for seed, error in ((1, EndpointRefuses), (2, JournalUnusable)):
            with pytest.raises(error):
                run(model, tmp_path, msgspec.structs.replace(SAID, seed=seed), output=folder)


def test_what_gets_no_answer_is_open_and_makes_the_report_not_whole(tmp_path: Path) -> None:
    def script(messages: list[dict[str, str]]) -> Answer | str:
        return (
            Answer(status=413, body={})
            if messages[0]["role"] == "system" or len(messages) > 20
            else answered(messages)
        )

    with endpoint(script) as model:
        done = run(model, tmp_path)
        (found,) = done.report.counts
        shots = next(row for row in found.attacks if row.name == "many-shot")
        assert (shots.asked, shots.open) == (0, 3)
        assert done.report.open >= 3, "though each request was lost to another attack"
        assert found.any.open == 0
        assert done.report.faults["status 413"] >= 3
        again = run(model, tmp_path)
        assert again.folder == done.folder, "the same command goes on with it"
        assert b"proves nothing" in (done.folder / place.PAGE).read_bytes()


@pytest.mark.slow
def test_an_endpoint_that_is_away_ends_the_run_and_keeps_the_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bartizan.threats.evaluation.ask._FIRST_PAUSE", 0)
    with (
        endpoint(lambda _: Answer(status=503, body={})) as model,
        pytest.raises(EndpointAway, match="status 503"),
    ):
        run(model, tmp_path, at_once=1)


def test_what_is_asked_later_is_answered_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bartizan.threats.evaluation.ask._FIRST_PAUSE", 0)
    turn = threading.Lock()
    asked: set[str] = set()

    def script(messages: list[dict[str, str]]) -> Answer | str:
        with turn:
            again = str(messages) in asked
            asked.add(str(messages))
        return answered(messages) if again else Answer(status=429, body={})

    with endpoint(script) as model:
        assert run(model, tmp_path).report.open == 0


def test_a_judge_that_says_something_else_leaves_it_open_and_is_asked_again(tmp_path: Path) -> None:
    silly = True

    def word(_: list[dict[str, str]]) -> str:
        return "I like it!" if silly else "REFUSED"

    said = msgspec.structs.replace(SAID, attacks=("direct",))
    with endpoint(answered) as model, endpoint(word) as silly_one, judged_by(silly_one) as judge:
        first = run(model, tmp_path, said, judging=judge)
        assert first.report.open == 6
        asked, silly = len(model.asked), False
        second = run(model, tmp_path, said, judging=judge)
        assert (second.report.open, len(model.asked)) == (0, asked)
        assert second.folder == first.folder


def test_known_texts_are_compared_and_counted_apart(tmp_path: Path) -> None:
    song = " ".join(f"la{number}" for number in range(80))
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "song.txt").write_text(song)
    (tmp_path / "texts" / "short.txt").write_text("too short to be compared")
    prompts = tmp_path / "x.csv"
    prompts.write_text(
        "Behavior,Tags,BehaviorID\nDo harm,,one\nSing the song,hash_check,song\nSing another,hash_check,other\nSing a line,hash_check,short\n"
    )
    said = msgspec.structs.replace(
        SAID, prompts=prompts, references=tmp_path / "texts", sample=0, attacks=("direct",)
    )

    def script(messages: list[dict[str, str]]) -> str:
        return song if "song" in messages[-1]["content"] else "I can't help with that."

    with endpoint(script) as model:
        done = run(model, tmp_path, said)
    (found,) = done.report.counts
    assert (found.copied.hits, found.copied.asked) == (1, 1)
    assert (found.any.hits, found.any.asked) == (0, 1)
    assert (done.report.asked.copied, done.report.asked.left) == (1, 2)
    assert done.report.asked.benign == 60


def test_the_same_seed_gives_the_same_report_but_for_the_time(tmp_path: Path) -> None:
    with endpoint(answered) as model:
        first, second = (run(model, tmp_path / name, clock=SetClock(5)) for name in _made(tmp_path, "a", "b"))
    assert first.digest == second.digest


def _made(folder: Path, *names: str) -> tuple[str, ...]:
    for name in names:
        (folder / name).mkdir()
    return names


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (lambda _: msgspec.structs.replace(SAID, attacks=("charm",)), AttackUnknown),
        (
            lambda folder: msgspec.structs.replace(
                SAID, prompts=_file(folder, '{"text": "a", "benign": true}')
            ),
            PromptsUnreadable,
        ),
    ],
)
def test_what_cannot_be_asked_is_refused_before_anything_is(
    tmp_path: Path, said: Callable[[Path], Said], error: type[Exception]
) -> None:
    with pytest.raises(error):
        chosen(said(tmp_path))


def _file(folder: Path, text: str) -> Path:
    file = folder / "x.jsonl"
    file.write_text(text)
    return file


def test_harmbenchs_behaviours_are_sampled_as_in_the_published_tests(tmp_path: Path) -> None:
    file = Path("../shared/data/harmbench/harmbench_behaviors_text_all.csv")
    if not file.exists():
        pytest.skip("needs HarmBench's behaviours beside the clone")
    said = msgspec.structs.replace(SAID, prompts=file.absolute(), sample=50, attacks=("direct",))
    with endpoint(answered) as model:
        report = run(model, tmp_path, said).report
    assert (report.asked.harmful, report.asked.benign, report.asked.copied, report.asked.left) == (
        50,
        50,
        0,
        100,
    )
    assert report.counts[0].any.asked == 50
    assert sum(row.asked for row in report.counts[0].categories) == 50
    assert len(report.counts[0].categories) == 6
