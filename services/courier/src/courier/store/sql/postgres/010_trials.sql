-- What a person asked only to try the model: it stays in the audit and counts neither in drift nor in quality.

ALTER TABLE predictions ADD COLUMN trial boolean;                 -- true for a trial; else null

CREATE OR REPLACE VIEW quality_by_version_and_day AS
SELECT
    p.model,
    p.version,
    p.variant,
    (p.at AT TIME ZONE 'UTC')::date AS day,
    count(*) AS predictions,
    count(f.label) AS judged,
    count(*) FILTER (WHERE f.label = p.label) AS correct,
    (count(*) FILTER (WHERE f.label = p.label))::double precision / nullif(count(f.label), 0) AS accuracy
FROM predictions AS p
LEFT JOIN latest_feedback AS f ON f.prediction_id = coalesce(p.shadow_of, p.id)
WHERE p.trial IS NOT TRUE
GROUP BY p.model, p.version, p.variant, day;

CREATE OR REPLACE VIEW error_by_version_and_day AS
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
WHERE p.value IS NOT NULL AND f.value IS NOT NULL AND p.trial IS NOT TRUE
GROUP BY p.model, p.version, p.variant, day;
