"""The application on scikit-learn's own model."""

import os

import joblib

from bench.peers.fastapi.app import application

app = application(joblib.load(os.environ["MODEL"]).predict_proba)
