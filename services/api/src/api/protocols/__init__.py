"""Transport-free codecs: bytes of a protocol to rows of numbers, and answers to bytes."""
