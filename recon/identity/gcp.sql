-- How the ids of Google Cloud meet. Bills and Cloud Asset write the same full names, but a project by its number or its
-- id, an instance by its number or its name (both stand among the inventory's other ids), and a bucket in two ways.
-- `project`: with the project's id where its number is written
SELECT i.ref, 3 AS rank, 'project' AS method, '' AS scope,
       CASE WHEN p.project_id IS NOT NULL THEN replace(i.id, '/projects/' || i.number || '/', '/projects/' || p.project_id || '/') ELSE i.id END AS key
FROM (SELECT *, regexp_extract(id, '/projects/(\d+)/', 1) AS number FROM {ids}) i LEFT JOIN {projects} p ON p.number = i.number
WHERE starts_with(i.id, '//')
UNION ALL
SELECT ref, 4, 'bucket', '', regexp_extract(id, '^(//storage\.googleapis\.com/)?(projects/[^/]+/buckets/)?([^/]+)$', 3)
FROM {ids} WHERE regexp_full_match(id, '//storage\.googleapis\.com/(projects/[^/]+/buckets/)?[^/]+')
   OR (regexp_full_match(id, '(projects/[^/]+/buckets/)?[a-z0-9][a-z0-9._-]{2,221}') AND service ILIKE '%cloud storage%')
