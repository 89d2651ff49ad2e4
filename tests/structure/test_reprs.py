"""No value that could hold a secret says it by itself: in a message, a traceback, a log or a failed assertion."""

import dataclasses
import importlib
import pkgutil
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Annotated, Any, Final, NamedTuple, get_args, get_origin, get_type_hints

import msgspec

import bartizan
from bartizan.crypto.secret import Reticent, Secret

WORDS: Final = re.compile(
    r"(?:^|_)(?:assertion|authorization|cookie|credential|csrf|key|nonce|passphrase|password|pem|private_key|proof"
    r"|refresh|secret|token|verifier)s?$|^(?:device_|user_|recovery_)?codes?$"
)
"""What fields are called that hold one."""
PUBLIC: Final = {
    "a thumbprint or fingerprint: the digest of a public key": (
        "access.devices.Asking.key",
        "access.issue.code.Let.key",
        "access.issue.device_request.DeviceAsked.key",
        "access.issue.family.Family.key",
        "access.issue.mint.Bound.key",
        "access.issue.pushed.Asked.key",
        "access.issue.pushed.Pushed.key",
        "access.outcome.Authenticated.key",
        "admin.devices.Admission.key",
        "admin.devices.AskingDevice.key",
        "admin.devices.KnownDevice.key",
        "admin.tokens.TokenWanted.key",
        "app.device_key.Told.key",
        "drill.attacks.device_unknown._Told.key",
        "identity.device.Device.key",
        "identity.statement.Enrolment.key",
        "identity.statement.Stated.key",
        "identity.token.Claims.key",
    ),
    "a public key, a certificate, or an id that a passkey shows to everybody": (
        "access.people.keys.Passkey.credential",
        "access.people.keys.Passkey.public_key",
        "access.people.passkey.Enrolled.credential",
        "access.people.passkey.Enrolled.public_key",
        "admin.principals.KeysGiven.keys",
        "admin.principals.Registration.keys",
        "app.trust.Authority.pem",
        "app.witness_plan.Witness.keys",
        "app.witness_settings.Witness.keys",
        "identity.device.Authority.key",
        "identity.state.TrustedIssuer.keys",
        "identity.token.Issuer.keys",
        "identity.trust_bundle.Bundle.keys",
    ),
    "a token's id, which opens nothing and stands in the record": (
        "access.change.Change.tokens",
        "access.outcome.Authenticated.token",
    ),
    "a nonce that a server hands to whoever asks": ("app.admin.caller.Caller.nonce",),
    "the name of a file, a variable or a reference, not what it holds": (
        "app.device_settings.Authority.key",
        "app.edge.write.Edge.key",
        "app.litellm.draft.Draft.credential",
        "app.litellm.draft.Provider.credential",
        "cli.init.Speech.key",
    ),
    "what something is told apart by, or is called": (
        "access.people.session.Session.key",
        "app.admin.repeats.Asked.key",
        "app.litellm.draft.Model.key",
        "app.litellm.draft.Note.key",
        "app.litellm.spread.Fallback.key",
        "app.metering.Rule.key",
        "app.metering.Rule.now_key",
        "app.trust.System.refresh",
        "drill.door._Error.code",
        "gateway.protocols.dialect.Dialect.credential",
        "gateway.protocols.dialect.Dialect.key",
        "gateway.route_spec.RouteSpec.key",
        "store.gauge.Ask.key",
        "threats.evaluation.chat._Error.code",
        "threats.evaluation.journal.Judged.key",
        "threats.evaluation.plan.Question.key",
    ),
    "hashes of a tree, which anybody may have": ("ledger.witness.Request.proof",),
    "words of a model's protocol: pieces of text, programs, keys of a keyboard": (
        "gateway.protocols.azure.DeployedChat.prompt_cache_key",
        "gateway.protocols.chat.ChatRequest.prompt_cache_key",
        "gateway.protocols.responses.ResponseRequest.prompt_cache_key",
        "gateway.protocols.responses_calls.CodeCall.code",
        "gateway.protocols.responses_calls.Program.code",
        "gateway.protocols.responses_items.Gesture.keys",
        "gateway.protocols.responses_items.SafetyCheck.code",
        "gateway.protocols.responses_parts.Logprob.token",
        "gateway.protocols.responses_parts.TopLogprob.token",
    ),
}
"""Why a field that is called so is no secret -> which ones."""


def shown(kind: type) -> Iterator[tuple[str, Any]]:
    """Yield name and type of the fields that a class's own text shows."""
    if issubclass(kind, msgspec.Struct):
        if kind.__repr__ is msgspec.Struct.__repr__:
            yield from ((each.name, each.type) for each in msgspec.structs.fields(kind))
    elif dataclasses.is_dataclass(kind) and kind.__dataclass_params__.repr:  # type: ignore[attr-defined]  # of every dataclass
        hints = get_type_hints(kind)
        yield from ((each.name, hints[each.name]) for each in dataclasses.fields(kind) if each.repr)
    elif issubclass(kind, tuple) and hasattr(kind, "_fields") and "__repr__" in vars(kind):
        yield from get_type_hints(kind).items()


def is_text(kind: Any) -> bool:  # noqa: ANN401 - a type, or one with facts about it
    """Return whether values of a type are text or octets, or hold some; what refers to a secret is none."""
    plain, *facts = get_args(kind) if hasattr(kind, "__metadata__") else (kind,)
    if any("a reference to a secret" in str(each) for each in facts):
        return False
    if plain in {str, bytes, bytearray}:
        return True
    return get_origin(plain) is not Callable and any(map(is_text, get_args(plain)))


def sayers(kinds: Iterable[type]) -> list[str]:
    """Return `module.Class.field` of each field that is called like a secret, holds text, and is shown."""
    return sorted(
        f"{kind.__module__.removeprefix('bartizan.')}.{kind.__qualname__}.{name}"
        for kind in kinds
        for name, of in shown(kind)
        if WORDS.search(name) and is_text(of)
    )


def classes() -> Iterator[type]:
    """Yield every class that is defined here."""
    for found in pkgutil.walk_packages(bartizan.__path__, "bartizan."):
        module = importlib.import_module(found.name)
        for each in vars(module).values():
            if isinstance(each, type) and each.__module__ == found.name:
                yield each


def test_no_class_shows_a_field_that_is_called_like_a_secret_without_a_reason() -> None:
    assert sayers(classes()) == sorted(name for names in PUBLIC.values() for name in names)


class Careless(msgspec.Struct):
    said: str
    access_token: str
    device_code: str | None
    private_keys: tuple[bytes, ...]
    credential: Annotated[str, msgspec.Meta(min_length=1)]
    reference: Annotated[str, msgspec.Meta(description="a reference to a secret")]
    max_tokens: int
    is_secret: bool
    secret: Secret
    verifiers: Callable[[str], bool]
    error_code: str


@dataclasses.dataclass(frozen=True)
class Loose:
    password: str
    nonce: bytes = dataclasses.field(repr=False)


class Pair(NamedTuple):
    cookie: str
    at: int


class Careful(Reticent, frozen=True):
    token: str


def test_the_rule_finds_what_it_is_for_and_nothing_else() -> None:
    found = [each.rpartition(".")[2] for each in sayers([Careless, Loose, Pair, Careful])]
    assert found == ["access_token", "credential", "device_code", "private_keys", "password", "cookie"]
    assert repr(Careful("s3cret")) == f"{Careful('s3cret')}" == "Careful(…)"
