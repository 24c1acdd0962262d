"""`glovefast demo`: the tutorial's examples, from text to accuracy, beside the tutorial's own loop.

May import every room but `cli`.
"""
