"""Tokenizers from JSON and from pickles, also from files that were made to do harm."""

import copyreg
import functools
import json
import os
import pickle
import pickletools
import random
import struct
import sys
import types
from collections import OrderedDict, defaultdict
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from glovefast.errors import FormatError, VocabularyError
from glovefast.text import Tokenizer, tokenizer_from_json, tokenizer_from_pickle
from glovefast.text.restricted_pickle import SavedObject, UnreadablePickleError, read_pickle
from tests.helpers.cases import case_name

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)

# Where Keras had its Tokenizer.
MODULES = [
    "keras_preprocessing.text",
    "keras.preprocessing.text",
    "keras.src.preprocessing.text",
    "keras.src.legacy.preprocessing.text",
    "tensorflow.python.keras.preprocessing.text",
    "tensorflow.python.keras._impl.keras.preprocessing.text",
    "tensorflow_core.python.keras.preprocessing.text",
    "tf_keras.src.preprocessing.text",
]
TEXTS = ["Well done É", "good work, well", "", "done"]


def state_of(**others: Any) -> dict[str, Any]:
    """Make the attributes that Keras's Tokenizer has after a fit."""
    tokenizer = Tokenizer(num_words=5, oov_token="<unk>")
    tokenizer.fit_on_texts(TEXTS)
    state = {
        "word_counts": OrderedDict(tokenizer.word_counts),
        "word_docs": defaultdict(int, tokenizer.word_docs),
        "filters": tokenizer.filters,
        "split": " ",
        "lower": True,
        "num_words": 5,
        "document_count": 4,
        "char_level": False,
        "oov_token": "<unk>",
        "index_docs": defaultdict(int, tokenizer.index_docs),
        "word_index": dict(tokenizer.word_index),
        "index_word": dict(tokenizer.index_word),
        "analyzer": None,
    }
    return state | others


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give a function that pickles a class of any module and name, which needs not exist otherwise."""

    def pickled(
        state: Any, protocol: int = 4, module: str = "keras.preprocessing.text", name: str = "Tokenizer"
    ) -> bytes:
        stand_in = type(name, (), {"__module__": module, "__qualname__": name})
        instance = stand_in()
        if isinstance(state, dict):
            instance.__dict__.update(state)
        with monkeypatch.context() as patch:
            parts = module.split(".")
            for end in range(1, len(parts) + 1):
                patch.setitem(sys.modules, ".".join(parts[:end]), types.ModuleType(".".join(parts[:end])))
            setattr(sys.modules[module], name, stand_in)
            return pickle.dumps(instance, protocol)

    return pickled


def imported() -> set[str]:
    return {name for name in sys.modules if not name.startswith("encodings.")}


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give a function that reads bytes as a saved Tokenizer, and see that nothing is called or imported."""
    path = tmp_path / "tokenizer.pickle"
    Tokenizer().fit_on_texts(["a"])  # loads the kernels

    def must_not_be_called(*_arguments: Any) -> None:
        pytest.fail("code of a pickle ran")

    def reading(data: bytes) -> Tokenizer:
        path.write_bytes(data)
        before = imported()
        with monkeypatch.context() as patch:
            for module, name in ((os, "system"), (os, "remove"), (pickle, "loads"), (pickle, "Unpickler")):
                patch.setattr(module, name, must_not_be_called)
            try:
                return tokenizer_from_pickle(path)
            finally:
                assert imported() == before
                assert [*tmp_path.iterdir()] == [path]

    return reading


def assert_is_the_fitted(tokenizer: Tokenizer) -> None:
    expected = Tokenizer(num_words=5, oov_token="<unk>")
    expected.fit_on_texts(TEXTS)
    config, expected_config = tokenizer.get_config(), expected.get_config()
    for name in ("word_docs", "index_docs"):  # Keras fills these in the order of a set
        assert json.loads(config.pop(name)) == json.loads(expected_config.pop(name))
    assert config == expected_config
    assert tokenizer.analyzer is None
    assert type(tokenizer.word_counts) is OrderedDict
    assert tokenizer.index_docs.default_factory is tokenizer.word_docs.default_factory is int
    for _ in range(2):
        assert tokenizer.texts_to_sequences(TEXTS) == expected.texts_to_sequences(TEXTS)
        assert tokenizer.word_index == expected.word_index
        for each in (tokenizer, expected):
            each.fit_on_texts(["new words, well"])


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_tokenizers_of_keras(stub: Any, read: Any, protocol: int, module: str) -> None:
    assert_is_the_fitted(read(stub(state_of(), protocol, module)))


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_our_own(read: Any, protocol: int) -> None:
    tokenizer = Tokenizer(num_words=5, oov_token="<unk>")
    tokenizer.fit_on_texts(TEXTS)
    assert_is_the_fitted(read(pickle.dumps(tokenizer, protocol) + b"what follows"))
    assert read(pickle.dumps(Tokenizer(), protocol)).texts_to_sequences(["a"]) == [[]]


