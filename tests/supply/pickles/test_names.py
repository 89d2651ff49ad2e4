"""Names: what has a contract and what has none, told apart as malicious, as a library's code, or as nothing that is known."""

import _compat_pickle
import sys

import pytest

from bartizan.supply.pickles.contracts import allowed
from bartizan.supply.pickles.names import capability, named
from bartizan.supply.subject import Standing
from tests.supply.pickles.built import framed, reading
from tests.supply.pickles.built import named as pushed


def test_a_name_of_python_2_is_taken_as_python_3_takes_it_where_it_leads_to_what_is_allowed() -> None:
    for (module, name), there in _compat_pickle.NAME_MAPPING.items():
        if there in allowed():
            assert named(module, name, 2) in {there, (module, name)}
    for module, name in allowed():
        said = named(module, name, 2)
        assert _compat_pickle.NAME_MAPPING.get(said, said) == (module, name)
        assert _compat_pickle.IMPORT_MAPPING.get(module, module) == module


def test_no_name_that_leads_elsewhere_by_the_mapping_counts_as_allowed() -> None:
    for old in [*_compat_pickle.NAME_MAPPING, *((module, "x") for module in _compat_pickle.IMPORT_MAPPING)]:
        for protocol in (0, 2):
            meant = named(*old, protocol)
            if meant in allowed():
                real = _compat_pickle.NAME_MAPPING.get(
                    old, (_compat_pickle.IMPORT_MAPPING.get(old[0], old[0]), old[1])
                )
                assert meant == real


def test_nothing_that_is_allowed_is_dotted_or_listed_as_a_capability() -> None:
    for module, name in allowed():
        assert name.isidentifier()
        assert capability(module, name).standing is not Standing.MALICIOUS


@pytest.mark.parametrize(
    ("whole", "standing"),
    [
        ("os.system", Standing.MALICIOUS), ("builtins.eval", Standing.MALICIOUS), ("subprocess.Popen", Standing.MALICIOUS), ("pkgutil.resolve_name", Standing.MALICIOUS),
        ("operator.attrgetter", Standing.MALICIOUS), ("_operator.methodcaller", Standing.MALICIOUS), ("numpy.__builtins__", Standing.MALICIOUS), ("torch.os", Standing.MALICIOUS),
        ("torch.utils.collect_env.run", Standing.MALICIOUS), ("pandas.read_csv", Standing.MALICIOUS), ("socket.socket", Standing.MALICIOUS), ("ctypes.CDLL", Standing.MALICIOUS),
        ("sklearn.tree._tree.Tree", Standing.CODE), ("torch.nn.modules.linear.Linear", Standing.CODE), ("functools.partial", Standing.CODE), ("operator.itemgetter", Standing.CODE),
        ("somebody.nets.Net", Standing.UNKNOWN), ("__main__.Net", Standing.UNKNOWN), ("torch evil.x", Standing.UNKNOWN), ("sklearn\n.x", Standing.UNKNOWN),
    ],
)  # fmt: skip
def test_a_name_without_a_contract_is_told_by_what_it_is_of(whole: str, standing: Standing) -> None:
    module, _, name = whole.rpartition(".")
    assert capability(module, name).standing is standing


def test_a_name_is_shown_so_that_it_moves_no_cursor_and_floods_no_screen() -> None:
    what = capability("evil\x1b[2J", "x" * 5000).what
    assert what.isprintable()
    assert len(what) < 400


def test_nothing_that_a_file_names_is_imported() -> None:
    names = ("antigravity", "this", "turtledemo", "lib2to3.pgen2", "somebody_else")
    before = set(sys.modules)
    for module in names:
        assert not reading(framed(pushed(module, "x") + b")R")).inert
    assert not (set(sys.modules) - before) & {each.split(".")[0] for each in names}
