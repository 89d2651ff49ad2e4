"""What `bartizan status` says of the guard."""

from bartizan.cli.status import _guard


def test_status_names_the_model_of_injections_or_says_loudly_that_there_is_none() -> None:
    assert _guard("re2", "2026-11-27") == "inspects by re2, injections by the model of 2026-11-27"
    assert "NO MODEL OF INJECTIONS" in _guard("hyperscan", "")
