"""What is measured: each table and each of its rows. The report refuses any other."""

from dataclasses import dataclass

GLOVEFAST = "glovefast"
MATRIX_SIZES = (15, 2_000, 20_000)


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
    floors : frozenset
        The rows that do less than the task and only say how fast anybody could be.
    in_turn : bool
        Whether the n-th time of each row was taken in the same turn.
    """

    title: str
    note: str
    rows: dict[str, str]
    floors: frozenset[str] = frozenset()
    in_turn: bool = True


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
        in_turn=False,
    )


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
    ),
    "whole-process": Table(
        title="Text to files, the whole process",
        note="From the start of the process to its end; not the first run, so compiled kernels are in "
        "their cache. The peer reads with polars, saves the matrix with `numpy.save` and the words as "
        "Arrow IPC; it builds no index, computes no checksum and forces nothing to the disk.",
        rows={GLOVEFAST: "`glovefast convert`", "polars": "polars, `numpy.save`, `write_ipc`"},
    ),
    "start-to-matrix": Table(
        title="A new process, from its start to the embedding matrix for 20,000 words",
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
        floors=frozenset({"import glovefast", "import numpy, pyarrow"}),
    ),
    "opening": Table(
        title="Opening what was converted",
        note="In a process that has its library imported.",
        rows={GLOVEFAST: "`glovefast.load`", "gensim": "gensim, `KeyedVectors.load(mmap='r')`"},
        in_turn=False,
    ),
    **{f"matrix-{size}": _matrix_table(size) for size in MATRIX_SIZES},
}
