"""The winner as an ONNX bundle, with golden rows, drift reference and a parity check."""
