"""The models in memory: the policy that is followed, the traffic split, predictions, shadow and feedback."""
