"""The limits of the status page. A test holds them equal to Prometheus's rules, where they are explained."""

PSI = 0.2
"""`drift:psi:threshold`."""
DRIFT_ROWS = 500
"""`drift:rows:minimum`: fewer answered rows are not judged."""
DRIFT_CHANCE = 0.001
"""`drift:chance:ratio`: the probability that one look at all features is a false alarm."""
TRAIN_ROWS = 100
"""`drift:train_rows:assumed`, for a bundle that does not state its training rows."""
ACCURACY_CHANCE = 0.0005
"""`quality:chance:ratio`."""
ACCURACY_TOLERANCE = 0.02
"""`quality:tolerance:ratio`: a smaller loss of accuracy raises no alert."""
JOURNAL_SECONDS = 120
"""The limit of the alert JournalOld: the age of the oldest record that is not in the store."""
