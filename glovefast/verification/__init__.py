"""Whether a store is whole, and whether it holds what its text says.

May import `conversion` and every room before it.
"""
