"""Filtering while reading: the small store gives what the whole one gives for the wanted words."""

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from glovefast.cli import main
from glovefast.conversion.convert import convert, convert_archive
from glovefast.errors import FormatError, VocabularyError
from glovefast.kernels import HASH_BITS, HASH_BLOCK_BYTES, HASH_MULTIPLIER, HASH_SEED, HASH_SHIFT
from glovefast.parser import chunks, decoding
from glovefast.vectors import WordVectors, load
from glovefast.vocabulary.hashing import hash_word
from glovefast.vocabulary.training_vocabulary import UNKNOWN_TOKENS
from tests.conversion.test_convert import CHUNK_BYTES, THREADS, TRICKY_WORDS, WORDS, texts
from tests.helpers.backends import needs_tensorflow
from tests.helpers.switches import SWITCHES, passes_with
from tests.reference import merged_rows, read_rows, same_bits, word_of


def without_last(word: str) -> str | None:
    return word[:-1] or None


FORMS = {
    "lower": str.lower,
    "upper": str.upper,
    "title": str.title,
    "digits": lambda word: "".join("#" if character in "0123456789" else character for character in word),
    without_last: without_last,
}


def kept_words(wanted: list[str], fallback: list) -> set[str]:
    """Every word that an embedding matrix of these words may need."""
    forms = {FORMS[name](word) for name in fallback for word in wanted} - {None, ""}
    return {*wanted, *forms, *UNKNOWN_TOKENS}


def converted(text: bytes, directory: Path, words: object, **options) -> WordVectors:
    return load(
        convert(io.BytesIO(text), directory / "small.glovefast", words=words, overwrite=True, **options)
    )


def matrix_or_error(vectors: WordVectors, vocabulary: object, **options) -> bytes | str:
    try:
        return vectors.embedding_matrix(vocabulary, seed=3, **options).tobytes()
    except VocabularyError as error:
        return str(error)


def found_of(vectors: WordVectors) -> tuple[int, int, int]:
    wanted = vectors.metadata.wanted.to_dict()
    return wanted["words"], wanted["hits"], wanted["misses"]


@st.composite
def texts_and_words(draw):
    """Embedding text, wanted words that are in it, nearly in it or not in it, and fallbacks."""
    text, header, dim = draw(texts())
    there = read_rows(text, dim)[0]
    word = st.one_of(
        st.sampled_from(there),
        st.sampled_from(there).map(str.swapcase),
        st.sampled_from(there).map(lambda word: word + "s"),
        WORDS,
    )
    wanted = draw(st.lists(word, min_size=1, max_size=8, unique=True))
    return text, header, dim, wanted, draw(st.lists(st.sampled_from(list(FORMS)), max_size=4, unique=True))