def test_our_class_in_the_place_of_keras(stub: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever trusts a pickle can also let Python open it, with our class under Keras's name."""
    data = stub(state_of())
    for name in ("keras", "keras.preprocessing", "keras.preprocessing.text"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    monkeypatch.setattr(sys.modules["keras.preprocessing.text"], "Tokenizer", Tokenizer, raising=False)
    assert_is_the_fitted(pickle.loads(data))


def test_older_keras(stub: Any, read: Any) -> None:
    """Keras 1 and early Keras 2 lack some attributes."""
    state = state_of(nb_words=5)
    for name in ("num_words", "index_word", "analyzer", "char_level"):
        del state[name]
    assert_is_the_fitted(read(stub(state)))


def test_python_2(read: Any) -> None:
    """Its strings are bytes, and its OrderedDict is pickled as a list of pairs."""
    counts = b"ccollections\nOrderedDict\n((l(S'a'\nI2\nla(V\xc3\xa9\nI1\nlatR"
    data = (
        b"ccopy_reg\n_reconstructor\n(ckeras.preprocessing.text\nTokenizer\nc__builtin__\nobject\nNtR"
        b"(dS'word_counts'\n" + counts.replace(b"\xc3\xa9", b"\\u00e9") + b"sS'word_docs'\n"
        b"ccollections\ndefaultdict\n(c__builtin__\nint\ntR(U\x02\xc3\xa9I1\nS'a'\nL2L\nusS'lower'\nI01\nsb."
    )
    tokenizer = read(data)
    assert tokenizer.word_counts == {"a": 2, "é": 1}
    assert tokenizer.word_docs == {"a": 2, "é": 1}
    assert tokenizer.lower is True


@pytest.mark.keras
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_keras_itself(read: Any, protocol: int) -> None:
    keras_text = pytest.importorskip("keras.src.legacy.preprocessing.text")
    theirs = keras_text.Tokenizer(num_words=5, oov_token="<unk>")
    theirs.fit_on_texts(TEXTS)
    assert_is_the_fitted(read(pickle.dumps(theirs, protocol)))


class Call:
    """Pickled, it is a call."""

    def __init__(self, *call: Any) -> None:
        self.call = call

    def __reduce__(self) -> Any:
        return self.call


ATTACKS = [
    Call(os.system, ("touch attacked",)),
    Call(os.remove, ("tokenizer.pickle",)),
    Call(eval, ("__import__('os').system('touch attacked')",)),
    Call(functools.partial, (os.system, "touch attacked")),
    Call(copyreg._reconstructor, (functools.partial, object, None)),  # type: ignore[attr-defined]
    Call(defaultdict, (os.getcwd,)),
    Call(OrderedDict, ({"a": 1},)),
    Call(__import__, ("antigravity",)),
    str.split,
    len,
    Path("x"),
    {1, 2},
    b"bytes",
    bytearray(b"bytes"),
    1j,
]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("attack", ATTACKS, ids=case_name)
def test_nothing_is_called(stub: Any, read: Any, attack: Any, protocol: int) -> None:
    states = [{"analyzer": attack}, {"word_counts": attack}, {"word_index": {"a": attack}}, {"more": attack}]
    pickles = [pickle.dumps(attack, protocol), *(stub(state_of(**state), protocol) for state in states)]
    for data in pickles:
        with pytest.raises(FormatError, match=r"tokenizer.pickle: is not a pickled Tokenizer: ."):
            read(data)


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("os", "Tokenizer"),
        ("keras.preprocessing.text", "Other"),
        ("mykeras.preprocessing.text", "Tokenizer"),
        ("keras.preprocessing.sequence", "Tokenizer"),
        ("transformers.text", "Tokenizer"),
    ],
)
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_other_classes(stub: Any, read: Any, module: str, name: str, protocol: int) -> None:
    with pytest.raises(FormatError, match=f"refers to '{module}.{name}'"):
        read(stub(state_of(), protocol, module, name))


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({}, "it has no word_counts"),
        (state_of(more=1), "no attribute 'more'"),
        (state_of(fit_on_texts=1), "no attribute 'fit_on_texts'"),
        (state_of(num_words="5"), "num_words is a str"),
        (state_of(oov_token=["?"]), "oov_token is a list"),
        (state_of(num_words=float("nan")), "num_words is not a number"),
        (state_of(num_words=2**63), "num_words is a number beyond 64 bits"),
        (state_of(document_count=10**5000), "document_count is a number beyond 64 bits"),
        (state_of(split=""), "split is empty"),
        (state_of(filters=["ab"]), "filters holds something other than single characters"),
        (state_of(filters=None), "filters holds something other than single characters"),
        (state_of(filters=[1]), "filters holds something other than strings"),
        (state_of(word_index=[1]), "word_index is a list"),
        (state_of(word_index={1: 1}), "word_index maps str to int, but it holds a int with a int"),
        (state_of(word_counts={"a": 1.5}), "word_counts maps str to int, but it holds a str with a float"),
        (state_of(word_docs={"a": [["deep"]]}), "it holds a str with a list"),
        (state_of(word_counts={"a": 2**63}), "word_counts holds a number beyond 64 bits"),
    ],
)
def test_other_attributes(stub: Any, read: Any, state: dict[str, Any], message: str) -> None:
    with pytest.raises(FormatError, match=message):
        read(stub(state))


