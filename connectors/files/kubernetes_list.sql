-- `kubectl get ns,deploy,… -A -o json`: {"kind": "List", "items": […]}, or the list of one kind (`--raw`), whose items
-- leave their kind out. Rows, ids and types are those of connectors/kubernetes/inventory/rows.py. Only metadata is read.
WITH item AS (
    SELECT r, lower(coalesce(r ->> 'kind', regexp_replace(kind, 'List$', ''))) AS kind, cluster,
           coalesce(json_extract(r, '$.metadata.ownerReferences[*].controller')::VARCHAR LIKE '%true%', false) AS owned
    FROM (SELECT unnest(from_json(coalesce(doc -> 'items', '[]'), '["json"]')) AS r, doc ->> 'kind' AS kind,
                 coalesce(nullif(doc -> 'metadata' -> 'annotations' ->> 'tagrecon/cluster', ''), {name}) AS cluster FROM {docs})
), object AS (
    SELECT *, r -> 'metadata' ->> 'name' AS name, r -> 'metadata' ->> 'namespace' AS namespace FROM item
    WHERE kind IN ('namespace', 'node', 'deployment', 'statefulset', 'daemonset', 'job', 'cronjob', 'persistentvolumeclaim')
       OR (kind = 'pod' AND NOT owned)
)
SELECT
    'k8s'                                                                                        AS provider,
    cluster                                                                                      AS account,
    CASE WHEN kind = 'node' THEN r -> 'metadata' -> 'labels' ->> 'topology.kubernetes.io/region' END AS region,
    'k8s:' || kind                                                                               AS type,
    'k8s://' || cluster || CASE kind WHEN 'namespace' THEN '/' || name WHEN 'node' THEN '/node/' || name
                                     ELSE '/' || namespace || '/' || kind || '/' || name END      AS id,
    name,
    CASE WHEN kind NOT IN ('namespace', 'node') THEN 'k8s://' || cluster || '/' || namespace END  AS container,
    (r -> 'metadata' -> 'labels')::VARCHAR                                                       AS tags,
    NULL::VARCHAR                                                                                AS observed_at
FROM object
WHERE name IS NOT NULL
