"""The embedding matrix for a training vocabulary, and how much of the vocabulary a store covers.

May import `errors`, `kernels`, `vocabulary` and `store`.
"""
