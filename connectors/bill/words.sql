-- Words that the FOCUS mapping is written in. Temporary: they live as long as the connection.
CREATE OR REPLACE TEMP MACRO cell(x) AS
    CASE WHEN trim(x) IN ('', 'NULL', 'null', '\N') THEN NULL ELSE trim(x) END;
CREATE OR REPLACE TEMP MACRO category(x) AS
    CASE lower(x) WHEN 'usage' THEN 'Usage' WHEN 'purchase' THEN 'Purchase' WHEN 'tax' THEN 'Tax'
                  WHEN 'credit' THEN 'Credit' WHEN 'adjustment' THEN 'Adjustment' ELSE x END;
-- ISO 8601 only: 4/1/25 and 02/02/2021 can't be told apart, and DuckDB's own cast reads the first as the year 4.
-- Its cast to TIMESTAMP ignores an offset, so a text with one goes through TIMESTAMPTZ.
CREATE OR REPLACE TEMP MACRO text_us(x) AS
    CASE WHEN NOT regexp_matches(x, '^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}.*)?$') THEN NULL
         WHEN length(x) <= 10 OR right(x, 1) = 'Z' OR NOT regexp_matches(x, '[+-]\d{2}(:?\d{2})?$|[A-Za-z]$')
         THEN epoch_us(try_cast(x AS TIMESTAMP))
         ELSE epoch_us(try_cast(x AS TIMESTAMPTZ)) END;
CREATE OR REPLACE TEMP MACRO billing_month(start_us, end_us) AS
    CASE WHEN end_us > start_us THEN strftime(make_timestamp((start_us + end_us) // 2), '%Y-%m') END;
