"""Bartizan: AI-infrastructure security, seven practices over one tamper-evident ledger."""

from importlib import import_module

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """Return `token_provider`, made when it is first asked for: importing this package imports nothing else.

    It is a callable that returns a valid access token, for clients that take one as their key:
    `OpenAI(api_key=bartizan.token_provider, base_url="https://localhost:8443/v1", ...)`.
    """
    if name != "token_provider":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = made = import_module("bartizan.app.provider").provider()
    return made
