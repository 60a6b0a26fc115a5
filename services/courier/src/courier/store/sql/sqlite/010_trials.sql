-- What a person asked only to try the model: it stays in the audit and counts neither in drift nor in quality.

ALTER TABLE predictions ADD COLUMN trial INTEGER;                 -- true for a trial; else null

DROP VIEW quality_by_version_and_day;
CREATE VIEW quality_by_version_and_day AS
SELECT
    p.model,
    p.version,
    p.variant,
    date(p.at) AS day,
    count(*) AS predictions,
    count(f.label) AS judged,
    count(*) FILTER (WHERE f.label = p.label) AS correct,
    CAST(count(*) FILTER (WHERE f.label = p.label) AS REAL) / nullif(count(f.label), 0) AS accuracy
FROM predictions AS p
LEFT JOIN latest_feedback AS f ON f.prediction_id = coalesce(p.shadow_of, p.id)
WHERE p.trial IS NOT TRUE
GROUP BY p.model, p.version, p.variant, day;

DROP VIEW error_by_version_and_day;
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
WHERE p.value IS NOT NULL AND f.value IS NOT NULL AND p.trial IS NOT TRUE
GROUP BY p.model, p.version, p.variant, day;
