"""Fitted scikit-learn pipelines as ONNX graphs: steps, estimators, and ways out where none can be made."""