@pytest.mark.filterwarnings("ignore::glovefast.errors.CoverageWarning")
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy's, of vectors that hold inf and the like
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=texts_and_words(), chunk_bytes=st.sampled_from(CHUNK_BYTES), threads=st.integers(1, 3))
def test_the_small_store_gives_what_the_whole_one_gives(tmp_path, made, chunk_bytes, threads):
    text, header, dim, wanted, fallback = made
    vocabulary = {word: index for index, word in enumerate(wanted, start=1)}
    options = {"threads": threads, "header": header is not None, "dim": dim, "separator": " "}
    text = (b"" if header is None else b"%d %d\n" % header) + text
    whole = load(convert(io.BytesIO(text), tmp_path / "whole.glovefast", overwrite=True, **options))
    coverage = whole.coverage(vocabulary, fallback=fallback)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks, "CHUNK_BYTES", chunk_bytes)
        if not coverage.hits:
            count = len(wanted)
            missing = "the only wanted word is" if count == 1 else f"none of the {count} wanted words is"
            with pytest.raises(VocabularyError, match=missing):
                converted(text, tmp_path, vocabulary, fallback=fallback, **options)
            return
        small = converted(text, tmp_path, vocabulary, fallback=fallback, **options)
    kept = kept_words(wanted, fallback)
    rows = [row for row, word in enumerate(whole.words.to_pylist()) if word in kept]
    assert small.words.to_pylist() == [whole.words[row].as_py() for row in rows]
    assert same_bits(np.array(small.vectors), np.array(whole.vectors)[rows])
    for oov in ("zeros", "mean", "normal", "unk"):
        for chosen in (fallback, fallback[:1], ()):
            made_of = [matrix_or_error(each, vocabulary, oov=oov, fallback=chosen) for each in (small, whole)]
            assert made_of[0] == made_of[1]
    assert small.metadata.wanted.to_dict() == {
        "words": len(wanted),
        "hits": coverage.hits,
        "misses": coverage.misses,
        "found_by": [{"name": way.name, "words": way.words} for way in coverage.found_by],
        "first_missing": list(coverage.missing[:10]),
    }
    assert small.metadata.report.to_dict() == {
        **whole.metadata.report.to_dict(),
        "duplicate_words": len(rows) - len(set(small.words.to_pylist())),
        "words_with_spaces": sum(" " in word for word in small.words.to_pylist()),
        "rows_not_wanted": len(whole) - len(rows),
        "rows_not_finite": int((~np.isfinite(small.vectors).all(axis=1)).sum()),
    }


# A word may end before, at and behind the bytes that are hashed, compared or searched at once.
LENGTHS = [0, 1, 7, 8, 9, 15, 16, 17, 55, 56, 63, 64, 65, 127, 128, 129, 1000]


@pytest.mark.parametrize("dim", [1, 3, 70])
def test_words_of_every_length_and_those_beside_them(tmp_path, dim):
    """Each with neighbors that are shorter, longer, or different in the first or the last byte only."""
    kinds = [
        [kind(letter * length) for letter, length in zip("abcdefghijklmnopq", LENGTHS, strict=True)]
        for kind in (
            *(
                lambda word: word,
                lambda word: word + "w",
                lambda word: word + "\0",
                lambda word: "x" + word[1:],
            ),
            *(lambda word: word[:-1] + "x", lambda word: word + "é"),
        )
    ]
    there = list(dict.fromkeys(word for words in kinds for word in words))
    text = "".join(word + f" {row}" * dim + "\n" for row, word in enumerate(there)).encode()
    for words in kinds:
        for wanted in (set(words), set(there) - set(words)):
            small = converted(text, tmp_path, {word: row + 1 for row, word in enumerate(wanted)}, dim=dim)
            rows = [row for row, word in enumerate(there) if word in wanted]
            assert small.words.to_pylist() == [there[row] for row in rows]
            assert same_bits(np.array(small.vectors), np.array([[row] * dim for row in rows], "f4"))


def state_after(state: int, block: bytes) -> int:
    state = (state ^ int.from_bytes(block, "little")) * HASH_MULTIPLIER % 2**HASH_BITS
    return state ^ state >> HASH_SHIFT


def block_between(before: int, after: int) -> bytes:
    """Find the block that leads from one state of the hash to another."""
    after ^= after >> HASH_SHIFT
    factor = pow(HASH_MULTIPLIER, -1, 2**HASH_BITS)
    return (after * factor % 2**HASH_BITS ^ before).to_bytes(HASH_BLOCK_BYTES, "little")


def words_with_the_same_hash() -> tuple[str, str, str]:
    """Make a word of 16 bytes, another one, and a longer one that begins with the first."""
    found = {}
    for number in range(1_000_000):
        first = (b"%08d" % number)[::-1]
        states = {length: state_after(length * HASH_SEED % 2**HASH_BITS, first) for length in (16, 24)}
        end = state_after(states[16], b"the_word")
        if "longer" not in found:
            last = block_between(state_after(states[24], b"the_word"), end)
            if last.isascii() and last.decode().isprintable() and b" " not in last:
                found["word"], found["longer"], target = first + b"the_word", first + b"the_word" + last, end
        else:
            last = block_between(states[16], target)
            if last.isascii() and last.decode().isprintable() and b" " not in last:
                return found["word"].decode(), (first + last).decode(), found["longer"].decode()
    raise AssertionError("there is no such word")