MODULUS = 2**61 - 1  # of Python's hash: its multiples are all alike


def instance_of(state: dict[Any, Any]) -> bytes:
    """Pickle a Tokenizer whose attributes need not be strings."""
    return b"\x80\x02ckeras.src.text\nTokenizer\n)\x81" + pickle.dumps(state, 2)[2:-1] + b"b."


BOMBS = {
    "integers of one hash": pickle.dumps({number * MODULUS: 1 for number in range(1, 500)}),
    "an attribute of many digits": instance_of({"word_counts": {}, 10**5000: 1}),
    "an attribute that is an integer": instance_of({"word_counts": {}, 5: 1}),
    "a long attribute": instance_of({"word_counts": {}, "q" * 10**6: 1}),
    "words without index_word whose indices have one hash": instance_of(
        {"word_counts": {}, "word_index": {str(number): number * MODULUS for number in range(1, 5)}}
    ),
    "deep lists": b"\x80\x04" + b"]" * 200_000 + b"a" * 199_999 + b".",
    "deep tuples": b"\x80\x04)" + b"\x85" * 200_000 + b".",
    "deep tuples as a key": b"\x80\x04})" + b"\x85" * 200_000 + b"Ns.",
    "tuples that double, as a key": b"\x80\x04})" + b"2\x86" * 90 + b"Ns.",
    "tuples that double, as a class": b"\x80\x04ccollections\ndefaultdict\n)" + b"2\x86" * 90 + b"\x85R.",
    "lists that double": b"\x80\x04]\x94" + b"](h\x00h\x00e\x94" * 60 + b".",
    "a list in itself": b"\x80\x04]\x94h\x00a.",
    "a dictionary in itself": b"\x80\x04}\x94K\x01h\x00s.",
    "pairs used again and again": b"\x80\x04](](K\x01K\x02ee\x940"
    + b"ccollections\nOrderedDict\n\x940"
    + b"h\x01h\x00\x85R0" * 20_000
    + b"N.",
    "a long string": b"\x80\x04\x8d" + struct.pack("<Q", 2**62) + b"a.",
    "a string of negative length": b"T" + struct.pack("<i", -1) + b".",
    "long bytes": b"\x80\x04\x8e" + struct.pack("<Q", 2**62) + b"a.",
    "a long integer": b"\x80\x04\x8b" + struct.pack("<i", 2**31 - 1) + b"a.",
    "an integer of many digits": b"I" + b"9" * 100_000 + b"\n.",
    "a long frame": b"\x80\x04\x95" + struct.pack("<Q", 2**62) + b"N.",
    "a memo of large numbers": b"Np999999999999999999999\n.",
    "an unknown place in the memo": b"h\x07.",
    "persistent": b"Pid\n.",
    "extension": b"\x82\x01.",
    "out of band": b"\x80\x05\x97.",
    "no stack": b"R.",
    "no mark": b"(d(ldtu.",
    "nothing": b"",
    "text": b"word_counts",
    "gzip": b"\x1f\x8b\x08\x00\x00\x00",
    "not ASCII": b"cos\xff\nsystem\n.",
    "escapes of a terminal": b"c\x1b[31m\nred\n.",
}


@pytest.mark.parametrize("kind", BOMBS)
def test_pickles_made_to_hurt(read: Any, kind: str) -> None:
    """Each takes no more time or memory than its length."""
    with pytest.raises(FormatError, match="is not a pickled Tokenizer") as raised:
        read(BOMBS[kind])
    assert len(str(raised.value)) < 400
    assert str(raised.value).isprintable()


