"""A module once more, beside the one that guides the search.

What is read twice, whole and in pieces, is led by one of the readings: the counters of the other would cost as much
as the reading, twice over, and say nothing new.
"""

from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import bartizan

_SOURCES = Path(str(bartizan.__file__)).parent.parent


def twin(name: str) -> ModuleType:
    """Return a second module of the same source, without counters of branches; what it imports is shared."""
    source = _SOURCES.joinpath(*name.split(".")).with_suffix(".py")
    loader = SourceFileLoader(name, str(source))
    spec = spec_from_loader(name, loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module
