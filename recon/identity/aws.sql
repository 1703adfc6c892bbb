-- How the ids of AWS meet. Bills write full ARNs, ARNs of another partition or with a suffix, and short ids.
-- `arn`: without the partition; without what follows a log group (:*), a table (/index/…, /stream/…) or a function (:alias).
SELECT ref, 3 AS rank, 'arn' AS method, '' AS scope,
       CASE WHEN contains(id, ':logs:') THEN regexp_replace(arn, ':\*$', '')
            WHEN contains(id, ':dynamodb:') THEN regexp_replace(arn, '(:table/[^/]+)/.*$', '\1')
            WHEN contains(id, ':lambda:') THEN regexp_replace(arn, '(:function:[^:]+):.*$', '\1')
            ELSE arn END AS key
FROM (SELECT *, regexp_replace(id, '^arn:aws(-[a-z]+)*:', 'arn:aws:') AS arn FROM {ids}) WHERE starts_with(id, 'arn:')
UNION ALL
-- `short-id`: the last part, where it alone names the resource (i-0abc…), within its account
SELECT ref, 4, 'short-id', account, regexp_extract(id, '([^/:]+)$', 1)
FROM {ids} WHERE regexp_full_match(regexp_extract(id, '([^/:]+)$', 1), '[a-z]{1,10}-[0-9a-f]{8,17}')
UNION ALL
-- `bucket`: names of buckets are global, and bills write them bare
SELECT ref, 5, 'bucket', '', CASE WHEN starts_with(id, 'arn:') THEN regexp_extract(id, '^arn:[a-z-]+:s3:::([^/]+)$', 1) ELSE id END
FROM {ids} WHERE regexp_full_match(id, 'arn:[a-z-]+:s3:::[^/]+')
   OR (regexp_full_match(id, '[a-z0-9][a-z0-9._-]{2,62}') AND regexp_matches(service, '(?i)(\bs3\b|AmazonS3|simple storage)'))
UNION ALL
-- `name`: older bills write the bare name of a function
SELECT ref, 6, 'name', account, CASE WHEN starts_with(id, 'arn:') THEN regexp_extract(id, ':function:([^:]+)', 1) ELSE id END
FROM {ids} WHERE contains(id, ':function:')
   OR (regexp_full_match(id, '[A-Za-z0-9_-]{1,64}') AND regexp_matches(service, '(?i)lambda'))
