-- One row per bill line of a month: i its number, r its resource, d and h its day and hour, t its tags.
SELECT i, r, d, h, TIMESTAMP '2026-10-01' + to_days(d) + to_hours(h) AS starts,
       TIMESTAMP '2026-10-01' + to_days(d) + to_hours(h + 1) AS ends,
       (hash(i) % 1000000)::DOUBLE / 1e9 + (i % 7) * 0.0123456789 AS cost,
       (100000000000 + r % 40)::VARCHAR AS account, md5(i::VARCHAR) AS line_id, substr(md5(r::VARCHAR), 1, 17) AS hex,
       (r % 6)::INTEGER AS s, hash(r) % 5000 AS sku, ['us-east-1', 'eu-west-1', 'ap-south-1', 'eu-central-1'][1 + r % 4] AS region,
       CASE WHEN i % 997 = 0 THEN 'Tax' WHEN i % 991 = 0 THEN 'Credit' WHEN i % 11 = 0 THEN 'Free' ELSE 'Usage' END AS kind,
       CASE WHEN r % 9 = 0 THEN '' WHEN r % 13 = 0 THEN 'Payments' ELSE 'cc-' || (hash(r % 24000) % 60) END AS cost_center,
       ['prod', 'production', 'test', 'dev'][1 + (r % 24000) % 4] AS environment,
       'app' || (hash(r % 24000, 1) % 400) AS app, 'team' || ((r % 24000) % 25) AS team,
       'n' || (r % 24000) AS named, 'user' || ((r % 24000) % 7) AS created_by
FROM (SELECT i, (hash(i // 6) % {resources})::INTEGER AS r, (hash(i // 6, 'd') % 30)::INTEGER AS d, (i % 24)::INTEGER AS h
      FROM range({lines}) numbers(i))
ORDER BY hash(i // 1000)
