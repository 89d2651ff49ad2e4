"""OCSF's own schema, read from its sources: classes with what they inherit, and what is wrong about an event.

Rules of this file: what it does not know is wrong. Profiles are applied where an event names them.
Source: OCSF schema, metaschema and `understanding-ocsf`: `extends`, `$include`, profiles, constraints.
"""

import functools
import json
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ARCHIVE = Path(__file__).parents[3] / "shared" / "data" / "schemas" / "ocsf-schema.tar.gz"
Node = dict[str, Any]
_NUMBERS = {"integer_t", "long_t", "timestamp_t", "port_t"}
_TYPES: dict[str, type | tuple[type, ...]] = {
    "boolean_t": bool,
    "float_t": (int, float),
    "json_t": object,
    "object": dict,
}


class Schema:
    """The schema, and the index of its classes by `class_uid`."""

    def __init__(self, files: dict[str, Node]) -> None:
        self._files = files
        self._dictionary: Node = files["dictionary.json"]["attributes"]
        self._types: Node = files["dictionary.json"]["types"]["attributes"]
        self._objects = self._named("objects/")
        self._events = self._named("events/")
        self._categories: Node = files["categories.json"]["attributes"]
        self.classes = {
            self._uid(name): name
            for name, node in self._events.items()
            if "uid" in node or name == "base_event"
        }

    def _named(self, under: str) -> dict[str, Node]:
        return {
            node["name"]: node
            for path, node in self._files.items()
            if path.startswith(under) and "name" in node
        }

    def _uid(self, name: str) -> int:
        if name == "base_event":
            return 0
        chain = list(self._chain(self._events, name))
        category = next(node["category"] for node in chain if "category" in node)
        return int(self._categories[category]["uid"]) * 1000 + int(self._events[name]["uid"])

    def _chain(self, among: dict[str, Node], name: str) -> Iterator[Node]:
        """Yield an entry and what it extends, the most special first."""
        node: Node | None = among[name]
        while node is not None:
            yield node
            node = among.get(node["extends"]) if "extends" in node else None

    @functools.cache  # noqa: B019  # one schema a process
    def _attributes(self, kind: str, name: str) -> Node:
        """Return attribute -> what is said of it, the most special word last."""
        among = self._events if kind == "event" else self._objects
        found: Node = {}
        for node in reversed(list(self._chain(among, name))):
            own = dict(node.get("attributes", {}))
            for profile in own.pop("$include", []):
                for key, said in self._files[profile].get("attributes", {}).items():
                    about = self._files[profile]["name"]
                    found[key] = (
                        {"profile": about}
                        | found.get(key, {})
                        | {k: v for k, v in said.items() if k != "$include"}
                    )
            for key, said in own.items():
                merged = found.get(key, {}) | said
                if "enum" in said and "enum" in found.get(key, {}):
                    merged["enum"] = found[key]["enum"] | said["enum"]
                found[key] = merged
        return {
            key: {
                **self._dictionary.get(key, {}),
                **said,
                "enum": self._dictionary.get(key, {}).get("enum", {}) | said.get("enum", {}),
            }
            for key, said in found.items()
        }

    def required(self, name: str) -> list[str]:
        """Return what an event of this class must have."""
        return sorted(
            k
            for k, v in self._attributes("event", name).items()
            if v.get("requirement") == "required" and not v.get("profile")
        )

    def faults(self, event: Node) -> list[str]:
        """Return everything that is wrong about an event."""
        uid = event.get("class_uid")
        if uid not in self.classes:
            return [f"there is no class {uid}"]
        name = self.classes[uid]
        found = list(self._entity("event", name, event, name))
        if event.get("type_uid") != uid * 100 + event.get("activity_id", -1):
            found.append("type_uid is not of its class and activity")
        if event.get("category_uid") != uid // 1000:
            found.append("category_uid is not of its class")
        return found

    def _entity(self, kind: str, name: str, value: Any, where: str) -> Iterator[str]:  # noqa: ANN401
        if not isinstance(value, dict):
            yield f"{where} is no object"
            return
        known = self._attributes(kind, name)
        profiles = value.get("metadata", {}).get("profiles", []) if kind == "event" else []
        open_ended = name == "object"
        for key, inner in value.items():
            if key not in known:
                if not open_ended:
                    yield f"{where}.{key} is not in the schema"
            elif kind == "event" and (known[key].get("profile") or None) not in (None, *profiles):
                yield f"{where}.{key} is of the profile {known[key]['profile']}, which is not named"
            else:
                yield from self._value(known[key], inner, f"{where}.{key}")
        for key, said in known.items():
            wanted = said.get("requirement") == "required" and (said.get("profile") or None) in (
                None,
                *profiles,
            )
            if wanted and key not in value:
                yield f"{where} lacks {key}"
        yield from self._constraints(kind, name, value, where)

    def _constraints(self, kind: str, name: str, value: Node, where: str) -> Iterator[str]:
        among = self._events if kind == "event" else self._objects
        for node in self._chain(among, name):
            for rule, keys in node.get("constraints", {}).items():
                count = sum(key in value for key in keys)
                if (rule == "at_least_one" and not count) or (rule == "just_one" and count != 1):
                    yield f"{where} breaks {rule} of {keys}"
            if node.get("constraints"):
                return

    def _value(self, said: Node, value: Any, where: str) -> Iterator[str]:  # noqa: ANN401
        if said.get("@deprecated") and said["@deprecated"]["since"] < "1.9":
            yield f"{where} is deprecated"
        if said.get("is_array"):
            if not isinstance(value, list):
                yield f"{where} is no array"
                return
            for at, one in enumerate(value):
                yield from self._value(
                    {k: v for k, v in said.items() if k != "is_array"}, one, f"{where}[{at}]"
                )
            return
        kind = said["type"]
        if kind in self._objects or kind == "object_t":
            yield from self._entity("object", str(said.get("object_type", kind)), value, where)
            return
        yield from self._scalar(kind, said, value, where)

    def _scalar(self, kind: str, said: Node, value: Any, where: str) -> Iterator[str]:  # noqa: ANN401
        form = self._types[kind]
        base = form.get("type", kind)
        if base in _NUMBERS:
            right = isinstance(value, int) and not isinstance(value, bool)
        else:
            right = isinstance(value, _TYPES.get(base, str))
        if not right:
            yield f"{where} is no {kind}"
            return
        if "regex" in form and re.search(form["regex"], str(value)) is None:
            yield f"{where} is not of the form of a {kind}"
        if "max_len" in form and len(str(value)) > form["max_len"]:
            yield f"{where} is too long"
        if "range" in form and not form["range"][0] <= value <= form["range"][1]:
            yield f"{where} is out of range"
        if said["enum"] and where.endswith("_id") and str(value) not in said["enum"]:
            yield f"{where} = {value} is not one of {sorted(said['enum'])}"


@functools.cache
def schema() -> Schema:
    """Return the schema beside the clone."""
    with tarfile.open(ARCHIVE) as archive:
        files = {
            member.name.removeprefix("./"): json.load(stream)
            for member in archive
            if member.isfile()
            and member.name.endswith(".json")
            and (stream := archive.extractfile(member)) is not None
        }
    return Schema(files)
