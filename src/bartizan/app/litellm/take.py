"""From the configuration of a LiteLLM proxy to services to be.

Rules of this file: pure. A service is one address under one credential; models of LiteLLM that share both share it. A
key that stands in the document is never copied: a variable takes its place. Whatever is not understood is said.
"""

import re
from collections.abc import Iterator
from typing import Final

from bartizan.app.address import AddressInvalid, Upstream, upstream
from bartizan.app.litellm.document import Value
from bartizan.app.litellm.draft import Draft, Found, Known, Model, Provider, Verdict
from bartizan.app.litellm.spread import DEFAULT, Fallback, fall_back, fallbacks_of, join
from bartizan.app.service_settings import RESERVED

ENVIRONMENT: Final = "os.environ/"
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_PLACEHOLDERS: Final = frozenset(
    {"", "dummy", "empty", "fake", "fake-key", "na", "none", "not-needed", "null", "anything"}
)
"""What people write as the key of a server of their own that wants none."""
_OPENAI: Final = re.compile(r"(?:gpt-|o[1-9]|chatgpt-|text-embedding-|davinci|babbage)")
_LIMITS: Final = ("rpm", "tpm")
_READ: Final = frozenset({"model", "api_base", "base_url", "api_key", "custom_llm_provider", *_LIMITS})
_MOST_RATE: Final = 1_000_000_000
_ADDED, _EACH = (
    "added up for service",
    "where it is each principal's; LiteLLM counts all of a deployment's together",
)


def take_over(document: Value, known: Known) -> Found:
    """Return what a LiteLLM configuration becomes here.

    Args:
        document: its values.
        known: providers and advice.
    """
    taking = _Taking(known)
    for name, value in document.table.items():
        if name == "model_list":
            taking.models(value)
        elif value.table:
            taking.section(name, value)
        else:
            taking.left(value.line, name)
    taking.spread()
    taking.limits()
    if not isinstance(document.data, dict):
        taking.found.note(
            document.line, "the file", Verdict.LEFT, "it is no table of settings, so nothing was taken over"
        )
    return taking.found