def test_words_that_share_a_hash(tmp_path):
    """All 64 bits of it: only their lengths and bytes tell them apart."""
    words = words_with_the_same_hash()
    assert len(set(words)) == 3
    assert len({hash_word(word.encode()) for word in words}) == 1
    there = [*words, "x", *words]
    text = "".join(f"{word} {row} 0.5\n" for row, word in enumerate(there)).encode()
    # In memory the bytes of the last two follow each other as in the longer word.
    halves = (words[0], words[2].removeprefix(words[0]))
    for wanted in (words[:1], words[1:2], words[2:], words[:2], words[1:], words, halves):
        small = converted(text, tmp_path, wanted)
        rows = [row for row, word in enumerate(there) if word in wanted]
        assert small.words.to_pylist() == [there[row] for row in rows]
        assert np.array(small.vectors)[:, 0].tolist() == rows


def test_many_words(tmp_path):
    """As many wanted words as fill a table, from two up: each is found, and none of the others."""
    there = [f"word{number}" for number in range(3000)]
    text = "".join(f"{word} {number} 0.5\n" for number, word in enumerate(there)).encode()
    for count in (1, 2, 5, 13, 14, 1000, 3000):
        wanted = np.random.default_rng(count).permutation(there)[:count].tolist()
        small = converted(text, tmp_path, wanted)
        assert small.words.to_pylist() == sorted(wanted, key=there.index)
        assert np.array(small.vectors)[:, 0].tolist() == sorted(map(there.index, wanted))


class LegacyTokenizer:
    """What a fitted Keras ``Tokenizer`` offers."""

    def __init__(self):
        self.word_index = {"<oov>": 1, "the": 2, "king": 3, "queen": 4}
        self.num_words = 4
        self.oov_token = "<oov>"
        self.word_counts = {"the": 2, "king": 1, "queen": 1}

    def texts_to_sequences(self, texts):
        raise NotImplementedError


KINDS = {
    "word_index": {"the": 1, "king": 2},
    "gaps": {"the": 7, "king": 900},
    "list": ["", "[UNK]", "the", "king"],
    "duplicates": ["the", "king", "the"],
    "tuple": ("the", "king"),
    "numpy": np.array(["the", "king"]),
    "arrow": pa.array(["the", "king"]),
    "arrow chunks": pa.chunked_array([["the"], ["king"]]),
    "legacy tokenizer": LegacyTokenizer(),
    "hugging face": SimpleNamespace(
        get_vocab=lambda: {"<pad>": 0, "the": 1, "king": 2, "<unknown>": 3},
        pad_token_id=0,
        unk_token_id=3,
        unk_token="<unknown>",
    ),
}
# Tokens that the file has as words: none of them is a wanted word.
OF_EVERY_KIND = (
    b"the 1 2\n<oov> 3 4\n<pad> 3 4\n<unknown> 3 4\nqueen 5 6\nking 7 8\n[PAD] 9 9\n 9 9\n<unk> 9 9\n"
)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_vocabulary(tmp_path, kind):
    small = converted(OF_EVERY_KIND, tmp_path, KINDS[kind])
    assert small.words.to_pylist() == ["the", "king", "<unk>"]
    assert found_of(small) == (2, 2, 0)
    whole = load(convert(io.BytesIO(OF_EVERY_KIND), tmp_path / "whole.glovefast"))
    for oov in ("unk", "mean"):
        assert same_bits(small.embedding_matrix(KINDS[kind], oov), whole.embedding_matrix(KINDS[kind], oov))


