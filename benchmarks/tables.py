"""What is measured: each table and each of its rows. The report refuses any other."""

from dataclasses import dataclass

from benchmarks.shapes import CONVERTED, COSTS, MAIN, MANY_WORDS, TUTORIAL

GLOVEFAST = "glovefast"
MATRIX_SIZES = (15, 2_000, 20_000)
WANTED_WORDS = MATRIX_SIZES[-1]


@dataclass(frozen=True)
class Table:
    """One comparison.

    Attributes
    ----------
    title : str
        Its heading.
    note : str
        What exactly is measured, and whom it favours.
    rows : dict
        The label of each row that can appear, by its name; `GLOVEFAST` is ours.
    shape : str or None
        The text it is about (`benchmarks.shapes`), if it is about one.
    others : frozenset
        The rows that are no peers: other ways of ours, and what does less than the task and only says how
        fast anybody could be.
    """

    title: str
    note: str
    rows: dict[str, str]
    shape: str | None = None
    others: frozenset[str] = frozenset()

    def is_peer(self, row: str) -> bool:
        """Say whether a row does the task without us."""
        return row != GLOVEFAST and row not in self.others


def _parse_table(shape: str) -> Table:
    return Table(
        title="Parsing alone, in memory",
        note="The text lies in memory; at the end the float32 rows, the words' bytes and where each word "
        "ends do too. Each in a process of its own, on one thread if nothing else is said; the first call, "
        "which meets untouched memory, has a column of its own and does not count. glovefast's kernels go "
        "chunk by chunk through buffers that are used again, and their rows are copied to their place. "
        "fast_float is a C++ program of ours (`benchmarks/fast_float_parse.cpp`) that takes each number "
        "through float64, as `numpy.asarray(fields, dtype='float32')` does, so that the bits are equal. Two "
        "threads that share nothing each parse the whole text, and half their time says what two threads "
        "could reach on the machine. The floor reads the text's bytes and writes as many bytes as the "
        "rows have.",
        rows={
            GLOVEFAST: "glovefast's kernels",
            "two threads": "the same on two threads",
            "two apart": "two threads that share nothing but the machine",
            "fast_float": "C++ fast_float, `g++ -O3 -march=native`",
            "floor": "floor: read and write in memory",
        },
        shape=shape,
        others=frozenset({"two threads", "two apart", "floor"}),
    )


def _process_table(shape: str) -> Table:
    return Table(
        title="Text to files, the whole process",
        note="From the start of the process to its end; not the first run, so compiled kernels are in "
        "their cache. The peers read, save the matrix with `numpy.save` and the words as Arrow IPC (polars) "
        "or as text; they build no index, compute no checksum and force nothing to the disk. The floor is "
        "a Python process that reads the text in pieces, writes as many bytes as our store has, and forces "
        "them to the disk.",
        rows={
            GLOVEFAST: "`glovefast convert`",
            "polars": "polars, `numpy.save`, `write_ipc`",
            "pyarrow": "pyarrow.csv, `numpy.save`",
            "pandas": "pandas, C engine, `numpy.save`",
            "loop": "the tutorial's loop, `numpy.save`",
            "floor": "floor: read, write, fsync",
        },
        shape=shape,
        others=frozenset({"floor"}),
    )


_MATRIX_ROWS = {
    GLOVEFAST: "`vectors.embedding_matrix(word_index)`",
    "loop": "the tutorial's loop over a dictionary in memory",
    "gensim loop": "gensim, `keyed_vectors[word]` for each word",
    "gensim batch": "gensim, `key_to_index` for each word, then all rows at once",
}


def _matrix_table(size: int) -> Table:
    return Table(
        title=f"Embedding matrix for {size:,} words",
        note="Everything is open or in memory already. 95 % of the words are in the file, more of the "
        "frequent ones; index 0 and the words that are missing get zeros. All fill a float32 matrix "
        "(the tutorial's own is float64, which costs it more).",
        rows=_MATRIX_ROWS,
        shape=MAIN,
    )


def _cost_table(title: str, note: str) -> Table:
    rows = {shape: f"glovefast, the text {shape}" for shape in COSTS}
    return Table(title=title, note=note, rows=rows, others=frozenset(rows))