class _Taking:
    """One import under way."""

    def __init__(self, known: Known) -> None:
        self.found = Found()
        self._known = known
        self._drafts: dict[tuple[str, str, str, str], Draft] = {}
        self._limits: dict[tuple[str, str], list[tuple[str, Value]]] = {}
        self._fallbacks: list[Fallback] = []
        self._aliases: list[tuple[str, str, Value]] = []

    def left(self, line: int, key: str, what: str = "") -> None:
        """Say that a setting has no counterpart, with what to do where that is known."""
        bare = re.sub(r"\[\d+\]", "", key)
        said = what or self._known.advice.get(bare) or self._known.advice.get(bare.partition(".")[0])
        self.found.note(line, key, Verdict.LEFT, said or "it has no counterpart")

    def section(self, name: str, value: Value) -> None:
        """Go through a table of settings, most of which have no counterpart."""
        for key, setting in value.table.items():
            path = f"{name}.{key}"
            if key in {"fallbacks", DEFAULT} and (said := list(fallbacks_of(path, setting))):
                self._fallbacks += said
                continue
            if key == "model_group_alias" and setting.table:
                self._aliases += [(path, alias, group) for alias, group in setting.table.items()]
                continue
            self.left(setting.line, path)
            if name == "environment_variables" or _secret(key):
                self._kept_back(path, setting)

    def spread(self) -> None:
        """Say where clients find each model, under which names, and what becomes of fallbacks."""
        for path, alias, group in self._aliases:
            self._alias(f"{path}.{alias}", alias, group)
        join(self.found)
        fall_back(self.found, self._fallbacks)
        for draft in self.found.services:
            named = draft.named
            for model in draft.models:
                self._told(draft, model, known=model.alias in named)

    def _alias(self, path: str, alias: str, group: Value) -> None:
        asked = group.text or group.at("model").text
        at = [
            (draft, model) for draft in self.found.services for model in draft.models if model.alias == asked
        ]
        for draft, model in at:
            draft.models.append(Model(group.line, path, alias, model.name))
        if not at:
            self.left(group.line, path, "no model of the name that it stands for was taken over")

    def _told(self, draft: Draft, model: Model, *, known: bool) -> None:
        said = f"target {draft.name} of service {draft.home}" if draft.home else f"service {draft.name}"
        if "*" in model.alias:
            self.found.note(model.line, model.key, Verdict.CHANGED, f"{said}; models need no list there")
        elif known or model.alias == model.name:
            self.found.note(model.line, model.key, Verdict.TAKEN, said)
        else:
            why = "the alias stands for several models there, or has odd characters"
            self.found.note(
                model.line,
                model.key,
                Verdict.CHANGED,
                f"{said}; clients name the provider's own model, for {why}",
            )

    def _kept_back(self, path: str, setting: Value) -> None:
        if isinstance(setting.data, str) and not setting.text.startswith(ENVIRONMENT):
            self.found.note(
                setting.line,
                path,
                Verdict.REFUSED,
                "a secret may stand here in the clear: change it, and delete this file",
            )

    def models(self, value: Value) -> None:
        """Go through the list of models."""
        if not isinstance(value.data, list):
            self.left(value.line, "model_list", "it is no list, so no model was taken over")
        for position, entry in enumerate(value.items):
            self._model(f"model_list[{position}]", entry)

    def _model(self, path: str, entry: Value) -> None:
        alias, parameters = entry.at("model_name"), entry.at("litellm_params")
        inside = f"{path}.litellm_params"
        model = parameters.at("model")
        if not alias.text or not model.text:
            self.left(entry.line, path, "it has no model_name, or no litellm_params.model")
            return
        kind, name = _kind(parameters, model.text)
        provider = self._known.provider.get(kind)
        if provider is None:
            self.left(model.line, f"{inside}.model", _unknown(kind))
            return
        base = self._place(inside, parameters, provider)
        if base is not None:
            self._deployment(
                inside,
                parameters,
                Model(model.line, f"{inside}.model", alias.text, name),
                (kind, provider, base),
            )
        for key, setting in _others(entry, parameters):
            self.left(setting.line, f"{path}.{key}")

    def _place(self, inside: str, parameters: Value, provider: Provider) -> Upstream | None:
        """Return where a model is, or None, having said why that cannot be taken over."""
        key = "base_url" if "base_url" in parameters.table else "api_base"
        given = parameters.at(key)
        if given.text.startswith(ENVIRONMENT):
            self.left(
                given.line,
                f"{inside}.{key}",
                "an address is not read from the environment here: write it down",
            )
            return None
        url = given.text or provider.base
        if not url:
            self.left(given.line, f"{inside}.{key}", "this provider needs an address, and none is given")
            return None
        try:
            found = upstream(url)
            if provider.path and given.text and not given.text.rstrip("/").endswith(provider.path):
                found = upstream(url.rstrip("/") + provider.path)
                self.found.note(
                    given.line,
                    f"{inside}.{key}",
                    Verdict.CHANGED,
                    f"{provider.path} added: its OpenAI-compatible API",
                )
        except AddressInvalid as fault:
            self.left(given.line, f"{inside}.{key}", f"the address {fault.what}")
            return None
        return found

    def _deployment(
        self, inside: str, parameters: Value, model: Model, place: tuple[str, Provider, Upstream]
    ) -> None:
        kind, provider, base = place
        draft = self._draft(inside, parameters, kind, provider, base)
        draft.models.append(model)
        for key in _LIMITS:
            given = (f"{inside}.{key}", parameters.at(key))
            self._limits.setdefault((draft.name, key), []).append(given)

    def limits(self) -> None:
        """Add up the limits of each service's deployments; where one has none, the service has none."""
        drafts = {draft.name: draft for draft in self.found.services}
        joined: dict[tuple[str, str], list[tuple[str, Value]]] = {}
        for (name, key), given in self._limits.items():
            joined.setdefault((drafts[name].home or name, key), []).extend(given)
        for (name, key), given in joined.items():
            rates = [
                value.data for _, value in given if type(value.data) is int and 1 <= value.data <= _MOST_RATE
            ]
            whole = len(rates) == len(given)
            if whole:
                setattr(drafts[name], "requests" if key == "rpm" else "tokens", min(sum(rates), _MOST_RATE))
            for path, value in given:
                if value.data is None:
                    continue
                if whole:
                    self.found.note(value.line, path, Verdict.CHANGED, f"{_ADDED} {name}, {_EACH}")
                else:
                    self.left(value.line, path, f"not every model of service {name} has a whole number there")

    def _draft(self, inside: str, parameters: Value, kind: str, provider: Provider, base: Upstream) -> Draft:
        scheme = "https" if base.tls else "http"
        given = parameters.at("api_key")
        inline = given.text if not given.text.startswith(ENVIRONMENT) else ""
        key = (
            provider.protocol,
            f"{scheme}://{base.authority}{base.path}",
            given.text.removeprefix(inline),
            inline,
        )
        draft = self._drafts.get(key)
        if draft is None:
            default = base.authority.removesuffix(":443" if base.tls else ":80")
            url = f"{scheme}://{default}" + ("" if base.path == "/v1" else base.path)
            private = base.authority if base.private or not base.tls else ""
            draft = Draft(self._name(kind), provider.protocol, url, "", private, models=[])
            draft.credential = self._credential(f"{inside}.api_key", given, draft, provider)
            self._drafts[key] = draft
            self.found.services.append(draft)
        elif given.data is not None:
            self.found.note(
                given.line, f"{inside}.api_key", Verdict.TAKEN, f"the credential of service {draft.name}"
            )
        return draft

    def _name(self, kind: str) -> str:
        plain = re.sub(r"[^a-z0-9]+", "-", kind.lower()).strip("-")[:40] or "service"
        plain = plain if plain[0].isalpha() and plain not in RESERVED else f"llm-{plain}"
        taken = {draft.name for draft in self.found.services}
        return next(
            name
            for name in (plain, *(f"{plain}-{number}" for number in range(2, len(taken) + 3)))
            if name not in taken
        )

    def _credential(self, path: str, given: Value, draft: Draft, provider: Provider) -> str:
        """Return the reference to a service's key, having said what became of what stands in the document."""
        if given.text.startswith(ENVIRONMENT):
            variable = given.text.removeprefix(ENVIRONMENT)
            if _VARIABLE.fullmatch(variable):
                self.found.note(given.line, path, Verdict.TAKEN, f"env:{variable}")
                return self._variable(variable)
            self.left(given.line, path, "the name of its variable has characters that no variable has")
        elif given.text and not (draft.private and given.text.lower() in _PLACEHOLDERS):
            variable = _free(self.found.environment, provider.credential or _shouted(draft.name))
            self.found.note(
                given.line,
                path,
                Verdict.REFUSED,
                f"a key in the clear: set {variable} to it, better to a new one, and delete it here",
            )
            return self._variable(variable)
        elif given.text:
            self.left(given.line, path, "a placeholder for a server that wants no key; none is presented")
        elif provider.credential and not draft.private:
            return self._variable(provider.credential)
        return ""

    def _variable(self, name: str) -> str:
        if name not in self.found.environment:
            self.found.environment.append(name)
        return f"env:{name}"


