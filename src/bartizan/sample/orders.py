"""The orders that the gullible assistant follows, as patterns over what it reads.

Rules of this file: data only. Patterns look at most some eighty characters ahead, so that reading stays
linear in the length of a text. More phrasings are welcome: each needs a line in tests/sample/test_assistant.py.
Sources: MITRE ATLAS AML.T0051 and AML.T0056, OWASP LLM01:2025 and LLM07:2025; phrasings as published in
garak's promptinject and leakreplay probes, in their general form.
"""

import re
from typing import Final

_ASK = r"""
    reveal|show|print|repeat|recite|tell|give|output|display|share|leak|write|say|dump|list|expose|send|e?mail
    |translate|encode|decode|summari[sz]e|complete|continue|include|provide|return|disclose|describe|explain|quote
    |copy|paste|echo|convert|what|which|need|want|know|finish|spell|read|post|append|forward|put|start|rephrase
    |revela|muestra|dime|repite|imprime|traduce|montre|dis|r[ée]p[èe]te|affiche|donne|traduis
    |zeig|sag|nenne|wiederhol|verrate|[üu]bersetze|mostra|dimmi|ripeti|stampa
"""
_THING = r"""
    (?:system|initial|original|hidden|secret|developer)\ (?:prompts?|messages?|instructions?|rules|text|words?)
    |(?:your|these|those|previous|prior|above|internal|first|preceding)\ (?:\w+\ ){0,2}
        (?:instructions?|rules|directives|guidelines|prompts?|configuration|context|guidance|orders|secrets?|preamble)
    |secrets?\b|pass[ -]?(?:words?|phrases?|codes?)|code[ -]?words?|credentials?|api[ -]keys?|confidential
    |(?:text|everything|words|all|content|lines?|messages?|sentences?)\ (?:\w+\ ){0,3}(?:above|before)
    |you\ (?:were|have\ been|are|'ve\ been)\ (?:told|given|instructed|programmed|not\ (?:allowed|supposed))
    |(?:instrucciones|contrase[ñn]a|palabra\ (?:clave|secreta)|secreto)
    |(?:mot\ de\ passe|secret|consignes|invite\ syst[èe]me)
    |(?:anweisungen|passwort|kennwort|codewort|geheimnis|systemprompt)
    |(?:istruzioni|parola\ d.ordine|segreto)
"""
_LAZY = "[^\\x00]{0,80}?"

REVEAL: Final = re.compile(rf"\b(?:{_ASK}){_LAZY}\b(?:{_THING})", re.IGNORECASE | re.VERBOSE)
"""Asks for the system prompt or what stands in it."""

FORGET: Final = re.compile(
    r"""(?:ignore|disregard|forget|override|bypass|drop|skip|do\ not\ follow|ignora|olvida|oublie[rz]?|vergiss|ignorez?
        |ignoriere?|dimentica)
        [^\x00]{0,40}?
        (?:instructions?|rules|prompts?|guidelines|directives|everything|orders|anweisungen|regeln|instrucciones
        |reglas|consignes|istruzioni|regole|(?:all|anything)\ (?:above|before|previous|prior))""",
    re.IGNORECASE | re.VERBOSE,
)
"""Tells it to drop its instructions."""

_QUOTE = r"[\"'\u201c\u2018\u00ab`]"
_UNQUOTE = r"[\"'\u201d\u2019\u00bb`]"
_SAYING = r"(?:say|reply|respond|answer|output|print|write|append|add|include|echo|repeat|begin|end|start|tell\ \w+)"

SAY: Final = re.compile(
    rf"""\b{_SAYING}\b[^\x00"'\u201c\u2018\u00ab`\n]{{0,60}}?
        (?:{_QUOTE}([^"\u201d\u00bb`\n]{{1,400}}?){_UNQUOTE}(?!\w)
        |(?:\s|^)((?-i:[A-Z][A-Z0-9_-]{{3,40}}))\b(?![.:]\ ?\w))""",
    re.IGNORECASE | re.VERBOSE,
)
"""Tells it what to say: words between quotation marks, or one word in capitals."""

PERSONA: Final = re.compile(
    r"""(?:you\ are\ now|from\ now\ on\ you(?:'re|\ are)|pretend\ (?:to\ be|you(?:'re|\ are))|act\ as|role-?play\ as
        |play\ the\ (?:role|part)\ of|imagine\ you(?:'re|\ are)|enter|enable|switch\ to)
        \ ((?:an?\ |the\ |my\ |called\ )?[\w'-]{1,30}(?:\ (?!and\b|who\b|that\b|with\b|then\b)[\w'-]{1,30}){0,3})""",
    re.IGNORECASE | re.VERBOSE,
)
"""Gives it another character."""

ALWAYS: Final = re.compile(
    r"from now on|always|whenever|in every (?:answer|reply|response|message)|at the end of (?:every|each)|each time",
    re.IGNORECASE,
)
"""Marks an order that stands for later answers too."""
