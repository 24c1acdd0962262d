"""What word vectors are used for: neighbors, analogies, evaluation, text vectors.

Nothing is imported here, so that a process loads only what it uses.
"""
