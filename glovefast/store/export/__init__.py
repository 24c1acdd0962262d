"""The vectors in other formats.

May import what `store` may import, and `store` itself.
"""
