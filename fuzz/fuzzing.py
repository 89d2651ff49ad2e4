"""One process of libFuzzer, by atheris, over one target.

Rules of this file: libFuzzer ends by an exit of its own, so this is a process of its own, which `campaign.py` starts.
The package is instrumented as it is imported, since coverage is what guides the mutation; so the target comes last.
"""

import sys

import atheris


def main() -> None:
    """Fuzz the target named first; the other arguments are libFuzzer's."""
    name, *arguments = sys.argv[1:]
    with atheris.instrument_imports(include=["bartizan"]):
        from fuzz.target import load  # noqa: PLC0415 - what it imports is instrumented

        run = load(name).run

    def once(data: bytes) -> None:
        run(data)

    atheris.Setup([sys.argv[0], *arguments], once)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
