"""A bundle from disk to an answer: manifest, row schema, feature encoding, ONNX session."""
