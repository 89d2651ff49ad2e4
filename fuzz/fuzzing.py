"""One process of libFuzzer, by atheris, over one target.

Rules of this file: libFuzzer ends by an exit of its own, so this is a process of its own, which `campaign.py` starts.
What is under attack is instrumented as it is imported, since coverage is what guides the mutation; so the target comes
last. Modules around it are not: their branches would lead the search away, and each counter costs as much as a line.
"""

import sys

import atheris


def main() -> None:
    """Fuzz the target named first, but for the modules named second; the other arguments are libFuzzer's."""
    name, around, *arguments = sys.argv[1:]
    with atheris.instrument_imports(include=["bartizan"], exclude=around.split(",")):
        from fuzz.target import load  # noqa: PLC0415 - what it imports is instrumented

        run = load(name).run

    def once(data: bytes) -> None:
        run(data)

    atheris.Setup([sys.argv[0], *arguments], once)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
