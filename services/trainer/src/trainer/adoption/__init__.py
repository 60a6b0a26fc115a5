"""Models that were made elsewhere: read, understood, proved against their ONNX twin, and bundled like a trained one."""
