-- Files that were scored outside of the api: one row for each output, however often it is reported.
CREATE TABLE scored_files (
    id            uuid PRIMARY KEY,                    -- made from the row itself, so that the same file is the same row
    at            timestamptz NOT NULL,                -- when it was reported first
    model         text NOT NULL,
    version       text NOT NULL,
    bundle        text NOT NULL,                       -- sha256 of the bundle's manifest: what really answered
    input_sha256  text NOT NULL,
    input_name    text NOT NULL,
    output_sha256 text NOT NULL,
    rows          bigint NOT NULL CHECK (rows > 0),
    tool          text NOT NULL,
    landed_at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX scored_files_output ON scored_files (output_sha256);
