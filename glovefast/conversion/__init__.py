"""From text to a store: what the user chose, the workers, and what they report.

May import every room of the data's way before it: `sources`, `parser`, `store` and `matrix`.
"""
