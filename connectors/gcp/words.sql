-- Words that the mapping of the billing export is written in. Temporary: they live as long as the connection.
-- The first of an invoice month ("202503"; also "2025-03"), at midnight UTC so that the month's middle lies in it.
CREATE OR REPLACE TEMP MACRO month_start(m) AS
    CASE WHEN length(replace(cell(m), '-', '')) = 6 THEN try_strptime(replace(cell(m), '-', '') || '01', '%Y%m%d') END;
-- Google's months begin at midnight in Los Angeles; on the first of April to November summer time holds there.
CREATE OR REPLACE TEMP MACRO pacific_start(m) AS
    month_start(m) + to_hours(CASE WHEN month(month_start(m)) BETWEEN 4 AND 11 THEN 7 ELSE 8 END);
CREATE OR REPLACE TEMP MACRO keys_of(tags) AS list_transform(coalesce(tags, []), lambda p: p.key);
-- Tags beside others that are stronger: one whose key is taken, there or by an earlier tag, is kept as tag/<namespace>/<key>.
CREATE OR REPLACE TEMP MACRO beside(tags, taken) AS
    list_transform(coalesce(tags, []), lambda t, i: {
        'key': CASE WHEN list_contains(taken, t.key) OR list_position(keys_of(tags), t.key) < i
                    THEN concat_ws('/', 'tag', t.namespace, t.key) ELSE t.key END,
        'value': t.value});
-- Project labels beside tags, which are stronger: one whose key is taken is kept as project_label/<key>.
CREATE OR REPLACE TEMP MACRO below(labels, taken) AS
    list_transform(coalesce(labels, []), lambda p: {
        'key': CASE WHEN list_contains(taken, p.key) THEN concat('project_label/', p.key) ELSE p.key END,
        'value': p.value});
-- A JSON object; where one key stands twice, the list of pairs, so that whoever reads it sees both.
CREATE OR REPLACE TEMP MACRO json_tags(tags) AS
    coalesce(try(to_json(map_from_entries(list_transform(tags, lambda p: {'k': p.key, 'v': p.value})))::VARCHAR),
             to_json(tags)::VARCHAR)
