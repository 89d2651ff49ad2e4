"""Chat templates: what only writes text is let pass by name; whatever leads further is told, spelled out or composed."""

import pytest

from bartizan.supply.formats.jinja import FORMAT
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.subject import Standing
from tests.supply.formats.looking import seen, words

CONVERSATION = """
{%- macro render(all, i=0, tail='') -%}{{ all[i]['content'] + tail }}{%- endmacro -%}
{%- set ns = namespace(n=-1, seen=[]) -%}
{%- set start = 1 if messages[0].role == 'system' else 0 -%}
{%- if not date is defined %}{% set date = strftime_now("%d %b %Y") %}{% endif -%}
{%- for message in messages[start:] -%}
  {%- set k = loop.index0 + start -%}
  {%- if loop.first or messages[loop.index0 - 1].role != 'tool' %}{% set ns.n = k %}{% endif -%}
  {%- if message.role not in ['user', 'tool'] %}{{ raise_exception('role: ' ~ message.role) }}{% endif -%}
  {{ render(messages, ns.n, tail='\\n') | trim }}{{ message.tool_calls[-1].function | tojson(indent=4) | string }}
  {%- for key, value in message.items() if key not in ['_hidden'] %}{{ key ~ '=' ~ message[key] }}{% endfor -%}
  {%- for key in message.get('x', {}) | dictsort %}{{ key[0] }}{% endfor -%}
  {%- generation %}{{ message.content.split('</think>')[-1].lstrip('\\n') }}{% endgeneration -%}
  {{ tools | selectattr('type', 'equalto', 'function') | map(attribute='function.name') | join(', ') }}
  {%- for i in range(k - 1, -1, -1) %}{{ messages[i].role }}{{ (messages | length) - i }}{% break %}{% endfor -%}
  {%- set _ = ns.seen.append(message.id) -%}
{%- else %}{{ {'a': {'b': [1, (2, 3)]}}['a'].b }}{% endfor -%}
{% raw %}{{ ''.__class__ }}{% endraw %}{# {{ ''.__class__ }} #} ''.__class__
{%- if x is not none and x is divisibleby 2 and x is string %}{% elif y is in z %}{{ "}}" }}{% endif %}
{%- set text %}{{ bos_token }}{% endset %}{{ text if add_generation_prompt }}
{{ '<{}|{0}|{x}>'.format(1, x=2) }}{%- filter upper %}a{% endfilter %}{% call render(messages) %}b{% endcall %}{% with a = 1 %}{{ a }}{% endwith %}
"""

ESCAPES = (
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ x['__class__'] }}",
    "{{ x['\\x5f\\x5fclass__'] }}",
    "{{ x['_' '_class__'] }}",
    "{{ x | attr('__globals__') }}",
    "{{ lipsum.__globals__.os.popen('id').read() }}",
    "{{ cycler.__init__.__globals__ }}",
    "{{ [x] | map(attribute='y.__class__') | list }}",
    "{{ [x] | selectattr('__class__') | list }}",
    "{{ [x] | sort(attribute='__class__') }}",
    "{{ self._TemplateReference__context }}",
    "{{ g.gi_frame.f_globals }}",
    "{% set x.__class__ = 1 %}",
    "{{ __builtins__ }}",
    "{% set __class__ = 1 %}",
    "{% macro a(__class__) %}{% endmacro %}",
    "{% for m in messages %}{{ m }}{% if m.__init__ %}{% endif %}{% endfor %}",
)

