"""From a training vocabulary to an embedding matrix, and how much of the vocabulary a store covers.

May import `errors`, `kernels`, `vocabulary` and `store`.
"""
