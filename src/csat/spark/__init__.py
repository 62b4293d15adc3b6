"""The same project on Apache Spark: one SQL, translated; the engine of Python models; sessions."""
