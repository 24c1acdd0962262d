"""Words and their row numbers: a store's word index and the training vocabulary of a user.

May import `errors` and `kernels`.
"""