CODE = (
    "{{ x['_' * 2 ~ 'class'] }}",
    "{{ x['_' + '_class__'] }}",
    "{{ x[['_', '_', 'class'] | join] }}",
    "{{ x[('%c' * 2) % (95, 95)] }}",
    "{{ x['%c%c' | format(95, 95)] }}",
    "{{ x['aaclass'.replace('a', '_')] }}",
    "{{ x['__class__'[::-1]] }}",
    "{{ x[(y | list)[2][4] * 2 + 'class'] }}",
    "{% set k = '_' * 2 ~ 'class' %}{{ x[k] }}",
    "{% set k = '_' * 2 ~ 'class' %}{% set j = k %}{{ x[j] }}",
    "{% set k %}__class__{% endset %}{{ x[k] }}",
    "{% set t = {'k': '_' ~ '_class'} %}{{ x[t.k] }}",
    "{% set n = namespace(k='_' ~ '_class') %}{{ x[n.k] }}",
    "{% set n = namespace(k=1) %}{% set n.k = '_' ~ '_c' %}{{ x[n.k] }}",
    "{% set l = [] %}{% set _ = l.append('_' ~ '_c') %}{{ x[l[0]] }}",
    "{% set l = [] %}{% set m = l %}{% set _ = m.extend(['_' ~ '_c']) %}{{ x[l[0]] }}",
    "{% for k in ['_' ~ '_class__'] %}{{ x[k] }}{% endfor %}",
    "{% macro m(a) %}{{ x[a] }}{% endmacro %}{{ m('_' ~ '_class__') }}",
    "{% macro m(a) %}{{ x[a] }}{% endmacro %}{{ m(a='_' ~ '_class__') }}",
    "{% macro m(a='_' ~ '_class__') %}{{ x[a] }}{% endmacro %}{{ m() }}",
    "{% macro m() %}__class__{% endmacro %}{{ x[m()] }}",
    "{% macro m(a) %}{{ x[a] }}{% endmacro %}{% macro m(b, a) %}{% endmacro %}{{ m(1, '_' ~ '_c') }}",
    "{% set range = x['os'] %}{{ range('id') }}",
    "{% macro m() %}{% endmacro %}{% set m = x.y %}{{ m('id') }}",
    "{% for namespace in x %}{{ namespace('id') }}{% endfor %}",
    "{{ x.popitem() }}",
    "{{ x('id') }}",
    "{{ x.y['z']('id') }}",
    "{{ '{0.name}'.format(x) }}",
    "{{ '{0[name]}'.format(x) }}",
    "{{ '{0!r:{1}}'.format(x, y) }}",
    "{{ x.format(y) }}",
    "{{ x['{0}{0}c'.format('_')] }}",
    "{{ [x] | map('attr', 'name') | list }}",
    "{{ [x] | map(f) | list }}",
    "{{ [x] | map(attribute=f) | list }}",
    "{{ [x] | selectattr('a', f) | list }}",
    "{{ [x] | sort(false, false, 'a') }}",
    "{{ x | join(',', 'a') }}",
    "{{ x | pprint }}",
    "{{ x is filter }}",
    "{{ m(*x) }}",
    "{{ m(**x) }}",
    "{{ x._private }}",
    "{{ range(999999999) }}",
    "{{ 9 ** 9 ** 9 }}",
    "{% macro dict() %}{% endmacro %}",
    "{% import 'os' as o %}",
    "{% from 'x' import y %}",
    "{% include x %}",
    "{% extends 'x' %}",
    "{% block a %}{% endblock %}",
    "{% do x %}",
    "{% debug %}",
)

MALFORMED = (
    "{{ x",
    "{% for x in y %}",
    "{% endfor %}{{ x }}",
    "{% if x %}{% endfor %}",
    "{{ }}",
    "{{ 1 1 }}",
    "{{ 'a }}",
    "{{ (x] }}",
    "{{ x. }}",
    "{{ x[] }}",
    "{{ '\\x' }}",
    "{{ a ! b }}",
    "{% %}",
    "{% raw %}{{ x }}",
    "{# {{ x }}",
    "{% break %}{{ x }}",
    "{% else %}{{ x }}",
    "{{ \uff58 }}",
    "{% set = 1 %}",
    "{{ x | }}",
)


def template(source: str) -> bytes:
    return source.encode()


def test_a_conversation_is_inert() -> None:
    assert seen(FORMAT, template(CONVERSATION)).reasons == ()


@pytest.mark.parametrize("source", ESCAPES)
def test_what_reaches_for_the_objects_of_python_is_malicious(source: str) -> None:
    read = seen(FORMAT, template(source))
    assert read.standing is Standing.MALICIOUS
    assert "template-escape" in words(read)


@pytest.mark.parametrize("source", CODE)
def test_what_is_not_on_the_list_needs_a_person(source: str) -> None:
    read = seen(FORMAT, template(source))
    assert (read.standing, words(read)) == (Standing.CODE, {"template-code"})


@pytest.mark.parametrize("source", MALFORMED)
def test_what_is_no_template_is_not_understood(source: str) -> None:
    read = seen(FORMAT, template(source))
    assert (read.standing, words(read)) == (Standing.UNKNOWN, {"template-malformed"})


@pytest.mark.parametrize(
    "source",
    [
        "{{ " + "(" * 2000 + ")" * 2000 + " }}",
        "{{ x" + " is eq x" * 5000 + " }}",
        "{{ x" + "|e" * 5000 + "}}",
        "{% for " + "(" * 5000 + " %}",
        "{% if x %}" * 100,
    ],
)
def test_depth_is_bounded(source: str) -> None:
    assert seen(FORMAT, template(source)).standing is Standing.UNKNOWN


def test_size_and_work_are_bounded() -> None:
    assert words(seen(FORMAT, template("{{ x }}" + "a" * (1 << 22)))) == {"template-too-large"}
    assert words(seen(FORMAT, template("{{ x }}" * 1000), Budget(operations=1000))) == {"too-much-work"}


def test_what_is_no_text_is_no_template() -> None:
    assert not FORMAT.knows(Octets(b"\x80\x04{{"))
    assert not FORMAT.knows(Octets(b"a text"))
