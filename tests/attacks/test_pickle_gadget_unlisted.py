"""An adversary calls what is on nobody's list: a gadget of the standard library, of a framework, or one that was made yesterday."""

import pytest

from bartizan.supply.look import looker
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.scan import known
from bartizan.supply.subject import Standing
from tests.supply.pickles.built import called, framed, named, text

PUBLISHED = [
    "pip.main",
    "ensurepip._run_pip",
    "pty.spawn",
    "ctypes.CDLL",
    "cProfile.runctx",
    "profile.run",
    "pydoc.locate",
    "pydoc.pipepager",
    "doctest.debug_script",
    "idlelib.pyshell.ModifiedInterpreter.runcode",
    "code.InteractiveInterpreter.runcode",
    "lib2to3.pgen2.pgen.ParserGenerator",
    "asyncio.unix_events._UnixSubprocessTransport._start",
    "distutils.file_util.write_file",
    "numpy.f2py.crackfortran.getlincoef",
    "torch.utils.collect_env.run",
    "torch.utils.bottleneck.__main__.run_cprofile",
    "torch._inductor.codecache.compile_file",
    "uuid._get_command_stdout",
    "_osx_support._read_output",
    "_aix_support._read_cmd_output",
    "imaplib.IMAP4_stream",
    "_pyrepl.pager.pipe_pager",
    "pkgutil.resolve_name",
    "operator.methodcaller",
    "_operator.attrgetter",
    "io.FileIO",
    "logging.FileHandler",
    "ssl.get_server_certificate",
    "urllib.request.urlopen",
    "pandas.read_csv",
    "cloudpickle.cloudpickle.subimport",
    "mlflow.projects.backend.local._run_entry_point",
    "multiprocessing.util.spawnv_passfds",
    "trace.Trace.run",
    "timeit.timeit",
    "runpy._run_code",
    "venv.create",
    "bdb.Bdb.run",
    "webbrowser.open",
]
INVENTED = (
    "tomorrow.run",
    "some.new.library.helpers.start",
    "string.Formatter",
    "types.coroutine",
    "transformers.new_thing",
)


@pytest.mark.parametrize("whole", [*PUBLISHED, *INVENTED])
def test_no_gadget_is_inert_whether_it_is_called_made_or_only_named(whole: str) -> None:
    module, _, name = whole.rpartition(".")
    look = looker(known())
    made = framed(named(module, name) + b")\x81}b")
    for stream in (called(module, name, text("id")), made, framed(named(module, name))):
        file = look(Octets(stream, "m.pkl"), Budget())
        assert file.standing is not Standing.INERT
        assert whole.rpartition(".")[2] in file.reasons[0].what


def test_those_that_were_published_are_told_as_what_they_are() -> None:
    for whole in PUBLISHED:
        module, _, name = whole.rpartition(".")
        assert looker(known())(Octets(called(module, name)), Budget()).standing is Standing.MALICIOUS
