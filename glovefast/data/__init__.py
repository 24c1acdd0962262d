"""The sample that comes with glovefast, and the script that makes it."""
