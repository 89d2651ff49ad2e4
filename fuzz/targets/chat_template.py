"""Chat templates: what is let pass hides nothing that stands before or after it."""

from bartizan.supply.formats import jinja
from fuzz.model_files import said
from fuzz.target import Target

_ESCAPE = b"\n{{ x.__class__ }}"


def run(data: bytes) -> str:
    word = said(jinja.FORMAT, data)
    if word.startswith("proven-inert"):
        assert said(jinja.FORMAT, data + _ESCAPE).startswith("malicious")
        assert said(jinja.FORMAT, _ESCAPE + data).startswith("malicious")
    return word


TARGET = Target(
    modules=(
        "bartizan.supply.formats.jinja",
        "bartizan.supply.parsers.jinja_tokens",
        "bartizan.supply.parsers.jinja_syntax",
        "bartizan.supply.parsers.jinja_tags",
        "bartizan.supply.parsers.jinja_judge",
        "bartizan.supply.parsers.jinja_keys",
    ),
    run=run,
    seeds=(
        b"{% for m in messages %}{{ m['content'] | trim }}{% endfor %}",
        b"{% macro a(b, c=1) %}{{ b[c].d if e is defined else 'f' ~ g }}{% endmacro %}{{ a([1], c=2) }}",
        b"{% set ns = namespace(x=1) %}{% set ns.x = ns.x + 1 %}{{ y[ns.x] }}",
        b"{{ x['_' * 2 ~ 'class'] }}",
        b"{{ ''.__class__ }}",
        b"{% raw %}{{ x }}{% endraw %}{# y #}",
    ),
    words=(
        b"{{",
        b"}}",
        b"{%",
        b"%}",
        b"{#",
        b"#}",
        b"'",
        b"\\x5f",
        b"__",
        b"|",
        b" is ",
        b" not ",
        b"loop.index0",
        b"endfor",
        b"{% set ",
    ),
    longest=400,
)
