"""Load on a running api, realistic, drifted or bad, so that a person can watch the boards move."""
