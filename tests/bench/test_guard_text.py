"""Every kind of text is measured with both sieves, and what is written to be slow as well."""

import pytest

from bench import guard_text

pytestmark = pytest.mark.slow


def test_texts_are_of_the_size_that_is_told_and_each_is_another() -> None:
    for kind, texts in guard_text._kinds():
        assert all(len(text.encode()) <= guard_text.SIZE for text in texts), kind
        assert len({*texts}) == len(texts) > 10, kind


def test_each_kind_has_a_line_with_figures(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds = [(kind, texts[:2]) for kind, texts in guard_text._kinds()]
    monkeypatch.setattr(guard_text, "_kinds", lambda: iter(kinds))
    monkeypatch.setattr(guard_text, "_written_to_be_slow", lambda: iter([("nested", "a\u200b" * 100)]))
    assert guard_text.main(["--rounds", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    for kind, _texts in [*kinds, ("nested", [])]:
        assert sum(line.startswith(f"| {kind} ") for line in lines) == 1
