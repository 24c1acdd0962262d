"""From bytes to rows: chunks of text, their words and numbers, and lines that are not rows.

May import `errors`, `kernels`, `vocabulary` and `sources`.
"""
