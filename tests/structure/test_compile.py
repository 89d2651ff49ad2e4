"""What mypyc would make something else of is refused before it is compiled."""

import pytest

from tools import compile as compiling


def test_what_is_compiled_means_the_same_compiled() -> None:
    compiling.require_plain_classes()


@pytest.mark.parametrize(
    ("folder", "module", "what"),
    [
        ("gateway", "judged", "a class with words in its head cannot be compiled"),
        ("crypto", "tls_plaintext", "Transport has attributes and is not compiled"),
    ],
)
def test_a_class_that_would_mean_something_else_is_refused(
    folder: str, module: str, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(compiling.MODULES, folder, (module,))
    with pytest.raises(compiling.NotCompiled, match=what):
        compiling.require_plain_classes()
