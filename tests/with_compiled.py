"""Runs tests on the compiled hot path: `python -m pytest -p tests.with_compiled tests/gateway`.

Load it before anything of ours is imported. Where nothing is compiled of these sources, it says so and nothing runs.
"""

from bartizan import compiled

if not compiled.use():
    raise SystemExit("nothing is compiled of these sources: make install COMPILED=1")
