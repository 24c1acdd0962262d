"""Questions to the vectors: neighbours, analogies, evaluation, vectors of texts.

Nothing is imported here, so that a process loads only what it uses.
"""
