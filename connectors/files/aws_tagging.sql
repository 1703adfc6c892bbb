-- `aws resourcegroupstaggingapi get-resources`, one page or several; recorded pages wrap it in {status_code, data}.
-- It never lists a resource that was never tagged, so it proves nothing about what it does not name.
WITH mapping AS (
    SELECT unnest(from_json(coalesce(doc -> 'data' -> 'ResourceTagMappingList', doc -> 'ResourceTagMappingList'), '["json"]')) AS r
    FROM {docs}
), arn AS (
    SELECT r ->> 'ResourceARN' AS id, r -> 'Tags' AS tags FROM mapping
)
SELECT
    'aws'                                                                   AS provider,
    nullif(split_part(id, ':', 5), '')                                      AS account,
    nullif(split_part(id, ':', 4), '')                                      AS region,
    split_part(id, ':', 3) || ':' || CASE
        WHEN split_part(id, ':', 3) = 's3' THEN 'bucket'
        ELSE regexp_extract(array_to_string(string_split(id, ':')[6:], ':'), '^([^/:]+)[/:]', 1) END AS type,
    id,
    regexp_extract(id, '([^/:]+)$', 1)                                      AS name,
    NULL::VARCHAR                                                           AS container,
    tags::VARCHAR                                                           AS tags,
    NULL::VARCHAR                                                           AS observed_at
FROM arn
