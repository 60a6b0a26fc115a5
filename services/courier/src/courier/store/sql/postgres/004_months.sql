-- Predictions by month: a month that is over its retention is dropped as a whole, which costs the same however large it is.
-- The key is the id itself. Ids sort by the time they were made (UUID v7), so that months are ranges of ids, the primary
-- key needs no second column, and one id can only ever be in one partition. See docs/decisions/0026.

CREATE FUNCTION first_id_at(moment timestamptz) RETURNS uuid
LANGUAGE sql IMMUTABLE STRICT
RETURN (
    lpad(to_hex(least(greatest(floor(extract(epoch FROM moment) * 1000), 0), 2::numeric ^ 48 - 1)::bigint), 12, '0')
    || repeat('0', 20)
)::uuid;

-- Makes the partition of a month unless it is there; what waits for it in the default partition moves into it.
CREATE FUNCTION make_month(month date) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    name text := 'predictions_' || to_char(month, 'YYYY_MM');
    first uuid := first_id_at(month::timestamp AT TIME ZONE 'UTC');
    past uuid := first_id_at((month + interval '1 month') AT TIME ZONE 'UTC');
BEGIN
    IF to_regclass(name) IS NOT NULL THEN
        RETURN false;
    END IF;
    -- Before anything else: who lands waits here, and nobody waits for them.
    LOCK TABLE predictions_default IN ACCESS EXCLUSIVE MODE;
    EXECUTE format('CREATE TABLE %I (LIKE predictions INCLUDING ALL)', name);
    EXECUTE format(
        'WITH moved AS (DELETE FROM predictions_default WHERE id >= %L AND id < %L RETURNING *) INSERT INTO %I SELECT * FROM moved',
        first, past, name
    );
    EXECUTE format('ALTER TABLE predictions ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', name, first, past);
    RETURN true;
EXCEPTION
    -- Rows from before the months are in one partition, which reaches to the end of the month that brought them.
    WHEN invalid_object_definition THEN
        RETURN false;
END $$;

-- Drops the partitions whose last id was made before a moment, and gives back their names.
CREATE FUNCTION drop_months(before timestamptz) RETURNS SETOF text
LANGUAGE plpgsql AS $$
DECLARE
    name text;
BEGIN
    FOR name IN
        SELECT child.relname
        FROM pg_inherits
        JOIN pg_class AS child ON child.oid = inhrelid
        WHERE inhparent = 'predictions'::regclass
          AND (regexp_match(pg_get_expr(child.relpartbound, child.oid), 'TO \(''([0-9a-f-]+)''\)'))[1]::uuid
              <= first_id_at(before)
        ORDER BY child.relname
    LOOP
        EXECUTE format('DROP TABLE %I', name);
        RETURN NEXT name;
    END LOOP;
END $$;

-- Deletes some rows that landed before a moment from the partitions that are no months; gives back how many.
CREATE FUNCTION delete_predictions(before timestamptz, most integer) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    name text;
    deleted bigint;
    total bigint := 0;
BEGIN
    FOREACH name IN ARRAY ARRAY['predictions_before', 'predictions_default'] LOOP
        IF to_regclass(name) IS NOT NULL THEN
            EXECUTE format('DELETE FROM %1$I WHERE ctid = ANY (ARRAY(SELECT ctid FROM %1$I WHERE landed_at < $1 LIMIT $2))', name)
            USING before, most;
            GET DIAGNOSTICS deleted = ROW_COUNT;
            total := total + deleted;
        END IF;
    END LOOP;
    RETURN total;
END $$;

-- The table so far becomes the partition of everything up to the end of this month; no row of it is written anew.
DROP VIEW quality_by_version_and_day;
ALTER TABLE predictions RENAME TO predictions_before;
ALTER INDEX predictions_pkey RENAME TO predictions_before_pkey;
ALTER INDEX predictions_at RENAME TO predictions_before_at;
ALTER INDEX predictions_version_at RENAME TO predictions_before_version_at;
ALTER INDEX predictions_request_id RENAME TO predictions_before_request_id;

CREATE TABLE predictions (LIKE predictions_before INCLUDING DEFAULTS INCLUDING CONSTRAINTS) PARTITION BY RANGE (id);
ALTER TABLE predictions ADD PRIMARY KEY (id);
CREATE INDEX predictions_at ON predictions USING brin (at) WITH (autosummarize = on);
CREATE INDEX predictions_version_at ON predictions (version, at);
CREATE INDEX predictions_request_id ON predictions USING hash (request_id);

-- What comes with an id of no month that is there: a clock that was wrong, a journal that was away for long.
CREATE TABLE predictions_default PARTITION OF predictions DEFAULT;

DO $$
DECLARE
    month date := date_trunc('month', now() AT TIME ZONE 'UTC');
    past uuid := first_id_at((month + interval '1 month') AT TIME ZONE 'UTC');
BEGIN
    IF EXISTS (SELECT FROM predictions_before) THEN
        WITH moved AS (DELETE FROM predictions_before WHERE id >= past RETURNING *)
        INSERT INTO predictions_default SELECT * FROM moved;
        EXECUTE format('ALTER TABLE predictions ATTACH PARTITION predictions_before FOR VALUES FROM (MINVALUE) TO (%L)', past);
    ELSE
        DROP TABLE predictions_before;
        PERFORM make_month((month - interval '1 month')::date);
    END IF;
    PERFORM make_month((month + ahead * interval '1 month')::date) FROM generate_series(0, 3) AS ahead;
END $$;

-- Rows are looked for by when they landed, where no partition can be dropped.
CREATE INDEX feedback_landed_at ON feedback USING brin (landed_at) WITH (autosummarize = on);

CREATE VIEW quality_by_version_and_day AS
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
LEFT JOIN latest_feedback AS f ON f.prediction_id = p.id
GROUP BY p.model, p.version, p.variant, day;
