"""From bytes to rows: chunks of text, their words and their numbers, and the lines that are no rows.

May import `errors`, `kernels`, `vocabulary` and `sources`.
"""
