-- `aws resourcegroupstaggingapi get-resources`, one page or several; recorded pages wrap it in {status_code, data}.
-- It never lists a resource that was never tagged, so it proves nothing about what it does not name.
-- Types are spelled by the rule of connectors/aws/inventory/names.py, so that both routes name one type alike.
-- An ARN of a bucket names no region: a page is of one region, and shows the buckets that lie in it.
WITH page AS (
    SELECT row_number() OVER () AS page,
           coalesce(doc -> 'data' -> 'ResourceTagMappingList', doc -> 'ResourceTagMappingList') AS mappings
    FROM {docs}
), mapping AS (
    SELECT page, unnest(from_json(mappings, '["json"]')) AS r FROM page
), arn AS (
    SELECT page, r ->> 'ResourceARN' AS id, r -> 'Tags' AS tags, string_split(r ->> 'ResourceARN', ':') AS parts FROM mapping
), named AS (
    SELECT page, id, tags, coalesce(parts[3], '') AS service, nullif(parts[4], '') AS region, nullif(parts[5], '') AS account,
           array_to_string(parts[6:], ':') AS rest
    FROM arn
)
SELECT
    'aws'                                                                   AS provider,
    account,
    CASE WHEN service <> 's3' THEN region
         WHEN min(region) OVER one_page = max(region) OVER one_page THEN min(region) OVER one_page END AS region,
    service || ':' || CASE
        WHEN service = 'wafv2' THEN array_to_string(string_split(rest, '/')[:2], '/')
        WHEN service = 'sns' AND len(string_split(rest, ':')) = 2 THEN 'subscription'
        WHEN service = 'sns' THEN 'topic'
        WHEN service = 'sqs' THEN 'queue'
        WHEN service = 's3' THEN 'bucket'
        ELSE regexp_extract(ltrim(rest, '/'), '^([^/:]+)[/:]', 1) END       AS type,
    id,
    regexp_extract(id, '([^/:]+)$', 1)                                      AS name,
    NULL::VARCHAR                                                           AS container,
    tags::VARCHAR                                                           AS tags,
    NULL::VARCHAR                                                           AS observed_at
FROM named
WINDOW one_page AS (PARTITION BY page)
