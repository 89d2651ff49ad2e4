"""Markup: what is let pass hides nothing that stands before or after it."""

from bartizan.supply.formats import markup
from fuzz.model_files import said
from fuzz.target import Target

_RUNS = b"<script>1</script>"


def run(data: bytes) -> str:
    word = said(markup.FORMAT, data)
    if word.startswith("proven-inert"):
        assert not said(markup.FORMAT, data + _RUNS).startswith("proven-inert")
        assert not said(markup.FORMAT, _RUNS + data).startswith("proven-inert")
    return word


TARGET = Target(
    modules=(
        "bartizan.supply.formats.markup",
        "bartizan.supply.parsers.markup",
        "bartizan.supply.parsers.markup_judge",
    ),
    run=run,
    seeds=(
        b"<!DOCTYPE html><html><head><title>a</title></head><body class=b><p c='d'>e</p></body></html>",
        b"<?xml version='1.0'?><svg><style><![CDATA[ a > b ]]></style><use xlink:href='#a'/></svg>",
        b"<noscript><p title='a'></noscript><!-- b --><meta charset=utf-8>",
        b"<a href='java&#10;script:b'>",
    ),
    words=(
        b"<!--",
        b"-->",
        b"<![CDATA[",
        b"]]>",
        b"<?",
        b"?>",
        b"</",
        b"/>",
        b"='",
        b"<style>",
        b"</style>",
        b"<textarea>",
        b"<noscript>",
        b" onload=",
        b"href=",
        b"<!DOCTYPE ",
        b"&#",
    ),
    longest=400,
)
