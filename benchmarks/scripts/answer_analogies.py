"""Answer analogy questions: ``answer_analogies.py 3cosadd|3cosmul STORE QUESTIONS``.

``answer_analogies.py gensim VECTORS QUESTIONS FEW MORE`` answers two files with fewer questions, and
extrapolates from their times to all. Prints the seconds, the peak memory and the right answers (gensim's for
the file MORE) as JSON.
"""

import json
import resource
import sys
import time
from pathlib import Path

name, vectors_file, questions, *fractions = sys.argv[1:]


def number_of_questions(path: str) -> int:
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    return sum(not line.startswith(":") for line in lines)


if name == "gensim":
    from gensim.models import KeyedVectors

    keyed_vectors = KeyedVectors.load(vectors_file, mmap="r")
    rows = len(keyed_vectors)
    keyed_vectors.evaluate_word_analogies(fractions[0], restrict_vocab=rows)  # makes the norms
    seconds, correct = [], 0
    for fraction in fractions:
        start = time.perf_counter()
        _, sections = keyed_vectors.evaluate_word_analogies(fraction, restrict_vocab=rows)
        seconds.append(time.perf_counter() - start)
        correct = len(sections[-1]["correct"])
    few, more, all_of_them = map(number_of_questions, (*fractions, questions))
    slope = (seconds[1] - seconds[0]) / (more - few)
    answered = seconds[0] + slope * (all_of_them - few)
else:
    import glovefast

    vectors = glovefast.load(vectors_file)
    start = time.perf_counter()
    result = glovefast.evaluate(vectors, questions, method=name)
    answered = time.perf_counter() - start
    correct = result.totals[-1].correct

peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
print(json.dumps({"first": answered, "again": [], "peak_bytes": peak, "correct": correct}))
