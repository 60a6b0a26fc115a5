"""The closed loop on the container stack, hands free: the world moves, the model is wrong, and the loop mends it."""