@needs_tensorflow
@pytest.mark.keras
@pytest.mark.parametrize("name", ["TextVectorization", "StringLookup"])
def test_keras_layers(tmp_path, name):
    layers = pytest.importorskip("keras").layers
    layer = getattr(layers, name)(vocabulary=["the", "king", "missing"])
    small = converted(OF_EVERY_KIND, tmp_path, layer)
    assert small.words.to_pylist() == ["the", "king", "<unk>"]
    assert found_of(small) == (3, 2, 1)


def test_other_forms_are_kept_whether_or_not_the_word_is_found(tmp_path):
    text = b"king 1 1\nKing 2 2\nKING 3 3\nking! 4 4\nK 5 5\n<UNK> 6 6\n"
    small = converted(text, tmp_path, ["King", "king!"], fallback=["upper", "strip"])
    assert small.words.to_pylist() == ["king", "King", "KING", "king!", "<UNK>"]
    assert converted(text, tmp_path, ["King"], fallback="upper").words.to_pylist() == [
        "King",
        "KING",
        "<UNK>",
    ]
    assert converted(text, tmp_path, ["King"]).words.to_pylist() == ["King", "<UNK>"]
    wanted = converted(text, tmp_path, ["king!", "K!", "x"], fallback=["title", "strip"]).metadata.wanted
    assert wanted.to_dict() == {
        "words": 3,
        "hits": 2,
        "misses": 1,
        "found_by": [
            {"name": "exact", "words": 1},
            {"name": "title", "words": 0},
            {"name": "strip", "words": 1},
        ],
        "first_missing": ["x"],
    }


@pytest.mark.parametrize("threads", THREADS)
@pytest.mark.parametrize("chunk_bytes", [1, 14, 24, 1000])
@pytest.mark.parametrize("limit", range(6))
def test_limit_counts_the_rows_that_are_kept(tmp_path, monkeypatch, threads, chunk_bytes, limit):
    """What is met is counted up to the last of them."""
    monkeypatch.setattr(chunks, "CHUNK_BYTES", chunk_bytes)
    text = b"5 2\nother 1 2\n\nking 3 4\nother 5 6\nking 7 8\n\n\nnew york 9 10\nother 1 1\nqueen 2 2\n"
    small = converted(text, tmp_path, ["queen", "king", "new york"], limit=limit, threads=threads)
    assert small.words.to_pylist() == ["king", "king", "new york", "queen"][:limit]
    report = small.metadata.report.to_dict()
    assert report["rows_not_wanted"] == [0, 1, 2, 2, 3, 3][limit]
    assert report["blank_lines"] == [0, 1, 1, 3, 3, 3][limit]
    assert report["duplicate_words"] == (limit >= 2)


def test_the_limit_may_be_reached_before_any_wanted_word(tmp_path):
    small = converted(b"<unk> 1 2\nking 3 4\n", tmp_path, ["king"], limit=1)
    assert small.words.to_pylist() == ["<unk>"]
    assert found_of(small) == (1, 0, 1)


