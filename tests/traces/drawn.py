"""Passages, any that there may be."""

from hypothesis import strategies as st

from bartizan.traces.passage import Passage

_hex = "0123456789abcdef"
traces = st.text(_hex, min_size=32, max_size=32).filter(lambda text: set(text) != {"0"})
spans = st.text(_hex, min_size=16, max_size=16).filter(lambda text: set(text) != {"0"})
words = st.from_regex(r"\A[a-z0-9][a-z0-9._-]{0,62}\Z")
_whole = st.integers(0, 2**62)
_maybe_word = st.just("") | words

passages = st.builds(
    Passage,
    trace=traces,
    parent=st.just("") | spans,
    span=spans,
    call=spans,
    who=spans.map(lambda digits: f"p-{digits}"),
    service=words,
    target=_maybe_word,
    route=words,
    operation=st.sampled_from(["", "chat", "text_completion", "embeddings"]),
    method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]),
    minor=st.integers(0, 1),
    model=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=256),
    stream=st.booleans(),
    status=st.integers(100, 999),
    answered=st.just(0) | st.integers(100, 999),
    reason=st.just("done") | words,
    control=_maybe_word,
    started=_whole,
    sent=st.just(0) | _whole,
    ended=_whole,
    first=_whole,
    tries=_whole,
    input=_whole,
    output=_whole,
)


def a_passage(**more: object) -> Passage:
    """Return a passage as most are, but for what is named."""
    common: dict[str, object] = {
        "trace": "1" * 32, "parent": "", "span": "2" * 16, "call": "3" * 16, "who": f"p-{'4' * 16}",
        "service": "main", "target": "main", "route": "chat", "operation": "chat", "method": "POST", "minor": 1,
        "model": "", "stream": False, "status": 200, "answered": 200, "reason": "done", "control": "",
        "started": 1_000, "sent": 2_000, "ended": 9_000, "first": 0, "tries": 1, "input": 3, "output": 5,
    }  # fmt: skip
    return Passage(**(common | more))  # type: ignore[arg-type]  # each is of its field's type
