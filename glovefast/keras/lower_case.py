"""Python's ``str.lower`` as TensorFlow operations, for texts as UTF-8.

TensorFlow's own ``tf.strings.lower(encoding="utf-8")`` ends texts at a zero byte, and knows another version
of Unicode than Python (40 letters differ between TensorFlow 2.21 and Python 3.11).
"""

import sys
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

_PAGE = 64  # code points; most pages are equal, so that a graph holds 30 kB instead of 900
_FINAL_SIGMA, _SIGMA = ord("ς"), ord("Σ")
_CASED, _IGNORED = 1, 2


@dataclass(frozen=True, eq=False)
class PagedTable:
    """A table of int32 by code point, in which equal pages are stored once.

    Attributes
    ----------
    page_of : numpy.ndarray
        (pages,) int32: the number of each page's entries; the last one stands for all code points behind.
    entries : numpy.ndarray
        (distinct, 64) int32.
    """

    page_of: NDArray[np.int32]
    entries: NDArray[np.int32]

    @classmethod
    def of(cls, table: NDArray[np.int32]) -> "PagedTable":
        """Make it of a table that ends with zeros."""
        end = -(-(int(np.flatnonzero(table)[-1]) + 1) // _PAGE) * _PAGE + _PAGE
        entries, page_of = np.unique(table[:end].reshape(-1, _PAGE), axis=0, return_inverse=True)
        return cls(page_of.reshape(-1).astype(np.int32), entries)

    def of_points(self, points: Any) -> Any:  # noqa: ANN401 - tensors
        """Look up code points."""
        import tensorflow as tf

        page = tf.gather(self.page_of, tf.minimum(points // _PAGE, len(self.page_of) - 1))
        return tf.gather_nd(self.entries, tf.stack([page, points % _PAGE], axis=-1))


@dataclass(frozen=True, eq=False)
class LowerCase:
    """What ``str.lower`` does in this Python.

    Attributes
    ----------
    longer : dict of str to str
        The characters whose lower case has several characters.
    shifts : PagedTable
        What is added to each code point.
    kinds : PagedTable
        1 for a letter that has a case; 2 for what may stand between a sigma and its neighbor letters, such as
        an apostrophe or an accent.
    """

    longer: dict[str, str]
    shifts: PagedTable
    kinds: PagedTable

    def of_texts(self, texts: Any) -> Any:  # noqa: ANN401 - tensors
        """Convert a (n,) tensor of strings to lower case. Bytes that are not UTF-8 become U+FFFD."""
        import tensorflow as tf

        for character, lower in self.longer.items():
            texts = tf.strings.regex_replace(texts, character, lower)
        decoded = tf.strings.unicode_decode(texts, "UTF-8")
        points = decoded.flat_values
        points = tf.cond(
            tf.reduce_any(points == _SIGMA),
            lambda: self._with_final_sigmas(points, decoded.value_rowids()),
            lambda: points,
        )
        lowered = points + self.shifts.of_points(points)
        return tf.strings.unicode_encode(decoded.with_flat_values(lowered), "UTF-8")

    def _with_final_sigmas(self, points: Any, text_of: Any) -> Any:  # noqa: ANN401 - tensors
        """Convert each capital sigma that ends a word: behind a letter, and not before one."""
        import tensorflow as tf

        kinds = self.kinds.of_points(points)
        seen = tf.where(kinds != _IGNORED)[:, 0]
        kinds, text_of = tf.gather(kinds, seen), tf.gather(text_of, seen)
        sigmas = tf.where(tf.gather(points, seen) == _SIGMA)[:, 0]

        def is_cased(places: Any) -> Any:  # noqa: ANN401 - tensors
            inside = tf.clip_by_value(places, 0, tf.size(kinds, out_type=tf.int64) - 1)
            same_text = tf.gather(text_of, inside) == tf.gather(text_of, sigmas)
            return (inside == places) & same_text & (tf.gather(kinds, inside) == _CASED)

        is_final = is_cased(sigmas - 1) & ~is_cased(sigmas + 1)
        finals = tf.gather(seen, tf.boolean_mask(sigmas, is_final))
        return tf.tensor_scatter_nd_update(
            points, finals[:, tf.newaxis], tf.fill([tf.size(finals)], _FINAL_SIGMA)
        )


@cache
def lower_case() -> LowerCase:
    """Ask ``str.lower`` about every character, which takes half a second the first time."""
    shifts, kinds = np.zeros((2, sys.maxunicode + 1), dtype=np.int32)
    longer = {}
    points = [*range(ord("\n")), *range(ord("\n") + 1, 0xD800), *range(0xE000, sys.maxunicode + 1)]
    # A sigma is final behind a letter, and behind what is ignored only if there is a letter before it.
    alone = "\n".join([chr(point) + "Σ" for point in points]).lower().split("\n")
    behind_a_letter = "\n".join(["A" + chr(point) + "Σ" for point in points]).lower().split("\n")
    for point, lower, other in zip(points, alone, behind_a_letter, strict=True):
        if len(lower) > 2:
            longer[chr(point)] = lower[:-1]
        else:
            shifts[point] = ord(lower[0]) - point
        if lower[-1] == "ς":
            kinds[point] = _CASED
        elif other[-1] == "ς":
            kinds[point] = _IGNORED
    return LowerCase(longer, PagedTable.of(shifts), PagedTable.of(kinds))
