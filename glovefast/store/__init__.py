"""The directory on disk: its files, their checksums, writing it whole and reading it without trust.

May import `errors`, `kernels` and `vocabulary`.
"""
