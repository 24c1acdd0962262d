"""Look-ups in the batches of Spark, Ray, datasets and other engines."""
