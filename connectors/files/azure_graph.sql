-- An Azure Resource Graph query, as `az graph query` writes it ({count, data: [...]}), as the REST API does with
-- resultFormat table ({data: {columns, rows}}), or the bare list of objects. Ids are compared case-folded.
WITH item AS (
    SELECT unnest(from_json(CASE WHEN json_type(doc -> 'data') = 'ARRAY' THEN doc -> 'data' ELSE json_array(doc) END, '["json"]')) AS r
    FROM {docs} WHERE coalesce(json_type(doc -> 'data'), '') <> 'OBJECT'
    UNION ALL
    SELECT json_object(
        'id',             row ->> (list_position(names, 'id') - 1),
        'name',           row ->> (list_position(names, 'name') - 1),
        'type',           row ->> (list_position(names, 'type') - 1),
        'location',       row ->> (list_position(names, 'location') - 1),
        'subscriptionId', row ->> (list_position(names, 'subscriptionId') - 1),
        'tags',           row -> (list_position(names, 'tags') - 1))
    FROM (SELECT from_json(doc -> 'data' -> 'columns' -> '$[*].name', '["varchar"]') AS names,
                 unnest(from_json(doc -> 'data' -> 'rows', '["json"]')) AS row
          FROM {docs} WHERE json_type(doc -> 'data') = 'OBJECT')
)
SELECT
    'azure'                                                                 AS provider,
    coalesce(r ->> 'subscriptionId', regexp_extract(r ->> 'id', '(?i)/subscriptions/([^/]+)', 1)) AS account,
    r ->> 'location'                                                        AS region,
    lower(r ->> 'type')                                                     AS type,
    r ->> 'id'                                                              AS id,
    r ->> 'name'                                                            AS name,
    NULL::VARCHAR                                                           AS container,
    (r -> 'tags')::VARCHAR                                                  AS tags,
    coalesce(r ->> 'observed_at', r ->> 'observedAt')                       AS observed_at
FROM item
WHERE r ->> 'id' IS NOT NULL