@pytest.mark.parametrize("threads", THREADS)
@pytest.mark.parametrize("chunk_bytes", [1, 40, 1000])
def test_which_rows_are_checked(tmp_path, monkeypatch, threads, chunk_bytes):
    """Of rows that are not wanted the number of fields, of those that are, everything."""
    monkeypatch.setattr(chunks, "CHUNK_BYTES", chunk_bytes)
    lines = [
        *(b"king 1 2", b"other x 0.5", b"", b"other 1", b"king 3 x", b"caf\xe9 1 2", b"big apple 1 2"),
        *(b"other 1 2 queen 3 4", b"queen", b"big x 1 2", b"queen 5 6", b"\xff 1 2", b"king x 1 2"),
    ]
    text = b"\n".join(lines)
    wanted, options = ["king", "queen", "big apple"], {"dim": 2, "threads": threads}
    with pytest.raises(FormatError, match="line 4: expected"):
        converted(text, tmp_path, wanted, **options)
    assert list(tmp_path.iterdir()) == []
    small = converted(text, tmp_path, wanted, on_bad_row="skip", **options)
    assert small.words.to_pylist() == ["king", "big apple", "queen"]
    bad_rows = [
        json.loads(line)
        for line in (tmp_path / "small.glovefast" / "bad_rows.jsonl").read_text().splitlines()
    ]
    assert [(bad["line"], bad["beginning"]) for bad in bad_rows] == [
        (4, "other 1"),
        (5, "king 3 x"),
        (8, "other 1 2 queen 3 4"),
        (9, "queen"),
    ]
    assert small.metadata.report.to_dict() == {
        "header": None,
        "rows_promised": None,
        "blank_lines": 1,
        "duplicate_words": 0,
        "words_with_spaces": 1,
        "replaced_words": 0,
        "merged_words": 0,
        "skipped_rows": 4,
        "rows_not_wanted": 5,
        "rows_not_finite": 0,
    }


PIECES = [b"a", b"\xc3", b"\xa9", b"\xe9", b"\x81", "\ufffd".encode(), "é".encode(), b"\\xe9", b" "]
DAMAGED_WORDS = st.lists(st.sampled_from(PIECES), min_size=1, max_size=3).map(b"".join)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(DAMAGED_WORDS, st.sampled_from([b"1 2", b"3 x", b"nan -1"])), max_size=8),
    wanted=st.lists(DAMAGED_WORDS, max_size=3),
    errors=st.sampled_from(decoding.ERRORS_RULES),
)
@example(rows=[(b"\xe9", b"1 2"), (b"\xc3\xa9", b"3 4")], wanted=[b"\xe9"], errors="cp1252")
@example(rows=[(b"\xe9", b"1 2"), (b"\xc3", b"3 4")], wanted=[b"\xe9"], errors="replace")
@example(rows=[*[(b"a", b"3 x")] * 3, (b"a\xc3", b"1 2")], wanted=[], errors="strict")
@example(rows=[*[(b"a", b"3 x")] * 3, (b" ", b"nan -1")], wanted=[], errors="strict")
def test_words_that_are_not_utf_8(tmp_path, rows, wanted, errors):
    """A word is wanted if what becomes of it is."""
    words = {*(word_of(word, errors) or "none" for word in wanted), "there"}
    kept, bad = [], []
    for line, (own, numbers) in enumerate(rows, start=1):
        word = word_of(own, errors)
        if word in words and numbers == b"3 x":
            bad.append((line, False))
        elif word in words:
            kept.append((line, own, word))
            bad += [(line, True)] if own != word.encode() else []
    owns = [own for _, own, _ in kept]
    text = b"".join(word + b" " + numbers + b"\n" for word, numbers in [*rows, (b"there", b"1 2")])
    options = {"errors": errors, "on_bad_row": "skip", "dim": 2, "separator": " "}
    small = converted(text, tmp_path, sorted(words), **options)
    assert small.words.to_pylist() == [*(word for _, _, word in kept), "there"]
    report = small.metadata.report.to_dict()
    assert report["rows_not_wanted"] == len(rows) - len(kept) - report["skipped_rows"]
    assert report["blank_lines"] == 0
    merged = merged_rows(owns, [word for _, _, word in kept])
    assert report.get("merged_words", 0) == len(merged)
    list_of_bad_rows = tmp_path / "small.glovefast" / "bad_rows.jsonl"
    told = [json.loads(line) for line in list_of_bad_rows.read_text("utf-8").splitlines()] if bad else []
    assert [(each["line"], each["kept"]) for each in told[: len(bad)]] == bad
    assert all("two words became one" in each["reason"] for each in told[len(bad) :])
    assert len(told) == len(bad) + len(merged)
    assert list_of_bad_rows.exists() == bool(bad)


