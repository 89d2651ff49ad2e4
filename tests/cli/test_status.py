"""What `bartizan status` says of the guard."""

import pytest

from bartizan.cli.status import _guard


def test_status_names_the_model_of_injections_or_says_loudly_that_there_is_none() -> None:
    said = _guard("re2", "2026-11-27", "2026-11-28")
    assert (
        said
        == "inspects by re2, injections by the model of 2026-11-27, documents by the encoder of 2026-11-28"
    )
    assert "NO MODEL OF INJECTIONS" in _guard("hyperscan", "", "2026-11-28")


@pytest.mark.parametrize(
    ("encoder", "word"),
    [("", "without an encoder"), ("broken", "THE ENCODER IS BROKEN")],
)
def test_status_says_that_the_encoder_is_not_there(encoder: str, word: str) -> None:
    assert word in _guard("re2", "2026-11-27", encoder)
