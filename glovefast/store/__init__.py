"""The directory on disk: its files, their checksums, writing it whole and reading it without trust.

May import `errors`, `regular_files`, `vocabulary` and, for its messages, `sources`.
"""
