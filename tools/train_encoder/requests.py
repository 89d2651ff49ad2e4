"""What people ask of models, which is harmless where they ask it, and attacks that others wrote.

Rules of this file: read where it lies, never copied. Sources are learned from or held out as a whole.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bartizan.threats.injection import load
from bartizan.threats.subject import Channel
from tools.train_guard.curation import curated
from tools.train_guard.written import written

_HELD: Final = frozenset({"self-instruct-seed", "self-instruct-user-oriented"})
_ATTACKS_HELD: Final = frozenset({"bastioncorpus", "neuralchemy:hackaprompt"})
_SAYING: Final = re.compile(
    r"(?:please |can you |could you )?(?:add|advise|analy[sz]e|answer|arrange|ask|brainstorm|build|calculate|check|choose|classify|"
    r"combine|come up|compare|compose|compute|construct|convert|convince|correct|count|create|debug|decide|define|demonstrate|describe|design|detect|"
    r"determine|develop|discuss|draft|edit|estimate|evaluate|expand|explain|extract|fill|find|fix|format|generate|give|guess|help|highlight|identify|"
    r"implement|improve|insert|invent|list|make|modify|name|offer|optimi[sz]e|order|organi[sz]e|outline|paraphrase|parse|pick|plan|predict|prepare|"
    r"print|produce|propose|provide|rank|rate|recommend|refactor|remove|reorder|replace|respond|return|reverse|rewrite|rephrase|select|share|"
    r"show|simplify|solve|sort|spell|split|state|suggest|summari[sz]e|teach|tell|think of|transform|translate|turn|use|verify|write)\b"
    r"|(?:what|who|where|when|why|how|which|is|are|do|does|did|can|should)\b.*\?",
    re.IGNORECASE,
)
_LENGTHS, _OF_ATTACKS, _SURE = range(15, 241), range(20, 501), 0.6


def imperatives(folder: Path, *, held: bool) -> list[str]:
    """Return requests: of sources that are held out, or of the others."""
    found = dict.fromkeys(_requests(folder, held=held))
    if not held:
        found.update(dict.fromkeys(each.said for each in written() if each.kind == "agent-tasks"))
    return [*found]


def _requests(folder: Path, *, held: bool) -> Iterator[str]:
    for each in curated(folder):
        said = each.said.split("\n")[0].strip() if each.kind != "benign-instruction" else each.said.strip()
        of_it = (each.source in _HELD) == held and each.kind in {
            "direct",
            "benign-code",
            "benign-instruction",
        }
        if of_it and not each.attack and len(said) in _LENGTHS and _SAYING.match(said):
            yield said


def attacks(folder: Path, *, held: bool) -> list[str]:
    """Return attacks: of sources that are held out, or of the others; of those, what the first stage takes for one."""
    model = load()
    return [
        each.said
        for each in curated(folder)
        if each.attack
        and (each.source in _ATTACKS_HELD) == held
        and len(each.said) in _OF_ATTACKS
        and (held or model.score(each.said, Channel.USER).score >= _SURE)
    ]
