"""OpenAI's API as Azure has it: under deployments, by dated versions, and in its newer form without either.

Rules of this file: where a path names a deployment, that is the model: decisions are made on it, and a model that
the body names beside it does not go on, so that nobody can take the one for the other. `data_sources` is not taken:
it would carry secrets of the caller's upstream.
"""

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import UNSET

from bartizan.gateway.body import JsonBody
from bartizan.gateway.judged import Judged, Reader
from bartizan.gateway.protocols import openai, responses
from bartizan.gateway.protocols.chat import ChatRequest, CompletionRequest, EmbeddingRequest
from bartizan.gateway.protocols.dialect import Dialect, Row
from bartizan.gateway.protocols.shape import Free, Maybe, Text
from bartizan.gateway.query import Parameters, parameter

_ENCODE: Final = msgspec.json.Encoder().encode
_VERSION: Final = r"20[0-9]{2}-[01][0-9]-[0-3][0-9](?:-preview)?"
_DATED: Final = {"api-version": parameter(_VERSION, required=True)}
_FREE: Final = {"api-version": parameter(rf"{_VERSION}|v1|preview|latest")}


class DeployedChat(ChatRequest, kw_only=True, frozen=True):
    """POST /openai/deployments/{deployment}/chat/completions."""

    model: Maybe[Text] = UNSET  # type: ignore[assignment]  # the path says it
    user_security_context: Maybe[Free] = UNSET


class DeployedCompletion(CompletionRequest, kw_only=True, frozen=True):
    """POST /openai/deployments/{deployment}/completions."""

    model: Maybe[Text] = UNSET  # type: ignore[assignment]  # the path says it


class DeployedEmbedding(EmbeddingRequest, kw_only=True, frozen=True):
    """POST /openai/deployments/{deployment}/embeddings."""

    model: Maybe[Text] = UNSET  # type: ignore[assignment]  # the path says it
    input_type: Maybe[Text] = UNSET


Deployed = DeployedChat | DeployedCompletion | DeployedEmbedding


def judged_deployed(request: Deployed, octets: bytes) -> Judged:
    """Return what decisions need of a request to a deployment, its encoding without a model.

    Raises `Refusal` for a prompt or an input of mixed kinds.
    """
    if request.model is not UNSET:
        request = msgspec.structs.replace(request, model=UNSET)
        octets = _ENCODE(request)
    match request:
        case DeployedChat():
            return openai.judged_chat(request, octets)
        case DeployedCompletion():
            return openai.judged_completion(request, octets)
        case DeployedEmbedding():
            return openai.judged_embedding(request, octets)


class DeploymentBody:
    """Reads the body of a request to one deployment.

    Attributes:
        media: that the body must have.
    """

    __slots__ = ("_deployment", "_reader", "media")

    def __init__(self, reader: Reader, deployment: str) -> None:
        """Take bodies that this reader takes, for this deployment."""
        self._reader, self._deployment, self.media = reader, deployment, reader.media

    def read(self, body: bytes) -> Judged:
        """Return the body, judged, with the deployment as its model. Raises `Refusal`."""
        return msgspec.structs.replace(self._reader.read(body), model=self._deployment)


def _deployed(name: str, path: str, action: str, reader: JsonBody) -> Row:
    def fill(said: Mapping[str, str]) -> Reader:
        return DeploymentBody(reader, said["deployment"])

    return Row(name, b"POST", f"/deployments/{{deployment}}{path}", action, reader, query=_DATED, fill=fill)


def _under(prefix: str, query: Parameters, rows: tuple[Row, ...]) -> tuple[Row, ...]:
    return tuple(
        msgspec.structs.replace(row, path=prefix + row.path, query={**row.query, **query}) for row in rows
    )


AZURE: Final = Dialect(
    (
        _deployed("chat", "/chat/completions", "chat", JsonBody(DeployedChat, judged_deployed)),
        _deployed("completions", "/completions", "complete", JsonBody(DeployedCompletion, judged_deployed)),
        _deployed("embeddings", "/embeddings", "embed", JsonBody(DeployedEmbedding, judged_deployed)),
        *_under("", _DATED, (*openai.MODELS, *responses.ROWS)),
        *_under("/v1", _FREE, openai.ROWS),
    ),
    prefix="/openai",
    key=b"api-key",
    credential=b"api-key",
)
"""Credentials stand in `api-key`, the client's in `Authorization` too."""
