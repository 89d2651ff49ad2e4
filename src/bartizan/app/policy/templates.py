"""Policies for common roles and purposes, written out from a closed set.

Rules of this file: what comes out is plain Cedar, which stands in the operator's files, is read by reviewers, and is sliced,
explained and analysed like any other (docs/decisions/0026-policies-while-running.md says why no template is linked).
Names have the form that names have, tools are written as Cedar texts; nothing given can end a policy.
"""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec

from bartizan.app.policy.suggest import quoted

MOST_TOOLS: Final = 200
"""Tools that one policy names."""
LONGEST_ID: Final = 63


class TemplateRefused(ValueError):
    """A template that there is not, or one that is not given what it takes; the message says what to type."""


class Template(msgspec.Struct, frozen=True):
    """One of the set.

    Attributes:
        about: what its policies say.
        takes: what is put in, words of `role`, `service`, `tools`, `host`.
        text: Cedar with these in braces.
    """

    about: str
    takes: tuple[str, ...]
    text: str


@cache
def templates() -> Mapping[str, Template]:
    """Return the set, by name."""
    text = files("bartizan.app.policy").joinpath("templates.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), dict[str, Template])


def written(name: str, role: str, service: str, tools: Sequence[str], host: str = "") -> str:
    """Return the policies of a template.

    Args:
        name: of the template.
        role, service: names of the form of names, or empty.
        tools: any texts.
        host: any text, or empty.
    Raises:
        TemplateRefused: there is no such template, something is missing or too much.
    """
    template = templates().get(name)
    if template is None:
        raise TemplateRefused(f"there is no such template; there are {', '.join(templates())}")
    given = {"role": role, "service": service, "tools": ", ".join(map(quoted, tools[:MOST_TOOLS]))}
    given["host"] = quoted(host) if host else ""
    for word, value in given.items():
        wanted = word in template.takes
        if wanted is not bool(value):
            option = f"--{word.removesuffix('s') if word == 'tools' else word}"
            raise TemplateRefused(f"{name} {'needs' if wanted else 'does not take'} {option}")
    if len(tools) > MOST_TOOLS:
        raise TemplateRefused(f"more than {MOST_TOOLS} tools are named; write a second policy")
    text = template.text
    for word in ("role", "service"):
        text = text.replace(f"{{{word}}}", given[word])
    for word in ("host", "tools"):  # last, for they may hold braces
        text = text.replace(f"{{{word}}}", given[word])
    return text.strip() + "\n"
