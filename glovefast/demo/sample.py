"""Generate ``sample.50d.txt``, the small file of word vectors that `glovefast demo` uses.

The vectors are made up: nothing was trained, and no published vectors were used. Each topic below has a
prototype, praise and blame are at the two ends of one axis, and every word adds its own noise. So words of
one topic are close to each other, as in trained vectors. The format is GloVe's: no header, lines of ``word
number number ...``, and numbers as ``%.5g``.

``python -m glovefast.demo.sample`` generates the file again, byte for byte. It only uses ``random.random``,
whose sequence for a seed Python guarantees, and plain arithmetic, so the bytes are the same on every machine.
"""

import math
import random
from pathlib import Path

SAMPLE = Path(__file__).with_name("sample.50d.txt")
DIMENSIONS = 50

_TOPICS = {
    "function": """
        the , . of to and in a " 's for - that on is was said with he as it by at ( ) from his an be has
        are have but were not this who they had i which will their : or its one after new been also we
        would two more first about up when there all out she other her people over into than can if so
        no you your my me him them our us what how why where very too quite rather only just again still
        never always often many few much some most""",
    "praise": """
        good great excellent splendid wonderful lovely superb brilliant fine nice clear careful
        thoughtful neat tidy clever bright impressive outstanding delightful best better perfect strong
        happy pleased proud beautiful success praise admire enjoy improved correct accurate creative
        original fluent graceful""",
    "blame": """
        bad poor weak careless sloppy confused wrong terrible awful dull lazy messy untidy worst worse
        failed failure late missing incomplete vague boring disappointing useless hard mistake mistakes
        error errors fault blame unclear hasty rushed weaker clumsy absent forgot forgotten sad""",
    "school": """
        school teacher teachers pupil pupils student students class classroom lesson lessons homework
        essay essays answer answers question questions work effort progress spelling grammar handwriting
        reading writing read write study exam exams test tests grade grades mark marks report page pages
        book books pencil paper science history mathematics geography music language sentence paragraph
        chapter library college""",
    "animal": """
        dog cat horse cow sheep pig goat bird fish hen duck goose mouse rabbit fox wolf bear lion tiger
        elephant monkey snake frog bee spider""",
    "food": """
        bread butter cheese milk egg eggs apple pear plum cherry lemon orange potato tomato onion carrot
        bean rice soup salt sugar honey cake tea coffee water""",
    "place": """
        city town village street road bridge river lake sea island mountain hill valley forest field
        garden house home room kitchen door window roof market station harbour country north south east
        west""",
    "weather": """
        rain snow wind storm cloud sun sunny cold warm hot dry wet fog frost ice summer winter spring
        autumn weather""",
    "family": """
        mother father sister brother son daughter child children parent parents aunt uncle cousin
        grandmother grandfather baby girl boy man woman friend friends neighbour""",
    "time": """
        year years month months week weeks day days hour hours minute minutes today tomorrow yesterday
        morning evening night early soon now then ago""",
    "number": """
        three four five six seven eight nine ten eleven twelve hundred thousand million half double 1 2
        3 10 100 2000 1.5""",
    "colour": "red blue green yellow black white grey brown pink purple silver gold",
}
# A topic's place on the axis of approval, and the weight of a word's own noise.
_APPROVAL = {"praise": 1.0, "blame": -1.0}
_NOISE = 0.35


def make_sample() -> str:
    """Generate the sample.

    Returns
    -------
    str
        One line for each word; always the same text.
    """
    approval = _direction("approval")
    lines = []
    for topic, words in _TOPICS.items():
        prototype = _direction(f"topic {topic}")
        weight = _APPROVAL.get(topic, 0.0)
        for word in words.split():
            noise = _direction(f"word {word}")
            vector = [
                0.4 * center + weight * 0.4 * axis + _NOISE * own
                for center, axis, own in zip(prototype, approval, noise, strict=True)
            ]
            lines.append(" ".join([word, *(f"{value:.5g}" for value in vector)]))
    return "\n".join(lines) + "\n"


def _direction(name: str) -> list[float]:
    """Draw a vector for a name: roughly normal (the sum of four uniform numbers), mean 0, deviation 1."""
    draw = random.Random(name).random  # noqa: S311 - not a secret; the numbers must be the same each time
    return [(draw() + draw() + draw() + draw() - 2.0) * math.sqrt(3.0) for _ in range(DIMENSIONS)]


if __name__ == "__main__":
    SAMPLE.write_text(make_sample(), encoding="utf-8", newline="\n")
