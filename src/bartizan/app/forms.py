"""The forms that values in `bartizan.toml` have, each with the words in which a person is told of it."""

from typing import Annotated

import msgspec

from bartizan.config import REFERENCE

ServiceName = Annotated[
    str,
    msgspec.Meta(
        pattern=r"\A[a-z][a-z0-9._-]{0,62}\Z",
        description="a name: a lower-case letter, then letters, digits, `.`, `_` or `-`, 63 at most",
    ),
]
Reference = Annotated[
    str,
    msgspec.Meta(
        pattern=REFERENCE,
        description="a reference to a secret, never the secret itself: env:NAME, file:PATH or keyring:NAME",
    ),
]
Text = Annotated[
    str, msgspec.Meta(min_length=1, max_length=2048, description="a string of 1 to 2048 characters")
]
TrustDomainName = Annotated[
    str,
    msgspec.Meta(
        pattern=r"\A[a-z0-9._-]{1,255}\Z",
        description="a trust domain, such as corp.example: lower-case letters, digits, `.`, `_` or `-`, 255 at most",
    ),
]
Span = Annotated[
    str, msgspec.Meta(pattern=r"\A[1-9][0-9]{0,4}[mhd]\Z", description='a span such as "30m", "12h", "30d"')
]
Rate = Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]
ToolName = Annotated[
    str,
    msgspec.Meta(
        pattern=r"\A[A-Za-z0-9_./-]{1,128}\Z",
        description="the name of a tool: letters, digits, `_`, `.`, `/` or `-`, 128 at most",
    ),
]
Pin = Annotated[
    str,
    msgspec.Meta(
        pattern=r"\A[A-Za-z0-9_./-]{1,128} [0-9a-f]{64}\Z",
        description="a tool's name, a space and 64 lower-case hexadecimal digits, as `bartizan mcp pins` prints them",
    ),
]
Places = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
Money = Annotated[
    str,
    msgspec.Meta(
        pattern=r"\A(0|[1-9][0-9]{0,8})(\.[0-9]{1,6})?\Z",
        description='an amount of money in quotes, such as "25" or "0.15", with at most six decimals',
    ),
]
Weight = Annotated[int, msgspec.Meta(ge=0, le=1_000)]
Model = Annotated[
    str,
    msgspec.Meta(
        pattern=r"\A[ -~]{1,256}\Z", description="the name of a model, of 1 to 256 visible ASCII characters"
    ),
]
Models = Annotated[dict[Model, Model], msgspec.Meta(max_length=256)]
