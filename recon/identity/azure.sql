-- How the ids of Azure meet: without regard to case, and of one form however they begin and end.
SELECT ref, 3 AS rank, 'folded' AS method, '' AS scope, '/' || trim(lower(id), '/') AS key FROM {ids}