@pytest.mark.parametrize("line_end", ["\n", "\r\n", " \n"])
@pytest.mark.parametrize("dim", [1, 25])
def test_words_that_other_readers_lose(tmp_path, dim, line_end):
    rows = np.random.default_rng(4).normal(size=(len(TRICKY_WORDS), dim)).astype(np.float32)
    lines = [" ".join([word, *map(repr, row)]) for word, row in zip(TRICKY_WORDS, rows.tolist(), strict=True)]
    text = line_end.join([f"{len(lines)} {dim}", *lines]).encode()
    for first in (0, 1):
        wanted = TRICKY_WORDS[first::2]
        kept = [row for row, word in enumerate(TRICKY_WORDS) if word in wanted or word in UNKNOWN_TOKENS]
        small = converted(text, tmp_path, dict(zip(wanted, range(1, 100), strict=False)), header=True)
        assert small.words.to_pylist() == [TRICKY_WORDS[row] for row in kept]
        assert same_bits(np.array(small.vectors), rows[kept])


@pytest.mark.parametrize("words", [["zzz"], {"king!": 1}])
@pytest.mark.parametrize("fallback", [(), "lower"])
def test_no_wanted_word_is_there(tmp_path, words, fallback):
    with pytest.raises(VocabularyError, match=r"the only wanted word is not .* language and case"):
        converted(b"<unk> 1 2\nking 3 4\n", tmp_path, words, fallback=fallback)
    assert list(tmp_path.iterdir()) == []
    small = converted(b"king 3 4\n", tmp_path, words, limit=0)
    assert len(small) == 0


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"words": ["", "[UNK]"]}, VocabularyError),
        ({"words": []}, VocabularyError),
        ({"words": "king"}, VocabularyError),
        ({"words": {"king": -1}}, VocabularyError),
        ({"words": ["king"], "fallback": "lowercase"}, ValueError),
        ({"words": ["king"], "fallback": [3]}, TypeError),
        ({"words": ["king"], "fallback": len}, TypeError),
        ({"fallback": "lower"}, ValueError),
    ],
)
def test_choices_that_cannot_be_used(tmp_path, options, error):
    """They are refused before the source is looked for."""
    with pytest.raises(error):
        convert(tmp_path / "not there", tmp_path / "small.glovefast", **options)
    with pytest.raises(error):
        convert_archive(tmp_path / "not there", tmp_path / "stores", **options)


def test_archives(tmp_path):
    with zipfile.ZipFile(tmp_path / "both.zip", "w") as archive:
        archive.writestr("a.2d.txt", "king 1 2\nqueen 3 4\n")
        archive.writestr("a.3d.txt", "queen 1 2 3\nking 4 5 6\nKing 7 8 9\n")
    made = convert_archive(tmp_path / "both.zip", words=["King"], fallback=(name for name in ["lower"]))
    assert [load(store).words.to_pylist() for store in made] == [["king"], ["king", "King"]]


def test_all_of_the_real_file(tmp_path, glove_6b_50d):
    """Every 17th word and some that are not there: the matrix is that of the whole store."""
    whole = load(convert(glove_6b_50d, tmp_path / "whole.glovefast"))
    words = [*whole.words.to_pylist()[5::17], "New York", "KING", "no such word"]
    small = load(
        convert(glove_6b_50d, tmp_path / "small.glovefast", words=words, fallback=["lower", "title"])
    )
    assert len(small) < len(words) + 10
    for fallback in ((), ["lower", "title"]):
        one, other = (each.embedding_matrix(words, "normal", fallback, seed=1) for each in (small, whole))
        assert same_bits(one, other)
    assert small.metadata.report.rows_not_wanted == len(whole) - len(small)


