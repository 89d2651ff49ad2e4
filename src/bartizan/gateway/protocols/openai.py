"""The OpenAI API, as its own service and the many that are compatible with it speak it."""

from typing import Final

from bartizan.gateway.body import JsonBody, NoBody
from bartizan.gateway.faults import refusal
from bartizan.gateway.judged import Judged
from bartizan.gateway.protocols import responses
from bartizan.gateway.protocols.chat import ChatRequest, CompletionRequest, EmbeddingRequest
from bartizan.gateway.protocols.dialect import Dialect, Row


def judged_chat(request: ChatRequest, octets: bytes) -> Judged:
    """Return what decisions need of a chat request."""
    most, older = request.max_completion_tokens or 0, request.max_tokens
    if older and older > most:  # which of the two counts, each service decides
        most = older
    return Judged(octets, request.model, request.stream is True, most, choices=request.n or 1)


def judged_completion(request: CompletionRequest, octets: bytes) -> Judged:
    """Return what decisions need of a completion request. Raises `Refusal` for a prompt of mixed kinds."""
    prompt = request.prompt
    require_one_kind(prompt, "prompt")
    choices = max(request.n or 1, request.best_of or 1)
    if isinstance(prompt, list) and not isinstance(prompt[0], int):
        choices *= len(prompt)  # each is answered by itself
    return Judged(octets, request.model, request.stream is True, request.max_tokens or 0, choices=choices)


def judged_embedding(request: EmbeddingRequest, octets: bytes) -> Judged:
    """Return what decisions need of an embedding request. Raises `Refusal` for an input of mixed kinds."""
    require_one_kind(request.input, "input")
    return Judged(octets, request.model)


def require_one_kind(value: str | list[str | int | list[int]], field: str) -> None:
    """Refuse a list that is empty or mixes texts, tokens and lists of tokens."""
    if isinstance(value, list) and (not value or len({type(item) for item in value}) > 1):
        raise refusal("field-invalid", param=field)


ASKED: Final = (
    Row("chat", b"POST", "/chat/completions", "chat", JsonBody(ChatRequest, judged_chat)),
    Row("completions", b"POST", "/completions", "complete", JsonBody(CompletionRequest, judged_completion)),
    Row("embeddings", b"POST", "/embeddings", "embed", JsonBody(EmbeddingRequest, judged_embedding)),
)
"""Chat, completions and embeddings."""
MODELS: Final = (
    Row("models", b"GET", "/models", "list-models", NoBody()),
    Row(
        "model",
        b"GET",
        "/models/{model}",
        "list-models",
        NoBody(),
        fill=lambda said: NoBody(said["model"]),
    ),
)
"""The list of models, and one of them."""
ROWS: Final = (*ASKED, *MODELS, *responses.ROWS)
OPENAI: Final = Dialect(ROWS)
