-- Regressions: a value in place of probabilities. The label of such a row is the bin of the value among the training
-- targets (docs/decisions/0027), so that whatever counts labels goes on as it is.

ALTER TABLE predictions ADD COLUMN value REAL;         -- null for a classification
ALTER TABLE feedback ADD COLUMN value REAL;

DROP VIEW latest_feedback;
CREATE VIEW latest_feedback AS
SELECT prediction_id, label, at, source, value
FROM (
    SELECT *, row_number() OVER (PARTITION BY prediction_id ORDER BY at DESC, id DESC) AS place FROM feedback
)
WHERE place = 1;

-- How far each version was off, by the day it answered (UTC); in the target's unit.
CREATE VIEW error_by_version_and_day AS
SELECT
    p.model,
    p.version,
    p.variant,
    date(p.at) AS day,
    count(*) AS judged,
    avg(abs(p.value - f.value)) AS mean_absolute_error,
    sqrt(avg((p.value - f.value) * (p.value - f.value))) AS root_mean_squared_error
FROM predictions AS p
JOIN latest_feedback AS f ON f.prediction_id = coalesce(p.shadow_of, p.id)
WHERE p.value IS NOT NULL AND f.value IS NOT NULL
GROUP BY p.model, p.version, p.variant, day;
