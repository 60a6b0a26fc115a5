-- Files that were scored outside of the api: one row for each output, however often it is reported.
CREATE TABLE scored_files (
    id            TEXT PRIMARY KEY                     -- made from the row itself, so that the same file is the same row
        CHECK (id GLOB '????????-????-????-????-????????????' AND id NOT GLOB '*[^0-9a-f-]*'),
    at            TEXT NOT NULL CHECK (datetime(at) IS NOT NULL),   -- when it was reported first
    model         TEXT NOT NULL,
    version       TEXT NOT NULL,
    bundle        TEXT NOT NULL,                       -- sha256 of the bundle's manifest: what really answered
    input_sha256  TEXT NOT NULL,
    input_name    TEXT NOT NULL,
    output_sha256 TEXT NOT NULL,
    rows          INTEGER NOT NULL CHECK (rows > 0),
    tool          TEXT NOT NULL,
    landed_at     TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000+00:00', 'now'))
) STRICT;
CREATE INDEX scored_files_output ON scored_files (output_sha256);
