"""`evaluate`, compared with gensim's evaluations on the same files, and with a plain loop."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from gensim.models import KeyedVectors

import glovefast
from glovefast.errors import FormatError
from glovefast.progress import Progress
from tests.reference import cosine
from tests.reference import evaluation as reference

WORDS = [
    "man",
    "woman",
    "king",
    "queen",
    "King",
    "prince",
    "princess",
    "big",
    "bigger",
    "small",
    "smaller",
    "straße",
]
QUESTIONS = """\
: family
man woman king queen
Man Woman Prince princess
king queen MAN woman
man woman boy girl
: gram3-comparative
big bigger small smaller
small smaller big bigger
big bigger high higher
"""
PAIRS = """\
# a comment
man\twoman\t8.5
king\tqueen\t8.5
King\tPrince\t7
big\tsmaller\t1.5
man\tboy\t9
big\tSTRASSE\t0
"""


@pytest.fixture(scope="module")
def matrix():
    """Vectors in which most analogies hold."""
    generator = np.random.default_rng(3)
    rows = {word: generator.normal(size=8) for word in WORDS}
    gender, more = generator.normal(size=(2, 8))
    for one, other in (("man", "woman"), ("king", "queen"), ("prince", "princess")):
        rows[other] = rows[one] + gender
    for one, other in (("big", "bigger"), ("small", "smaller")):
        rows[other] = rows[one] + more
    return np.array([rows[word] for word in WORDS], np.float32)


@pytest.fixture(scope="module")
def vectors(matrix, tmp_path_factory):
    return glovefast.load(glovefast.save(WORDS, matrix, tmp_path_factory.mktemp("store") / "some.glovefast"))


@pytest.fixture
def files(tmp_path):
    (tmp_path / "questions.txt").write_text(QUESTIONS)
    (tmp_path / "pairs.tsv").write_text(PAIRS)
    return tmp_path / "questions.txt", tmp_path / "pairs.tsv"


def keyed_vectors(words, matrix):
    peer = KeyedVectors(matrix.shape[1])
    peer.add_vectors(words, matrix)
    return peer


def compare_with_gensim(vectors, peer, questions, pairs, **options):
    """Compare the numbers of each section and in all, and both correlations."""
    found = glovefast.evaluate(vectors, *questions, *pairs, **options)
    options.setdefault("restrict_vocab", len(vectors))
    sections, counted = [], 0
    for path in questions:
        accuracy, of_file = peer.evaluate_word_analogies(str(path), **options)
        sections += of_file[:-1]
        counted += len(of_file[-1]["correct"] + of_file[-1]["incorrect"])
    assert [(each.section, each.correct, each.counted) for each in found.analogies] == [
        (each["section"], len(each["correct"]), len(each["correct"]) + len(each["incorrect"]))
        for each in sections
    ]
    if len(questions) == 1:
        assert found.accuracy == pytest.approx(accuracy, abs=1e-12)
    for path, each in zip(pairs, found.similarities, strict=True):
        pearson, spearman, unknown = peer.evaluate_word_pairs(str(path), **options)
        assert each.pearson == pytest.approx(pearson[0], abs=1e-6)
        assert each.spearman == pytest.approx(spearman[0], abs=1e-6)
        assert 100 * each.unknown / each.pairs == pytest.approx(unknown)
    return found


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"dummy4unknown": True},
        {"case_insensitive": False},
        {"case_insensitive": False, "dummy4unknown": True},
        {"restrict_vocab": 8},
        {"restrict_vocab": 11, "case_insensitive": False},
    ],
    ids=str,
)
def test_as_gensim_evaluates(vectors, matrix, files, options):
    compare_with_gensim(vectors, keyed_vectors(WORDS, matrix), files[:1], files[1:], **options)


def test_every_number(vectors, files):
    found = glovefast.evaluate(vectors, *files)
    family, comparative = found.analogies
    assert (family.questions, family.unknown, family.counted, family.correct) == (4, 1, 3, 3)
    assert (comparative.questions, comparative.unknown, comparative.counted, comparative.correct) == (
        3,
        1,
        2,
        2,
    )
    assert [(each.section, each.questions, each.unknown) for each in found.totals] == [
        ("semantic", 4, 1),
        ("syntactic", 3, 1),
        ("all", 7, 2),
    ]
    assert found.accuracy == 1
    (pairs,) = found.similarities
    assert (pairs.pairs, pairs.unknown, pairs.counted) == (6, 1, 5)
    assert found.counted == 10
    assert found.unknown_words == ("boy", "girl", "high", "higher")


def test_word_pairs_as_a_plain_loop_compares_them(vectors, matrix, files):
    scores, cosines = [], []
    for line in PAIRS.splitlines()[1:]:
        one, other, score = line.upper().split("\t")
        rows = [[word.upper() for word in WORDS].index(word) for word in (one, other) if word != "BOY"]
        if len(rows) == 2:
            scores.append(float(score))
            cosines.append(cosine(*matrix[rows]))
    (pairs,) = glovefast.evaluate(vectors, files[1]).similarities
    assert pairs.pearson == pytest.approx(reference.pearson(scores, cosines), abs=1e-12)
    ranks = reference.average_ranks(scores), reference.average_ranks(cosines)
    assert pairs.spearman == pytest.approx(reference.pearson(*ranks), abs=1e-12)


@pytest.mark.parametrize("method", ["3cosadd", "3cosmul"])
def test_both_methods_as_a_plain_loop_answers(vectors, matrix, files, method):
    found = glovefast.evaluate(vectors, files[0], method=method)
    lines = [line.split() for line in QUESTIONS.splitlines()]
    known = {word.upper() for word in WORDS}
    right = [
        WORDS[reference.analogy_answer(matrix, WORDS, line[:3], method, ignore_case=True)].upper()
        == line[3].upper()
        for line in lines
        if len(line) == 4 and {word.upper() for word in line} <= known
    ]
    assert (sum(each.correct for each in found.analogies), found.counted) == (sum(right), len(right))
    assert found.method == method


def test_several_files_and_a_directory(vectors, files, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "family.txt").write_text("man woman king queen\n")
    (tmp_path / "folder" / "gram3-comparative.txt").write_text("big bigger small smaller\n")
    found = glovefast.evaluate(vectors, tmp_path / "folder", files[1], str(files[0]))
    assert [each.section for each in found.analogies] == ["family", "gram3-comparative"] * 2
    assert [Path(each.file).name for each in found.analogies[:3]] == [
        "family.txt",
        "gram3-comparative.txt",
        "questions.txt",
    ]
    assert len(found.similarities) == 1
    assert [(each.section, each.questions) for each in found.totals] == [
        ("semantic", 5),
        ("syntactic", 4),
        ("all", 9),
    ]


def test_sections_without_syntactic_ones_have_one_total(vectors, tmp_path):
    path = tmp_path / "family.txt"
    path.write_text("man woman king queen\n")
    assert [each.section for each in glovefast.evaluate(vectors, path).totals] == ["all"]
    path.write_text(": gram1\nbig bigger small smaller\n")
    assert [each.section for each in glovefast.evaluate(vectors, path).totals] == ["all"]


def test_as_a_table(vectors, files):
    table = glovefast.evaluate(vectors, *files).to_table()
    assert table.column_names == [
        *("kind", "file", "section", "items", "unknown", "counted", "correct", "accuracy"),
        *("spearman", "pearson"),
    ]
    rows = table.to_pylist()
    assert [(row["kind"], row["section"], row["items"], row["correct"]) for row in rows] == [
        ("analogies", "family", 4, 3),
        ("analogies", "gram3-comparative", 3, 2),
        ("similarity", None, 6, None),
    ]
    assert rows[0]["accuracy"] == 1
    assert rows[0]["spearman"] is rows[2]["accuracy"] is None
    assert glovefast.evaluate(vectors, files[1]).to_table().num_rows == 1


def test_as_json(vectors, files):
    found = glovefast.evaluate(vectors, *files)
    again = json.loads(json.dumps(found.to_dict()))
    assert again == found.to_dict()
    assert again["analogies"][0] == {
        "file": str(files[0]),
        "section": "family",
        "questions": 4,
        "unknown": 1,
        "counted": 3,
        "correct": 3,
        "accuracy": 1.0,
    }
    assert [total["section"] for total in again["totals"]] == ["semantic", "syntactic", "all"]
    assert again["similarities"][0]["spearman"] == found.similarities[0].spearman
    assert again["unknown_words"] == ["boy", "girl", "high", "higher"]


def test_printed(vectors, files):
    found = glovefast.evaluate(vectors, *files)
    spearman, pearson = (
        f"{number:.3f}" for number in (found.similarities[0].spearman, found.similarities[0].pearson)
    )
    assert str(found) == (
        "analogies (3CosAdd)  questions  unknown  correct  accuracy\n"
        "family                       4        1        3    100.0%\n"
        "gram3-comparative            3        1        2    100.0%\n"
        "semantic                     4        1        3    100.0%\n"
        "syntactic                    3        1        2    100.0%\n"
        "all                          7        2        5    100.0%\n"
        "\n"
        "word pairs  pairs  unknown  Spearman  Pearson\n"
        f"pairs.tsv       6        1  {spearman:>8}  {pearson:>7}\n"
        "words without a vector: boy, girl, high, higher"
    )
    assert repr(found) == "<Evaluation: 100.0% of 5 analogy questions, 1 file of word pairs>"
    html = found._repr_html_()
    assert html.count("<table>") == 2
    assert html.count("words without a vector") == 1


def test_nothing_can_be_answered(vectors, tmp_path):
    (tmp_path / "questions.txt").write_text("one two three four\n")
    (tmp_path / "pairs.txt").write_text("one two 3\nman woman 4\n")
    found = glovefast.evaluate(vectors, tmp_path / "questions.txt", tmp_path / "pairs.txt")
    assert (found.accuracy, found.analogies[0].accuracy, found.counted) == (None, None, 1)
    assert (found.similarities[0].spearman, found.similarities[0].pearson) == (None, None)
    assert "-" in str(found)
    assert found.to_table().column("accuracy").to_pylist() == [None, None]
    counted = glovefast.evaluate(vectors, tmp_path / "questions.txt", dummy4unknown=True)
    assert (counted.accuracy, counted.counted) == (0, 1)


def test_a_store_of_one_row(tmp_path, files):
    one = glovefast.load(glovefast.save(["man"], np.ones((1, 3), np.float32), tmp_path / "one.glovefast"))
    (tmp_path / "same.txt").write_text("man man man man\n")
    (tmp_path / "same.tsv").write_text("man\tman\t10\nMAN\tman\t10\n")
    found = glovefast.evaluate(one, *files, tmp_path / "same.txt", tmp_path / "same.tsv")
    assert [(each.counted, each.correct) for each in found.analogies] == [(0, 0), (0, 0), (1, 0)]
    assert [(each.counted, each.spearman) for each in found.similarities] == [(0, None), (2, None)]


def test_vectors_that_are_not_finite(tmp_path):
    rows = np.array([[1, 0], [0, 1], [1, 1], [np.nan, 1], [np.inf, 0], [0, 0], [2, 1]], np.float32)
    store = glovefast.save([*"abcdefg"], rows, tmp_path / "odd.glovefast")
    (tmp_path / "questions.txt").write_text("a b c d\na b g c\na b c e\na f b c\n")
    (tmp_path / "pairs.txt").write_text("a d 1\na b 2\na c 3\na f 4\ne e 5\n")
    found = glovefast.evaluate(glovefast.load(store), tmp_path / "questions.txt", tmp_path / "pairs.txt")
    assert (found.analogies[0].unknown, found.analogies[0].counted) == (2, 2)
    (pairs,) = found.similarities
    assert (pairs.unknown, pairs.counted) == (2, 3)
    assert found.unknown_words == ("d", "e")
    cosines = [0, math.sqrt(0.5), 0]  # that of a vector of zeros is 0
    assert pairs.pearson == pytest.approx(reference.pearson([2, 3, 4], np.float32(cosines)), abs=1e-12)


def test_the_first_row_of_a_duplicate_word_counts(tmp_path):
    rows = np.array([[1, 0], [0, 1], [1, 1], [-1, 1], [-2, 1.9], [1, 0.2]], np.float32)
    store = glovefast.save(["a", "b", "c", "d", "c", "D"], rows, tmp_path / "twice.glovefast")
    (tmp_path / "questions.txt").write_text("a b c d\n")
    vectors = glovefast.load(store)
    assert glovefast.evaluate(vectors, tmp_path / "questions.txt").accuracy == 1
    assert glovefast.evaluate(vectors, tmp_path / "questions.txt", case_insensitive=False).accuracy == 1


@pytest.mark.parametrize("dtype", ["float16", "int8"])
def test_rounded_stores(matrix, files, tmp_path, dtype):
    store = glovefast.save(WORDS, matrix, tmp_path / "rounded.glovefast", dtype=dtype)
    vectors = glovefast.load(store)
    compare_with_gensim(vectors, keyed_vectors(WORDS, np.asarray(vectors)), files[:1], files[1:])


def test_progress_is_reported(vectors, files, capsys):
    seen = []
    glovefast.evaluate(vectors, *files, progress=seen.append)
    assert seen == [Progress(len(WORDS) * 8 * 4, len(WORDS) * 8 * 4, len(WORDS), "analogies")]
    glovefast.evaluate(vectors, files[0], progress=True)
    assert "analogies" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"method": "cosadd"}, ValueError, "method must be one of '3cosadd', '3cosmul', not 'cosadd'"),
        ({"kind": "pairs"}, ValueError, "kind must be one of 'analogies', 'similarity', not 'pairs'"),
        ({"restrict_vocab": 0}, ValueError, "restrict_vocab must be at least 1, not 0"),
        ({"restrict_vocab": 1.5}, TypeError, "restrict_vocab must be an integer, not 1.5"),
        ({"restrict_vocab": True}, TypeError, "restrict_vocab must be an integer, not True"),
        ({"progress": 3}, TypeError, "progress must be a function"),
    ],
)
def test_arguments_that_cannot_be_used(vectors, files, options, error, message):
    with pytest.raises(error, match=message):
        glovefast.evaluate(vectors, *files, **options)


def test_no_vectors_or_no_files(vectors, files):
    with pytest.raises(TypeError, match=r"vectors must be what glovefast\.load returns, not a str; they"):
        glovefast.evaluate("some.glovefast", *files)
    with pytest.raises(TypeError, match=r"a file must be a path, not a list; .*evaluate\(vectors, \*files\)"):
        glovefast.evaluate(vectors, [files[0]])
    with pytest.raises(ValueError, match="pass at least one file"):
        glovefast.evaluate(vectors)


def test_a_bad_line_is_named(vectors, tmp_path):
    (tmp_path / "questions.txt").write_text(QUESTIONS + "king man queen\n")
    with pytest.raises(FormatError, match=r"questions\.txt, line 10: expected the four words"):
        glovefast.evaluate(vectors, tmp_path / "questions.txt")


REAL_QUESTIONS = """\
: capitals
Athens Greece Oslo Norway
Oslo Norway Athens Greece
Athens Greece Berlin Germany
Berlin Germany Madrid Spain
Madrid Spain Paris France
Paris France Rome Italy
Rome Italy Nosuchcity Italy
: currency
Denmark krone Japan yen
Japan yen Europe euro
Russia ruble USA dollar
: family
boy girl brother sister
father mother son daughter
king queen man woman
: gram3-comparative
bad worse big bigger
cold colder warm warmer
good better great greater
: gram8-plural
bird birds cat cats
child children woman women
"""
REAL_PAIRS = """\
tiger\tcat\t7.0
tiger\ttiger\t10.0
computer\tkeyboard\t7.6
plane\tcar\t5.8
train\tcar\t6.3
king\tcabbage\t0.2
professor\tcucumber\t0.3
stock\tmarket\t8.1
stock\tjaguar\t0.9
coast\tshore\t9.1
noon\tstring\t0.5
Nosuchword\tcar\t5.0
"""


@pytest.fixture(scope="module")
def real_store(glove_6b_50d, tmp_path_factory):
    return glovefast.convert(glove_6b_50d, tmp_path_factory.mktemp("real") / "real.glovefast")


def test_the_real_vectors_as_gensim_evaluates_them(real_store, tmp_path):
    vectors = glovefast.load(real_store)
    (tmp_path / "questions.txt").write_text(REAL_QUESTIONS)
    (tmp_path / "pairs.tsv").write_text(REAL_PAIRS)
    paths = [tmp_path / "questions.txt"], [tmp_path / "pairs.tsv"]
    peer = keyed_vectors(vectors.index_to_key, np.asarray(vectors))
    found = compare_with_gensim(vectors, peer, *paths)
    assert [each.correct for each in found.analogies] == [5, 0, 2, 2, 0]
    assert found.unknown_words == ("Nosuchcity", "Nosuchword")
    restricted = compare_with_gensim(vectors, peer, *paths, restrict_vocab=10_000)
    assert restricted.counted < found.counted
