"""Every level of the kernels' library that this processor can execute gives the same bits.

The suite runs at the best level; here the tests of the kernels run again at the others. What they expect is
computed without kernels, so levels that pass them agree.
"""

import pytest

from tests.helpers.libraries import LEVELS_OF_THIS_PROCESSOR, needs_library
from tests.helpers.switches import passes_in

TESTS = [
    "tests/kernels/test_bad_lines_kernel.py",
    "tests/kernels/test_gather.py",
    "tests/kernels/test_parse_kernel.py",
    "tests/kernels/test_text_pooling.py",
    "tests/kernels/test_word_lookup.py",
    "tests/kernels/test_word_splitting.py",
    "tests/conversion/test_golden.py",
    "tests/parser/test_word2vec_binary.py",
    "tests/queries/test_sif.py",
    "tests/queries/test_text_rows.py",
    "tests/queries/test_text_vectors.py",
    "tests/store/test_rounding.py",
    "tests/text/test_padding.py",
    "tests/text/test_tokenizer.py",
    "tests/vocabulary/test_colliding_words.py",
    "tests/vocabulary/test_word_index.py",
]


@needs_library
@pytest.mark.slow
@pytest.mark.parametrize("level", LEVELS_OF_THIS_PROCESSOR[1:])
def test_other_levels_pass_the_tests_of_the_kernels(level):
    passes_in({"GLOVEFAST_KERNELS": level}, [*TESTS, "-k", "not NUMBA"])