@pytest.fixture
def command(capsys, tmp_path, monkeypatch):
    """Run the command in an empty directory with one text; give its exit code, output and error output."""
    monkeypatch.chdir(tmp_path)
    Path("text.txt").write_bytes(OF_EVERY_KIND)

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(["convert", "text.txt", "-o", "small.glovefast", *arguments])
        return code, *capsys.readouterr()

    return run


def test_the_command(command):
    # Of lines in a file an empty first one is padding, and only a newline ends a word.
    Path("words.txt").write_bytes("\nKing\nthe\r\nnew york\nlast\n".encode("utf-8-sig"))
    code, output, _ = command("--words", "words.txt", "--fallback", "upper", "--fallback", "lower")
    assert code == 0
    assert output.startswith("Converted 3 × 2 vectors to small.glovefast in ")
    assert output.splitlines()[1:-1] == [
        "  4 words wanted, 50.0% found: 1 exact, 0 upper, 1 lower; 2 missing",
        "  missing: new york, last",
        "  6 rows of other words left out",
    ]
    assert load("small.glovefast").words.to_pylist() == ["the", "king", "<unk>"]
    assert main(["info", "small.glovefast"]) == 0


def test_the_command_lists_the_first_missing_words(command):
    Path("words.txt").write_text("\n".join(["king", *map(str, range(1500))]))
    code, output, _ = command("--words", "words.txt")
    assert code == 0
    assert "  missing: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 1,490 more\n" in output


def test_the_command_for_machines(command):
    Path("words.txt").write_text("king\nqueen\n")
    code, output, _ = command("--words", "words.txt", "--json")
    assert code == 0
    (store,) = json.loads(output)["stores"]
    assert store["wanted"]["hits"] == 2
    assert store["report"]["rows_not_wanted"] == 6


def test_the_command_with_words_or_text_from_a_pipe(command, monkeypatch, tmp_path):
    for arguments, given_in in [
        (["text.txt", "--words", "-"], b"king\n"),
        (["-", "--words", "words.txt"], OF_EVERY_KIND),
    ]:
        Path("words.txt").write_text("king\n")
        run = subprocess.run(
            [sys.executable, "-m", "glovefast", "convert", *arguments, "-o", "piped.glovefast", "--force"],
            input=given_in,
            capture_output=True,
            check=False,
        )
        assert run.returncode == 0, run.stderr
        assert load("piped.glovefast").words.to_pylist() == ["king", "<unk>"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--fallback", "lower"], 2, "--fallback needs --words"),
        (["--words", "words.txt", "--fallback", "lowercase"], 2, "lowercase"),
        (["--words", "-", "-"], 2, "either the vectors or"),
        (["--words", "missing.txt"], 1, "missing.txt"),
        (["--words", "empty.txt"], 1, "empty.txt: is empty"),
        (["--words", "latin.txt"], 1, "line 2: is not UTF-8"),
        (["--words", "words.txt"], 1, "the only wanted word is not in text.txt"),
    ],
)
def test_the_command_says_what_is_wrong(command, arguments, code, message):
    Path("words.txt").write_text("zzz\n")
    Path("empty.txt").write_text("")
    Path("latin.txt").write_bytes(b"king\ncaf\xe9\n")
    before = sorted(Path().iterdir())
    if arguments[-1] == "-":  # another source needs another command line
        assert main(["convert", *arguments]) == code
        return
    done, output, complaint = command(*arguments)
    assert (done, output) == (code, "")
    assert message in complaint
    assert sorted(Path().iterdir()) == before


@pytest.mark.slow
@pytest.mark.parametrize("switch", SWITCHES)
def test_with_bounds_checks_and_as_plain_python(switch, tmp_path):
    chosen = "every_length or share_a_hash or lose or are_checked or every_kind"
    if switch == "NUMBA_DISABLE_JIT":
        chosen = "share_a_hash or lose and 1 or are_checked and 1000 or every_kind and list"
    passes_with(switch, __file__, chosen, tmp_path)
