"""`glovefast demo`: the Keras tutorial from text to accuracy, compared with the tutorial's loop.

May import every room but `cli`.
"""
