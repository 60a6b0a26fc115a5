"""The status page's numbers: a history of the counters, drift, alerts, and the verb to type next."""
