"""Bartizan: AI-infrastructure security, seven practices over one tamper-evident ledger."""

from importlib import import_module

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """Return `token_provider`, `admin_client`, `judge_client`, `inspect` or `step`, made when first asked for: importing this package imports nothing else.

    `token_provider` is a callable that returns a valid access token, for clients that take one as their key:
    `OpenAI(api_key=bartizan.token_provider, base_url="https://localhost:8443/v1", ...)`.
    `inspect(text, channel="user", profile="standard")` returns what the guard makes of a text (docs/guard.md).
    `with step("train") as step:` writes down what was done with which artifacts (docs/artifacts.md).
    `admin_client(url, provider, ca=...)` returns a client of the Admin API (docs/admin.md).
    `judge_client(url, provider, ca=...)` returns one that asks a platform for its guard's verdicts (docs/guard.md).
    """
    if name == "admin_client":
        globals()[name] = client = import_module("bartizan.app.admin.remote").Remote
        return client
    if name == "judge_client":
        globals()[name] = asks = import_module("bartizan.app.judge.client").Judge
        return asks
    if name == "inspect":
        globals()[name] = function = import_module("bartizan.app.inspect_texts").inspect
        return function
    if name == "step":
        globals()[name] = made = import_module("bartizan.app.provenance.recorder").recorder
        return made
    if name != "token_provider":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = made = import_module("bartizan.app.provider").provider()
    return made
