-- Cloud Asset Inventory: an export (asset_type, resource.data.labels), `gcloud asset search-all-resources`
-- (assetType, labels), or the REST answer with `results`. `project` holds the project's number; names its id.
WITH item AS (
    SELECT unnest(from_json(coalesce(doc -> 'results', doc -> 'body' -> 'results', json_array(doc)), '["json"]')) AS r FROM {docs}
), asset AS (
    SELECT r, r ->> 'name' AS id, coalesce(r ->> 'assetType', r ->> 'asset_type') AS kind,
           regexp_extract(coalesce(r ->> 'project', r -> 'resource' ->> 'parent', ''), 'projects/([^/]+)', 1) AS number
    FROM item
), project AS (
    SELECT number, any_value(regexp_extract(id, '/projects/([^/]+)$', 1)) AS project_id
    FROM asset WHERE kind = 'cloudresourcemanager.googleapis.com/Project' AND number <> '' GROUP BY number
)
SELECT
    'gcp'                                                                   AS provider,
    coalesce(nullif(regexp_extract(id, '/projects/([^/]+)', 1), ''), p.project_id, nullif(a.number, '')) AS account,
    coalesce(r ->> 'location', r -> 'resource' -> 'data' ->> 'location')    AS region,
    kind                                                                    AS type,
    id,
    coalesce(r ->> 'displayName', r ->> 'display_name', regexp_extract(id, '([^/]+)$', 1)) AS name,
    NULL::VARCHAR                                                           AS container,
    coalesce(r -> 'labels', r -> 'resource' -> 'data' -> 'labels')::VARCHAR AS tags,
    coalesce(r ->> 'observed_at', r ->> 'observedAt')                       AS observed_at
FROM asset a LEFT JOIN project p USING (number)
WHERE id IS NOT NULL
