"""Read files, pipes, compressed files and members of archives as one stream of bytes.

May import `errors`.
"""
