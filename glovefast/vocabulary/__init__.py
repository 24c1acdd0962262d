"""Words and their row numbers: the word index of a store and the training vocabulary of a user.

May import `errors` and `kernels`.
"""