def _kind(parameters: Value, model: str) -> tuple[str, str]:
    """Return a model's provider, as LiteLLM names it or takes it for, and its name there."""
    named = parameters.at("custom_llm_provider").text
    kind, slash, name = model.partition("/")
    if named:
        return named, name if slash and kind == named else model
    if slash:
        return kind, name
    if model.startswith("claude-"):
        return "anthropic", model
    return ("openai" if _OPENAI.match(model) else ""), model


def _unknown(kind: str) -> str:
    if not kind:
        return "the name says no provider: write openai/NAME or the like before importing"
    return "no protocol of this version leads to this provider; if it has an OpenAI-compatible API, write openai/NAME and api_base"


def _others(entry: Value, parameters: Value) -> Iterator[tuple[str, Value]]:
    for key, value in parameters.table.items():
        if key not in _READ:
            yield f"litellm_params.{key}", value
    for key, value in entry.table.items():
        if key not in {"model_name", "litellm_params"}:
            yield key, value


def _secret(key: str) -> bool:
    return re.search(r"key|secret|password|token|database_url", key.lower()) is not None


def _shouted(name: str) -> str:
    return re.sub(r"[^A-Z0-9]", "_", name.upper()) + "_API_KEY"


def _free(taken: list[str], name: str) -> str:
    return next(
        one
        for one in (name, *(f"{name}_{number}" for number in range(2, len(taken) + 3)))
        if one not in taken
    )
