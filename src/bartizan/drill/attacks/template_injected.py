"""Chat templates that reach for Python's own objects where a model's answer is put together."""

import json

from bartizan.drill.attack import Attack, Outcome, Stage
from bartizan.drill.brought import taken_for_data
from bartizan.drill.target import Target

_SOUND = (
    "{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] | trim }}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
_SPELLED = "{{ ''.__class__.__mro__[1].__subclasses__() }}"
_BY_FILTER = "{{ messages | attr('__class' + '__') }}"
_BY_KEY = "{% set under = '_' * 2 %}{{ cycler[under ~ 'init' ~ under][under ~ 'globals' ~ under] }}"
_BY_FORMAT = "{{ '{0.__class__}'.format(messages) }}"


def _config(template: str) -> bytes:
    return json.dumps({"tokenizer_class": "PreTrainedTokenizerFast", "chat_template": template}).encode()


def _act(target: Target) -> Outcome:
    return taken_for_data(
        target,
        {"tokenizer_config.json": _config(_SOUND), "sound.jinja": _SOUND.encode()},
        {
            "a class by its name.json": _config(_SOUND + _SPELLED),
            "a class by a filter.json": _config(_SOUND + _BY_FILTER),
            "globals by keys that are put together.json": _config(_SOUND + _BY_KEY),
            "a class by a format.jinja": (_SOUND + _BY_FORMAT).encode(),
        },
    )


ATTACK = Attack(
    name="template-injected",
    control="supply.model-file-inert",
    title="chat template that escapes",
    skill=3,
    stage=Stage.FILES,
    because="a template travels with a model, and ran code in a server that only meant to write a prompt (CVE-2024-34359)",
    references=("AML.T0010.003", "AML.T0011.000", "CWE-1336", "CWE-94"),
    weakening="templates_unjudged",
    act=_act,
)
