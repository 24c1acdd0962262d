"""Pictures of words and of coverage, drawn with matplotlib (the extra ``plot``).

Nothing is imported here, so that a process loads only what it uses.
"""
