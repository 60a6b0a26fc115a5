"""The retrainer: alerts and schedule in, retraining and canary rollout out."""
