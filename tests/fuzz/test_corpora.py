"""What fuzzing found once stays found: each promise of a target holds for its seeds and for every input that was kept."""

import pytest

from fuzz.target import CORPORA, kept, load, names


@pytest.mark.parametrize("name", names())
def test_every_input_that_was_kept_is_taken_as_promised(name: str) -> None:
    target = load(name)
    for label, octets in kept(name):
        assert target.run(octets), label


@pytest.mark.parametrize("name", names())
def test_every_target_has_a_corpus_of_few_and_small_inputs(name: str) -> None:
    files = list((CORPORA / name).glob("*"))
    assert 0 < len(files) <= 150
    assert max(file.stat().st_size for file in files) <= load(name).longest


def test_every_corpus_has_a_target() -> None:
    assert {folder.name for folder in CORPORA.iterdir()} == set(names())