@pytest.mark.filterwarnings("ignore:invalid escape sequence")
@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_cut_and_damaged_files(stub: Any, tmp_path: Path, protocol: int) -> None:
    path = tmp_path / "tokenizer.pickle"
    data = stub(
        {"word_counts": OrderedDict(a=2), "word_docs": defaultdict(int, a=1), "lower": True}, protocol
    )
    for end in range(len(data)):
        path.write_bytes(data[:end])
        with pytest.raises(FormatError):
            tokenizer_from_pickle(path)
    for place in range(len(data)):
        for byte in (data[place] ^ 1, data[place] ^ 0x80, *b"R(u"):
            path.write_bytes(data[:place] + bytes([byte]) + data[place + 1 :])
            try:
                tokenizer = tokenizer_from_pickle(path)
            except FormatError:
                continue
            assert {*map(type, tokenizer.word_counts)} <= {str}
            assert {*map(type, tokenizer.word_index.values())} <= {int}


@pytest.mark.filterwarnings("ignore:invalid escape sequence")
def test_opcodes_in_any_order() -> None:
    """Whatever follows whatever, the reader ends with plain data or an error of its own."""
    generator = random.Random(0)
    codes = [opcode.code.encode("latin-1") for opcode in pickletools.opcodes]
    plain = (str, int, float, list, tuple, dict, SavedObject, type(None))
    for _ in range(3_000):
        data = b"".join(
            generator.choices([*codes, *[b"(", b"]", b"}", b"N", b"K\x01", b"h\x00", b"\x94"] * 9], k=30)
        )
        with suppress(UnreadablePickleError):
            assert isinstance(read_pickle(data + b".", lambda *_: True), plain)


def test_files_that_are_not_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path, tmp_path / "fifo"):
        with pytest.raises(FormatError, match="regular file"):
            tokenizer_from_pickle(path)
    with pytest.raises(FileNotFoundError):
        tokenizer_from_pickle(str(tmp_path / "missing"))


def test_a_file_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "large.pickle"
    path.write_bytes(pickle.dumps(Tokenizer()))
    tokenizer_from_pickle(path)
    monkeypatch.setattr("glovefast.text.saved_tokenizers._LARGEST_FILE", path.stat().st_size - 1)
    with pytest.raises(FormatError, match="too large"):
        tokenizer_from_pickle(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"index_word": None}, "the JSON object must be"),
        ({"word_counts": "[]"}, "word_counts is a list"),
        ({"word_counts": '{"a": "b"}'}, "word_counts maps str to int"),
        ({"index_word": '{"a": "b"}'}, "invalid literal"),
        ({"index_docs": "[]"}, "no attribute 'items'"),
        ({"index_docs": json.dumps({str(MODULUS): 1})}, "index_docs holds an index beyond 31 bits"),
        ({"index_word": json.dumps({str(2**31): "a"})}, "index_word holds an index beyond 31 bits"),
        ({"num_words": float("nan")}, "num_words is not a number"),
        ({"split": ""}, "split is empty"),
        ({"lower": "yes"}, "lower is a str"),
        ({"stop_words": []}, "no attribute 'stop_words'"),
        ({"word_index": "[" * 100_000}, "recursion|Expecting|Stack overflow"),
    ],
)
def test_json_that_is_not_of_a_tokenizer(change: dict[str, Any], message: str) -> None:
    tokenizer = Tokenizer()
    tokenizer.fit_on_texts(TEXTS)
    written = json.loads(tokenizer.to_json())
    written["config"] |= change
    with pytest.raises(VocabularyError, match=message):
        tokenizer_from_json(json.dumps(written))


def test_characters_need_neither_filters_nor_split(stub: Any, read: Any) -> None:
    for filters in (None, ["ab"]):
        tokenizer = read(stub(state_of(char_level=True, filters=filters, split="")))
        assert tokenizer.texts_to_sequences(["ab"]) == [[1, 1]]


@pytest.mark.parametrize("text", ["", "{", "[]", "5", '{"config": {}}', "[" * 100_000])
def test_json_of_something_else(text: str) -> None:
    with pytest.raises(VocabularyError, match="not the JSON of a Tokenizer"):
        tokenizer_from_json(text)


def test_counts_beyond_64_bits() -> None:
    tokenizer = Tokenizer()
    tokenizer.word_counts["a"] = 2**63
    with pytest.raises(VocabularyError, match=r"word_counts\['a'\] is beyond 64 bits"):
        tokenizer.fit_on_texts(["a"])
