-- compare: Compare the shadow with the declared change of the live table
SET etl_since = (SELECT TO_TIMESTAMP_LTZ(since_ns, 9) FROM "S1"."etltableops_feed_00000000");
SET etl_since = (SELECT TO_TIMESTAMP_LTZ(since_ns, 9) FROM "S1"."etltableops_feed_00000000");
SELECT COUNT(*), TO_VARCHAR(HASH_AGG(CAST("EVENT_ID" AS NUMBER(38,0)), CAST("EVENT_TS" AS TIMESTAMP_NTZ(9)), CAST("USER_ID" AS NUMBER(38,0)), CAST("KIND" AS VARCHAR), CAST("COUNTRY" AS VARCHAR), CAST("AMOUNT" AS NUMBER(10,2)), CAST("PAYLOAD" AS VARCHAR), CAST((user_id * 2) AS integer))), '0' FROM "S1"."ALLEVENTS" AT (TIMESTAMP => $etl_since);
SELECT COUNT(*), TO_VARCHAR(HASH_AGG(CAST("EVENT_ID" AS NUMBER(38,0)), CAST("EVENT_TS" AS TIMESTAMP_NTZ(9)), CAST("USER_ID" AS NUMBER(38,0)), CAST("KIND" AS VARCHAR), CAST("COUNTRY" AS VARCHAR), CAST("AMOUNT" AS NUMBER(10,2)), CAST("PAYLOAD" AS VARCHAR), CAST("TWICE" AS integer))), '0' FROM "S1"."ALLEVENTS_NEW";
SELECT GREATEST(0, (SELECT COALESCE(SUM(n - 1), 0) FROM (SELECT COUNT(*) AS n FROM "S1"."ALLEVENTS_NEW" GROUP BY "EVENT_ID")) - (SELECT COALESCE(SUM(n - 1), 0) FROM (SELECT COUNT(*) AS n FROM "S1"."ALLEVENTS" GROUP BY "EVENT_ID")));
SET etl_since = (SELECT TO_TIMESTAMP_LTZ(since_ns, 9) FROM "S1"."etltableops_feed_00000000");
SELECT count(*), count("EVENT_TS"), TO_VARCHAR(min("EVENT_TS")), TO_VARCHAR(max("EVENT_TS")), APPROX_COUNT_DISTINCT("EVENT_TS"), count("AMOUNT"), TO_VARCHAR(min("AMOUNT")), TO_VARCHAR(max("AMOUNT")), APPROX_COUNT_DISTINCT("AMOUNT"), count("KIND"), TO_VARCHAR(min(LEFT("KIND", 81))), TO_VARCHAR(max(LEFT("KIND", 81))), APPROX_COUNT_DISTINCT(CASE WHEN LENGTH("KIND") > 80 THEN LEFT("KIND", 80) || MD5("KIND") ELSE "KIND" END) FROM "S1"."ALLEVENTS" AT (TIMESTAMP => $etl_since);
SET etl_since = (SELECT TO_TIMESTAMP_LTZ(since_ns, 9) FROM "S1"."etltableops_feed_00000000");
WITH s AS (SELECT "EVENT_TS" AS c1, "AMOUNT" AS c2, CASE WHEN LENGTH("KIND") > 80 THEN LEFT("KIND", 80) || MD5("KIND") ELSE "KIND" END AS c3 FROM "S1"."ALLEVENTS" AT (TIMESTAMP => $etl_since) WHERE (ABS(HASH("EVENT_ID") % 1073741824) < @sample))
SELECT 0, count(*), 0, 0, 0, 0, 0, CAST(NULL AS text), CAST(NULL AS double precision) FROM s
UNION ALL
SELECT 1, total, vals, once, upto - n, n, place, TO_VARCHAR(v), CAST(DATE_PART(EPOCH_MICROSECOND, v) AS DOUBLE PRECISION) / 1000000 FROM (
  SELECT v, n, CAST(sum(n) OVER (ORDER BY v) AS bigint) AS upto, CAST(sum(n) OVER () AS bigint) AS total, count(*) OVER () AS vals, count(CASE WHEN n = 1 THEN 1 END) OVER () AS once, row_number() OVER (ORDER BY n DESC, v) AS place
  FROM (SELECT c1 AS v, count(*) AS n FROM s WHERE c1 IS NOT NULL GROUP BY c1) AS g
) AS w WHERE place <= 10 OR 200 * n >= total OR upto = n OR (100 * upto) % total < 100 * n
UNION ALL
SELECT 2, total, vals, once, upto - n, n, place, TO_VARCHAR(v), CAST(v AS DOUBLE PRECISION) FROM (
  SELECT v, n, CAST(sum(n) OVER (ORDER BY v) AS bigint) AS upto, CAST(sum(n) OVER () AS bigint) AS total, count(*) OVER () AS vals, count(CASE WHEN n = 1 THEN 1 END) OVER () AS once, row_number() OVER (ORDER BY n DESC, v) AS place
  FROM (SELECT c2 AS v, count(*) AS n FROM s WHERE c2 IS NOT NULL GROUP BY c2) AS g
) AS w WHERE place <= 10 OR 200 * n >= total OR upto = n OR (100 * upto) % total < 100 * n
UNION ALL
SELECT 3, total, vals, once, 0, n, place, TO_VARCHAR(v), CAST(NULL AS double precision) FROM (
  SELECT v, n, 0 AS upto, CAST(sum(n) OVER () AS bigint) AS total, count(*) OVER () AS vals, count(CASE WHEN n = 1 THEN 1 END) OVER () AS once, row_number() OVER (ORDER BY n DESC, v) AS place
  FROM (SELECT c3 AS v, count(*) AS n FROM s WHERE c3 IS NOT NULL GROUP BY c3) AS g
) AS w WHERE place <= 10 OR 200 * n >= total;
SELECT count(*), count("EVENT_TS"), TO_VARCHAR(min("EVENT_TS")), TO_VARCHAR(max("EVENT_TS")), APPROX_COUNT_DISTINCT("EVENT_TS"), count("AMOUNT"), TO_VARCHAR(min("AMOUNT")), TO_VARCHAR(max("AMOUNT")), APPROX_COUNT_DISTINCT("AMOUNT"), count("KIND"), TO_VARCHAR(min(LEFT("KIND", 81))), TO_VARCHAR(max(LEFT("KIND", 81))), APPROX_COUNT_DISTINCT(CASE WHEN LENGTH("KIND") > 80 THEN LEFT("KIND", 80) || MD5("KIND") ELSE "KIND" END), count("TWICE"), TO_VARCHAR(min("TWICE")), TO_VARCHAR(max("TWICE")), APPROX_COUNT_DISTINCT("TWICE") FROM "S1"."ALLEVENTS_NEW";
WITH s AS (SELECT "EVENT_TS" AS c1, "AMOUNT" AS c2, CASE WHEN LENGTH("KIND") > 80 THEN LEFT("KIND", 80) || MD5("KIND") ELSE "KIND" END AS c3, "TWICE" AS c4 FROM "S1"."ALLEVENTS_NEW" WHERE (ABS(HASH("EVENT_ID") % 1073741824) < @sample))
SELECT 0, count(*), 0, 0, 0, 0, 0, CAST(NULL AS text), CAST(NULL AS double precision) FROM s
UNION ALL
SELECT 1, total, vals, once, upto - n, n, place, TO_VARCHAR(v), CAST(DATE_PART(EPOCH_MICROSECOND, v) AS DOUBLE PRECISION) / 1000000 FROM (
  SELECT v, n, CAST(sum(n) OVER (ORDER BY v) AS bigint) AS upto, CAST(sum(n) OVER () AS bigint) AS total, count(*) OVER () AS vals, count(CASE WHEN n = 1 THEN 1 END) OVER () AS once, row_number() OVER (ORDER BY n DESC, v) AS place
  FROM (SELECT c1 AS v, count(*) AS n FROM s WHERE c1 IS NOT NULL GROUP BY c1) AS g
) AS w WHERE place <= 10 OR 200 * n >= total OR upto = n OR (100 * upto) % total < 100 * n
UNION ALL
SELECT 2, total, vals, once, upto - n, n, place, TO_VARCHAR(v), CAST(v AS DOUBLE PRECISION) FROM (
  SELECT v, n, CAST(sum(n) OVER (ORDER BY v) AS bigint) AS upto, CAST(sum(n) OVER () AS bigint) AS total, count(*) OVER () AS vals, count(CASE WHEN n = 1 THEN 1 END) OVER () AS once, row_number() OVER (ORDER BY n DESC, v) AS place
  FROM (SELECT c2 AS v, count(*) AS n FROM s WHERE c2 IS NOT NULL GROUP BY c2) AS g
) AS w WHERE place <= 10 OR 200 * n >= total OR upto = n OR (100 * upto) % total < 100 * n
UNION ALL
SELECT 3, total, vals, once, 0, n, place, TO_VARCHAR(v), CAST(NULL AS double precision) FROM (
  SELECT v, n, 0 AS upto, CAST(sum(n) OVER () AS bigint) AS total, count(*) OVER () AS vals, count(CASE WHEN n = 1 THEN 1 END) OVER () AS once, row_number() OVER (ORDER BY n DESC, v) AS place
  FROM (SELECT c3 AS v, count(*) AS n FROM s WHERE c3 IS NOT NULL GROUP BY c3) AS g
) AS w WHERE place <= 10 OR 200 * n >= total
UNION ALL
SELECT 4, total, vals, once, upto - n, n, place, TO_VARCHAR(v), CAST(v AS DOUBLE PRECISION) FROM (
  SELECT v, n, CAST(sum(n) OVER (ORDER BY v) AS bigint) AS upto, CAST(sum(n) OVER () AS bigint) AS total, count(*) OVER () AS vals, count(CASE WHEN n = 1 THEN 1 END) OVER () AS once, row_number() OVER (ORDER BY n DESC, v) AS place
  FROM (SELECT c4 AS v, count(*) AS n FROM s WHERE c4 IS NOT NULL GROUP BY c4) AS g
) AS w WHERE place <= 10 OR 200 * n >= total OR upto = n OR (100 * upto) % total < 100 * n;
