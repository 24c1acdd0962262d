"""What is wrong with the lines that gave no row.

The kernel says it with a code and the places of what a message shows, for all bad lines of a chunk at once.
Python makes the messages, and explains the few lines that are left to it from the start.
"""

from glovefast.kernels import (
    EXPLANATION_LENGTH,
    IS_EMPTY,
    IS_NO_NUMBER,
    NUMBERS_IN_WORD,
    RETURN,
    SPACE,
    TAB,
    UNEXPLAINED,
    WHITESPACE,
    WRONG_COUNT,
)
from glovefast.kernels.numbers import (
    IS_A_WORD,
    LEFT_TO_PYTHON,
    PARSED,
    form_of_field,
    is_quoted,
    judge_word,
)
from glovefast.kernels.registry import kernel
from glovefast.kernels.separators import ends_line, is_blank


@kernel()
def _find_fields(text, begin, end, separator, separators):
    """List the separators of a row and its end; give the number of separators, or -1 for an unusual row.

    In an unusual row the fields are not what lies between the separators, or a carriage return is inside.
    """
    byte_between = SPACE if separator == WHITESPACE else separator
    found = 0
    for position in range(begin, end):
        byte = text[position]
        if byte == RETURN:
            return -1
        if byte == byte_between:
            separators[found] = position
            found += 1
            if separator == WHITESPACE and (position == begin or is_blank(text[position - 1])):
                return -1
        elif separator == WHITESPACE:
            if byte == TAB:
                return -1
        elif (
            separator != SPACE
            and is_blank(byte)
            and (
                position == begin or text[position - 1] == byte_between or text[position + 1] == byte_between
            )
        ):
            return -1
    separators[found] = end
    return found


@kernel()
def _count_numbers(text, separators, found, scratch):
    """Count the numbers at the end of a row behind its first field; -1 if Python must decide."""
    count = 0
    for field in range(found, 0, -1):
        form = form_of_field(text, separators[field - 1] + 1, separators[field], scratch, 0)
        if form == LEFT_TO_PYTHON:
            return -1
        if form != PARSED:
            break
        count += 1
    return count


@kernel("uint8[]", "int64[]", "int64[]", "int64", "int64", "int32[]", "float32[]", "int64[]")
def explain_lines(text, begins, ends, separator, dim, separators, scratch, explanations):
    """Find out what is wrong with lines that gave no row.

    Parameters
    ----------
    text : (n,) uint8
        The text, padded by `PADDING` bytes on both sides.
    begins, ends : (k,) int64
        Where each line begins, and its newline.
    separator : int64
        The byte that separates fields, or `WHITESPACE`.
    dim : int64
        Numbers per row.
    separators : (m,) int32
        Scratch; longer than the longest of the lines.
    scratch : (1,) float32
        Scratch.
    explanations : (EXPLANATION_LENGTH * k,) int64, written
        For each line one of these codes, followed by four places or counts.
        `UNEXPLAINED`: Python must look at the line.
        `IS_EMPTY`, `IS_NO_NUMBER`: the end of the word, the begin and the end of the field.
        `NUMBERS_IN_WORD`: the end of the word.
        `WRONG_COUNT`: the end of what stands before the numbers, the end of the word if the line is a row
        whose word ends in numbers (else -1), 0, and how many numbers there are.

    Returns
    -------
    int64
        0.
    """
    for index in range(len(begins)):
        begin = begins[index]
        end = ends[index]
        place = index * EXPLANATION_LENGTH
        explanations[place] = UNEXPLAINED
        while end > begin and ends_line(text[end - 1], separator):
            end -= 1
        found = _find_fields(text, begin, end, separator, separators)
        if found < 0:
            continue
        first = max(found - dim, 0)
        if found >= dim:  # there are a word and `dim` fields
            code = UNEXPLAINED
            for field in range(first + 1, found + 1):
                field_begin = separators[field - 1] + 1
                field_end = separators[field]
                form = form_of_field(text, field_begin, field_end, scratch, 0)
                if form == PARSED:
                    continue
                explanations[place + 1] = separators[first]
                explanations[place + 2] = field_begin
                explanations[place + 3] = field_end
                if form != LEFT_TO_PYTHON:
                    explanations[place] = IS_EMPTY if field_begin == field_end else IS_NO_NUMBER
                code = IS_NO_NUMBER
                break
            if code != UNEXPLAINED or first == 0:
                continue
        numbers = _count_numbers(text, separators, found, scratch)
        if numbers < 0:
            continue
        word_end = -1
        if found >= dim:
            if not is_blank(text[separators[0]]) and is_quoted(text, begin, separators[first]):
                continue
            if numbers == dim:
                explanations[place] = NUMBERS_IN_WORD
                explanations[place + 1] = separators[first]
                continue
            judged = judge_word(text, begin, separators, 0, first, dim, 1, scratch, 0)
            if judged == LEFT_TO_PYTHON:
                continue
            if judged == IS_A_WORD:
                word_end = separators[first]
        explanations[place] = WRONG_COUNT
        explanations[place + 1] = separators[found - numbers]
        explanations[place + 2] = word_end
        explanations[place + 3] = 0
        explanations[place + 4] = numbers
    return 0