TABLES = {
    "whole-load": Table(
        title="Text to words and a float32 matrix",
        note="Each in a process of its own, its library imported. The first call in a process has a column "
        "of its own and does not count, except for the loops and gensim, which have nothing to warm "
        "up. glovefast's time is `convert` into a new store, checksums and fsync included, plus "
        "`load`, which maps it. The others end with the data in memory and nothing kept; the "
        "tutorial's loop ends with a dictionary of arrays.",
        rows={
            GLOVEFAST: "glovefast, `convert` + `load`",
            "loop": "the tutorial's loop",
            "fromstring": "`numpy.fromstring(numbers, sep=' ')` by line",
            "pandas": "pandas, C engine",
            "polars": "polars",
            "pyarrow": "pyarrow.csv",
            "gensim": "gensim, `load_word2vec_format`",
        },
        shape=MAIN,
    ),
    **{f"parse-{shape}": _parse_table(shape) for shape in CONVERTED},
    **{f"whole-process-{shape}": _process_table(shape) for shape in CONVERTED},
    "first-run": Table(
        title="The very first run after installation, the whole process",
        note="The wheel as `pip install` leaves it; the caches of glovefast and Numba are empty before every "
        "run. Usually the wheel brings prepared kernels. Where they do not fit the machine, or the wheel "
        "was built without, Numba compiles at first use. The peer is as in the table above; its files lie "
        "in the page cache like ours.",
        rows={
            GLOVEFAST: "`glovefast convert`, first run",
            "nothing prepared": "the same, everything compiled by Numba",
            "polars": "polars, `numpy.save`, `write_ipc`",
        },
        shape=TUTORIAL,
        others=frozenset({"nothing prepared"}),
    ),
    "wanted-words": Table(
        title=f"Text to the files of {WANTED_WORDS:,} wanted words, the whole process",
        note="95 % of the wanted words are in the text. polars reads all, keeps the wanted rows and saves "
        "them; a row says what reading without a choice costs it.",
        rows={
            GLOVEFAST: "`glovefast convert --words FILE`",
            "polars": "polars, `filter`, `numpy.save`, `write_ipc`",
            "polars, all words": "polars, all words, `numpy.save`, `write_ipc`",
        },
        shape=TUTORIAL,
    ),
    "in-process": Table(
        title="Text to store, in a process that has done it before",
        note="The time of `convert` alone: nothing to import, kernels ready.",
        rows={
            GLOVEFAST: "`convert(text)`",
            "one thread": "`convert(text, threads=1)`",
            "wanted words": f"`convert(text, words=...)`, {WANTED_WORDS:,} words",
        },
        shape=TUTORIAL,
        others=frozenset({"one thread", "wanted words"}),
    ),
    "zip": Table(
        title="From a zip archive, in a process that has done it before",
        note="`convert` of a zip's member, beside the inflating alone: the member's bytes to nowhere, as "
        "glovefast reads them, and with Python's `zipfile` and nothing else.",
        rows={
            GLOVEFAST: "`convert(archive)`",
            "inflate": "the member inflated to nowhere",
            "zipfile": "the same with `zipfile` alone",
        },
        shape=MAIN,
        others=frozenset({"inflate", "zipfile"}),
    ),
    "start-to-matrix": Table(
        title=f"A new process, from its start to the embedding matrix for {WANTED_WORDS:,} words",
        note="Imports, opening, matrix, end of the process. glovefast and gensim open what they converted "
        "before; the tutorial's way reads the text each time. Two rows are no peers: they import and "
        "end, and say what any program pays.",
        rows={
            GLOVEFAST: "glovefast, `load` + `embedding_matrix`",
            "loop": "the tutorial's two loops",
            "gensim": "gensim, `KeyedVectors.load(mmap='r')` + matrix",
            "import glovefast": "only `import glovefast`",
            "import numpy, pyarrow": "only `import numpy, pyarrow`",
        },
        shape=MAIN,
        others=frozenset({"import glovefast", "import numpy, pyarrow"}),
    ),
    **{
        f"opening-{shape}": Table(
            title="Opening what was converted",
            note="In a process that has its library imported.",
            rows={GLOVEFAST: "`glovefast.load`", "gensim": "gensim, `KeyedVectors.load(mmap='r')`"},
            shape=shape,
        )
        for shape in (MAIN, MANY_WORDS)
    },
    **{f"matrix-{size}": _matrix_table(size) for size in MATRIX_SIZES},
    "cost-parse": _cost_table(
        "Time per number by size: parsing alone", "As in the tables of parsing alone, on one thread."
    ),
    "cost-convert": _cost_table(
        "Time per number by size: text to store",
        "`convert` in a process that has done it before. Beside its numbers, each row costs the hashing and "
        "the indexing of its word, so that few numbers per word cost more a number.",
    ),
    "tokenizer": Table(
        title="Texts to sequences of indices",
        note="`fit_on_texts` and `texts_to_sequences` of the same 25,000 made texts of 230 words, with lists "
        "of Python's integers at the end. Our dictionaries are made when they are asked for; a row of its "
        "own makes all five.",
        rows={
            GLOVEFAST: "`glovefast.text.Tokenizer`, one thread",
            "dictionaries": "the same, and all its dictionaries",
            "all threads": "the first on all threads",
            "padded": "one thread, `texts_to_padded` in the place of the lists",
            "keras": "Keras's legacy `Tokenizer`",
        },
        others=frozenset({"dictionaries", "all threads", "padded"}),
    ),
    "tokenizer-memory": Table(
        title="More texts than are held at a time, the whole process",
        note="1 GB of texts, read twice in batches of 1,000: `fit_on_texts` and "
        "`texts_to_sequences_generator`.",
        rows={GLOVEFAST: "1 GB of texts in batches", "a tenth": "a tenth of them"},
        others=frozenset({"a tenth"}),
    ),
}
