"""The rig of every torture test: clients that log each complete answer, real processes to hurt, and three verdicts."""
