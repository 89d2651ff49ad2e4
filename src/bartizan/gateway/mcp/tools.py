"""What the tools of a service were pinned as, and what they are now.

Rules of this file: what a tool says of itself goes into the mind of a model, so it is pinned: by the operator, else
as it was first listed here. A tool that is listed otherwise, to whomever and on whichever page, is changed, and
stays so: it is left out of lists and not called until it is pinned anew. What was not listed since the start cannot
be called, for nobody knows what it is. Names and digests of every service are bounded.
Source: Model Context Protocol, server/tools (annotations); OWASP MCP03:2025, tool poisoning.
"""

import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, Final

import msgspec

from bartizan.gateway.bounds import TOOLS, TOOLS_LISTED
from bartizan.gateway.framing import FramingDoubt
from bartizan.gateway.mcp.message import is_plain
from bartizan.gateway.protocols.mcp_messages import TOOL_NAME
from bartizan.gateway.service import ServiceTools
from bartizan.gateway.subject import ToolFacts

_CANONICAL: Final = msgspec.json.Encoder(order="sorted").encode
_NAME: Final = re.compile(TOOL_NAME)
_KNOWN: Final = frozenset(
    {"name", "title", "description", "inputSchema", "outputSchema", "annotations", "icons", "execution"}
)
_ANNOTATIONS: Final = frozenset(
    {"title", "readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"}
)


class ToolFinding(msgspec.Struct, frozen=True):
    """Something about a tool that goes on record, once.

    Attributes:
        before: its digest as it was pinned, the first of several; empty where it was not.
        after: its digest as it was listed.
    """

    before: str
    after: str


class _Listed(msgspec.Struct):
    pins: tuple[str, ...]
    destructive: bool
    changed: bool = False


class ToolBook:
    """The tools of one service, as one worker knows them."""

    __slots__ = ("_found", "_listed", "_said")

    def __init__(self, said: ServiceTools) -> None:
        """Know what the operator says."""
        self._said = said
        self._listed: dict[str, _Listed] = {}
        self._found: list[ToolFinding] = []

    def kept(self, tools: list[Any], may_call: Callable[[str], bool]) -> list[Any]:
        """Return the tools of a list that a client gets, each once, and take note of all.

        Args:
            tools: as the server lists them.
            may_call: (name) -> whether who asks may call it.
        Raises:
            FramingDoubt: there are too many.
        """
        if len(tools) > TOOLS_LISTED:
            raise FramingDoubt("upstream-malformed")
        named = [(tool["name"], tool) for tool in tools if is_tool(tool)]
        for name, tool in named:
            self._note(name, tool)
        once = {name: tool for name, tool in named if self._is_shown(name)}
        return [tool for name, tool in once.items() if may_call(name)]

    def take_found(self) -> list[ToolFinding]:
        """Return what is to go on record since the last call."""
        found, self._found = self._found, []
        return found

    def facts(self, name: str) -> ToolFacts:
        """Return what is known of a tool that is to be called."""
        listed = self._listed.get(name)
        if listed is None:
            return ToolFacts(listed=False)
        return ToolFacts(
            changed=listed.changed,
            pinned=name in self._said.pins or not self._said.required,
            destructive=listed.destructive,
            approved=name in self._said.approved,
        )

    def _is_shown(self, name: str) -> bool:
        facts = self.facts(name)
        return facts.listed and facts.pinned and not facts.changed

    def _note(self, name: str, tool: Mapping[str, Any]) -> None:
        after = digest(tool)
        listed = self._listed.get(name)
        if listed is None:
            if len(self._listed) >= TOOLS:
                return  # it is listed nowhere, so it is not called
            pins = self._said.pins.get(name, ())
            listed = self._listed[name] = _Listed(pins or (after,), destructive=False)
            if not pins:
                self._found.append(ToolFinding("", after))
        listed.destructive = listed.destructive or is_destructive(tool)
        if after not in listed.pins and not listed.changed:
            listed.changed = True
            self._found.append(ToolFinding(listed.pins[0], after))


def is_tool(tool: object) -> bool:
    """Return whether something in a list is a tool that can be told from every other, and read in one way."""
    if not isinstance(tool, dict):
        return False
    name = tool.get("name")
    return isinstance(name, str) and _NAME.fullmatch(name) is not None and is_plain(tool, _KNOWN)


def digest(tool: Mapping[str, Any]) -> str:
    """Return the pin of a tool: SHA-256 over all that it says of itself, members sorted, in hexadecimal."""
    return sha256(_CANONICAL(tool)).hexdigest()


def is_destructive(tool: Mapping[str, Any]) -> bool:
    """Return whether a tool is marked as one that may destroy.

    One that is annotated at all is taken at the protocol's word: it may, unless it only reads or says that it does not;
    one that says both may. One without annotations is not marked.
    """
    said = tool.get("annotations")
    if not isinstance(said, dict):
        return False
    if not is_plain(said, _ANNOTATIONS):
        return True  # some clients would read it, some would not
    hint = said.get("destructiveHint")
    return hint is True or (hint is not False and said.get("readOnlyHint") is not True)
