-- compare: Compare the shadow with the declared change of the live table
SET etl_since = (SELECT TO_TIMESTAMP_LTZ(since_ns, 9) FROM "S1"."etltableops_feed_00000000");
SET etl_since = (SELECT TO_TIMESTAMP_LTZ(since_ns, 9) FROM "S1"."etltableops_feed_00000000");
SELECT COUNT(*), TO_VARCHAR(HASH_AGG(CAST("EVENT_ID" AS NUMBER(38,0)), CAST("EVENT_TS" AS TIMESTAMP_NTZ(9)), CAST("USER_ID" AS NUMBER(38,0)), CAST("KIND" AS VARCHAR), CAST("COUNTRY" AS VARCHAR), CAST("AMOUNT" AS NUMBER(10,2)), CAST("PAYLOAD" AS VARCHAR), CAST((user_id * 2) AS integer))), '0' FROM "S1"."ALLEVENTS" AT (TIMESTAMP => $etl_since);
SELECT COUNT(*), TO_VARCHAR(HASH_AGG(CAST("EVENT_ID" AS NUMBER(38,0)), CAST("EVENT_TS" AS TIMESTAMP_NTZ(9)), CAST("USER_ID" AS NUMBER(38,0)), CAST("KIND" AS VARCHAR), CAST("COUNTRY" AS VARCHAR), CAST("AMOUNT" AS NUMBER(10,2)), CAST("PAYLOAD" AS VARCHAR), CAST("TWICE" AS integer))), '0', COUNT("EVENT_ID"), COUNT_IF((event_id > 5) AND "COUNTRY" IS NULL), COUNT_IF("COUNTRY" NOT IN ('DE', 'it''s \\')), COUNT_IF(("AMOUNT" < (-1) OR "AMOUNT" > 100)), COUNT_IF(NOT (REGEXP_INSTR(CAST("KIND" AS VARCHAR), '^\\w+$') > 0)), COUNT_IF(NOT (amount >= 0 -- or nothing

)
), COUNT("AMOUNT"), COUNT(DISTINCT ("COUNTRY")), DATEDIFF(SECOND, CAST(MAX("EVENT_TS") AS TIMESTAMP_NTZ), SYSDATE()) FROM "S1"."ALLEVENTS_NEW";
SELECT GREATEST(0, (SELECT COALESCE(SUM(n - 1), 0) FROM (SELECT COUNT(*) AS n FROM "S1"."ALLEVENTS_NEW" GROUP BY "EVENT_ID")) - (SELECT COALESCE(SUM(n - 1), 0) FROM (SELECT COUNT(*) AS n FROM "S1"."ALLEVENTS" GROUP BY "EVENT_ID")));
SELECT count(*), coalesce(sum(g.n), 0) FROM (SELECT count(*) AS n FROM (SELECT "COUNTRY" AS k1 FROM "S1"."ALLEVENTS_NEW" WHERE ((kind = 'view') AND "COUNTRY" IS NOT NULL)) AS r GROUP BY k1 HAVING count(*) > 1) AS g;
SELECT count(*), coalesce(sum(g.n), 0) FROM (SELECT count(*) AS n FROM (SELECT "KIND" AS k1, "COUNTRY" AS k2 FROM "S1"."ALLEVENTS_NEW") AS r GROUP BY k1, k2 HAVING count(*) > 1) AS g;
SELECT count(*) FROM (SELECT "COUNTRY" AS k1 FROM "S1"."ALLEVENTS_NEW") AS c WHERE c.k1 IS NOT NULL AND NOT EXISTS (SELECT 1 FROM "S1"."COUNTRIES" AS p WHERE p."CODE" = c.k1);
SET etl_since = (SELECT TO_TIMESTAMP_LTZ(since_ns, 9) FROM "S1"."etltableops_feed_00000000");
SELECT count(*) FROM "S1"."ALLEVENTS" AT (TIMESTAMP => $etl_since);
SET etl_since = (SELECT TO_TIMESTAMP_LTZ(since_ns, 9) FROM "S1"."etltableops_feed_00000000");
WITH etl_live_rows AS (SELECT * FROM "S1"."ALLEVENTS" AT (TIMESTAMP => $etl_since)), etl_shadow_rows AS (SELECT * FROM "S1"."ALLEVENTS_NEW"),
etl_la (c1, c2) AS (
SELECT kind, count(*) FROM etl_live_rows GROUP BY kind
), etl_sa (c1, c2) AS (
SELECT kind, count(*) FROM etl_shadow_rows GROUP BY kind
), etl_l AS (SELECT c1, c2, count(*) AS n FROM etl_la GROUP BY c1, c2), etl_s AS (SELECT c1, c2, count(*) AS n FROM etl_sa GROUP BY c1, c2)
SELECT (SELECT count(*) FROM (SELECT * FROM etl_l EXCEPT SELECT * FROM etl_s) AS d), (SELECT count(*) FROM (SELECT * FROM etl_s EXCEPT SELECT * FROM etl_l) AS d);
