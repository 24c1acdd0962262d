"""``glovefast coverage``: how much of a text is covered, and what would find the rest."""

import gzip
import io
import json
import sys
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest

import glovefast
from glovefast.text import Tokenizer
from glovefast.text import text_to_word_sequence as split_words

STORED = ["the", "king", "of", "paris", "dont", "do", "n't", "cafe"]


@pytest.fixture
def store(run):
    Tokenizer().fit_on_texts(["the king"])  # says on standard error, once, that it compiles its kernels
    Path("words.2d.txt").write_text("".join(f"{word} 1 2\n" for word in STORED), encoding="utf-8")
    assert run("convert", "words.2d.txt")[0] == 0
    return Path("words.2d.glovefast")


def explained(run, *arguments):
    code, output, errors = run("coverage", *map(str, arguments), "--json")
    assert (code, errors) == (0, "")
    assert output.count("\n") == 1
    return json.loads(output)


def test_words_are_counted_as_keras_counts_them(run, store):
    text = "The king, of Paris!\nThe café\tdon't zzz\n"
    Path("one.txt").write_text(text, encoding="utf-8")
    Path("two.txt.gz").write_bytes(gzip.compress(b"zzz zzz of"))
    result = explained(run, store, "one.txt", "two.txt.gz")
    counts = Counter(split_words(text + "zzz zzz of"))
    vectors = glovefast.load(store)
    expected = vectors.explain_coverage(list(counts), counts)
    assert result == {
        "store": str(store),
        "texts": ["one.txt", "two.txt.gz"],
        **json.loads(json.dumps(expected.to_dict())),
    }
    assert result["before"]["missing"] == ["zzz", "café", "don't"]
    assert result["before"]["missing_counts"] == [3, 1, 1]
    assert result["fallback"] == ["accents", "apostrophes"]
    assert run("coverage", str(store), "one.txt", "two.txt.gz") == (0, f"{expected}\n", "")


def test_case_and_punctuation_can_be_kept(run, store):
    Path("one.txt").write_text("The king, of Paris!\n", encoding="utf-8")
    kept = explained(run, store, "one.txt", "--keep-case", "--keep-punctuation")
    assert kept["before"]["missing"] == ["The", "king,", "Paris!"]
    assert kept["fallback"] == ["lower", "strip", "strip+lower"]
    assert explained(run, store, "one.txt", "--keep-punctuation")["before"]["missing"] == ["king,", "paris!"]
    assert explained(run, store, "one.txt", "--keep-case")["before"]["missing"] == ["The", "Paris"]
    begun = explained(
        run, store, "one.txt", "--keep-case", "--fallback", "lower+title", "--fallback", "lower"
    )
    assert begun["before"]["missing"] == []
    assert begun["fallback"] == ["lower+title", "lower"]


def test_min_share(run, store):
    Path("one.txt").write_text("Café " * 9 + "don't", encoding="utf-8")
    assert explained(run, store, "one.txt")["fallback"] == ["accents", "apostrophes"]
    Path("two.txt").write_text("zzz " * 9 + "don't", encoding="utf-8")
    assert explained(run, store, "two.txt", "--min-share", "0.2")["fallback"] == []


def test_a_list_of_words(run, store, monkeypatch):
    lines = b"The\nking\nThe\n\nnew york\n"
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(lines)))
    result = explained(run, store, "-", "--words")
    assert result["before"]["missing"] == ["The", "new york"]
    assert result["before"]["missing_counts"] == [2, 1]
    code, _, errors = run("coverage", str(store), "-", "--words", "--keep-case")
    assert code == 2
    assert "a list of --words is never changed" in errors


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["absent"], 1, "absent: No such file or directory; check the path"),
        (["dot.txt"], 1, "dot.txt: No such file or directory; did you mean dots.txt?"),
        (["latin.txt"], 1, "latin.txt, line 2: is not UTF-8"),
        (["dots.txt"], 1, "dots.txt: contains no words"),
        (["empty.txt"], 1, "empty.txt: is empty: it has no bytes; pass a text file with the words to count"),
        (["latin.txt", "--fallback", "small"], 2, "'small' is not one of nfkc, visible,"),
        (["latin.txt", "--min-share", "2"], 2, "2.0 is not in the range 0<=x<=1"),
        ([], 2, "Missing argument 'TEXT...'"),
    ],
)
def test_what_bad_input_gets(run, store, arguments, code, said):
    Path("latin.txt").write_bytes("the king\nof été\n".encode("latin-1"))
    Path("dots.txt").write_text("... !\n", encoding="utf-8")
    Path("empty.txt").touch()
    failed = run("coverage", str(store), *arguments)
    assert failed[:2] == (code, "")
    assert said in " ".join(failed[2].split())


def test_no_store(run, store):
    code, output, errors = run("coverage", "words.2d.txt", "words.2d.txt")
    assert (code, output) == (1, "")
    assert errors.startswith("glovefast: error: words.2d.txt: ")
