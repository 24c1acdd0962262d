"""Look-ups in the batches of Spark, Ray, datasets and other engines.

`TextColumn` is a function of a batch that any of them can send to its workers. It imports no engine. May
import every room but `demo` and `cli`.
"""

from glovefast.batches.text_column import TextColumn

__all__ = ["TextColumn"]
