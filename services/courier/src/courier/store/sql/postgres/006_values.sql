-- Regressions: a value in place of probabilities. The label of such a row is the bin of the value among the training
-- targets (docs/decisions/0027), so that whatever counts labels goes on as it is.

ALTER TABLE predictions ADD COLUMN value double precision;   -- null for a classification
ALTER TABLE feedback ADD COLUMN value double precision;

CREATE OR REPLACE VIEW latest_feedback AS
SELECT DISTINCT ON (prediction_id) prediction_id, label, at, source, value
FROM feedback
ORDER BY prediction_id, at DESC, id DESC;

-- How far each version was off, by the day it answered (UTC); in the target's unit.
CREATE VIEW error_by_version_and_day AS
SELECT
    p.model,
    p.version,
    p.variant,
    (p.at AT TIME ZONE 'UTC')::date AS day,
    count(*) AS judged,
    avg(abs(p.value - f.value)) AS mean_absolute_error,
    sqrt(avg((p.value - f.value) * (p.value - f.value))) AS root_mean_squared_error
FROM predictions AS p
JOIN latest_feedback AS f ON f.prediction_id = coalesce(p.shadow_of, p.id)
WHERE p.value IS NOT NULL AND f.value IS NOT NULL
GROUP BY p.model, p.version, p.variant, day;
