"""What a model file has no business to name, and whose code it may name where a person decides: data, in words.

Rules of this file: none of this makes a file inert, only contracts do; it tells malicious, needs-code and not-understood apart. It is
a module and no TOML, since it is needed in a process that can open no file.
Source: published bypasses with their CVEs and advisories (docs/artifacts.md), words that picklescan, fickling and modelscan look for,
the documentation of Python and of each library. Date: 2026-11-28.
"""

from typing import Final

_MODULES: Final = """
_aix_support _android_support _ast _cffi_backend _ctypes _frozen_importlib _frozen_importlib_external _imp _interpreters _io _ios_support _lsprof
_operator.attrgetter _operator.call _operator.methodcaller _osx_support _pickle _pip _posixsubprocess _pyio _pyrepl _signal _socket _sqlite3 _ssl
_sysconfigdata _testcapi _testinternalcapi _thread _tkinter _winapi _xxsubinterpreters aiohttp antigravity ast asynchat asyncio asyncore atexit
bartizan bdb boto3 botocore bz2 cPickle cProfile cffi cgi cgitb cloudpickle code codeop commands compileall compiler concurrent copyreg.__reduce__
crypt ctypes curses dbm dill dircache dis distutils dns doctest easy_install ensurepip fabric faulthandler fcntl fickling filecmp fileinput ftplib gc
genericpath glob grp gzip http httplib httpx idlelib imaplib imp importlib inspect io jsonpickle lib2to3 linecache logging lzma mailbox marshal mmap
modelaudit modelscan modulefinder multiprocessing netrc nntplib nt ntpath opcode operator.attrgetter operator.call operator.methodcaller os paramiko
parser pdb pickle picklescan pickletools pip pkg_resources pkgutil platform popen2 poplib posix posixpath profile pty pwd py_compile pydoc pydoc_data
readline requests resource rlcompleter runpy sched select selectors setuptools shelve shutil signal site sitecustomize smtpd smtplib socket
socketserver spwd sqlite3 ssl subprocess symtable sys sysconfig tarfile telnetlib tempfile test this threading timeit tkinter trace tracemalloc tty
turtledemo types.CodeType types.FunctionType types.LambdaType types.MethodType types.ModuleType unittest urllib urllib2 urllib3 usercustomize venv
webbrowser websocket websockets wsgiref xmlrpc xmlrpclib zipapp zipfile zipimport zmq
"""
MODULES: Final = frozenset(_MODULES.split())
"""Modules and names, each with all that is beneath it, that run commands or code from text, start processes, load more pickles, look into the
interpreter or its memory, reach networks or files, call what a string names, or unhook a scanner."""

_NAMES: Final = """
IPython Pyro4 _codecs.lookup _codecs.register builtins.__import__ builtins.apply builtins.breakpoint builtins.callable builtins.compile
builtins.delattr builtins.dir builtins.eval builtins.exec builtins.execfile builtins.exit builtins.file builtins.filter builtins.globals builtins.help
builtins.input builtins.locals builtins.map builtins.memoryview builtins.open builtins.quit builtins.raw_input builtins.reload builtins.setattr
builtins.vars celery codecs.lookup codecs.open codecs.register copy_reg.add_extension copyreg.__newobj_ex__ copyreg.add_extension copyreg.constructor
copyreg.pickle datasets.load datasets.utils functools.partialmethod functools.reduce functools.singledispatch getpass.getpass getpass.os gettext
ipykernel itertools.starmap jax.experimental joblib.load joblib.numpy_pickle.load jupyter keras.models.load_model keras.utils.get_file
lightgbm.basic._load locale mlflow.projects mlflow.pyfunc.load_model mlflow.utils.process nltk.data nltk.downloader numpy.apply_along_axis
numpy.ctypeslib numpy.distutils numpy.f2py numpy.fromfile numpy.fromfunction numpy.frompyfunc numpy.fromregex numpy.genfromtxt numpy.lib._npyio_impl
numpy.lib.format numpy.lib.npyio numpy.lib.utils numpy.load numpy.loadtxt numpy.memmap numpy.piecewise numpy.save numpy.savetxt numpy.savez
numpy.testing numpy.vectorize pandas.core.computation pandas.eval pandas.io pandas.read_csv pandas.read_excel pandas.read_html pandas.read_json
pandas.read_parquet pandas.read_pickle pandas.read_sql pandas.read_table pandas.read_xml pathlib.Path pathlib.io pathlib.os pexpect ptyprocess rpyc
scipy.datasets scipy.io sklearn.datasets sklearn.utils._testing sympy.parsing sympy.sympify tensorflow.io tensorflow.python.lib.io tensorflow.raw_ops
torch._C._jit_pass torch._dynamo torch._inductor torch._lobpcg torch.classes.load_library torch.cuda._lazy_call torch.distributed
torch.fx.experimental torch.hub torch.jit.unsupported_tensor_ops torch.library torch.load torch.multiprocessing torch.ops.load_library torch.package
torch.save torch.serialization._legacy_load torch.serialization._load torch.serialization.load torch.testing torch.utils._config_module
torch.utils.bottleneck torch.utils.collect_env torch.utils.cpp_extension torch.utils.data.datapipes.utils torch.utils.model_zoo
transformers.dynamic_module_utils transformers.utils.hub uuid._arp_getter uuid._find_mac_under_netstat uuid._get_command_stdout uuid._ifconfig_getter
uuid._popen webdav xgboost.core._load_lib
"""
NAMES: Final = frozenset(_NAMES.split())
"""Names like these of modules that are not so altogether."""

_PARTS: Final = """
Popen builtins check_call check_output compile cr_frame ctypes eval exec exec_module execfile f_globals func_globals gi_frame import_module importlib
load_module mro os popen resolve_name run_code run_module run_path runcode runctx runsource shutil socket spawn subprocess sys system
"""
PARTS: Final = frozenset(_PARTS.split())
"""Words that as a part of a dotted name, or as a name, lead out of data into the interpreter."""

_LIBRARIES: Final = """
PIL _operator abc accelerate addict array attr attrs bisect box builtins calendar catboost category_encoders chainer collections contextlib copy
copyreg cv2 dask dataclasses datasets datetime decimal detectron2 difflib diffusers easydict enum fairseq fasttext feature_engine flair flax fractions
functools gensim gym gymnasium haiku hashlib hdbscan heapq hmmlearn huggingface_hub hydra imblearn implicit itertools jax jaxlib joblib json keras
lightgbm lightning lightning_fabric lime math matplotlib mlflow mlxtend mmcv mmdet mmengine munch mxnet narwhals networkx ngboost nltk numpy omegaconf
onnx onnxruntime operator optax optimum paddle pandas pathlib peft polars prophet pyarrow pydantic pydantic_core pytorch_lightning queue random ray re
safetensors scipy segmentation_models_pytorch sentence_transformers shap sklearn skops sktime spacy stable_baselines3 stanza statistics statsmodels
string surprise sympy tensorflow textwrap tf_keras thinc time timm tokenizers torch torchaudio torchtext torchvision tqdm transformers trl tslearn
types typing ultralytics umap warnings xgboost yaml zoneinfo
"""
LIBRARIES: Final = frozenset(_LIBRARIES.split())
"""Libraries whose classes a model may be made of."""
