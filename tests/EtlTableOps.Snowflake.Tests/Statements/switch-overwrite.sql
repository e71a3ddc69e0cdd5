-- lock: Lock without queueing; tried again until it is free
-- drain: Bring the last changes over
SET etl_since = (SELECT TO_TIMESTAMP_LTZ(since_ns, 9) FROM "S1"."etltableops_feed_00000000");
SET etl_upto = TO_TIMESTAMP_LTZ(@upto, 9);
MERGE INTO "S1"."ALLEVENTS_NEW" AS t USING (
  SELECT * FROM (SELECT "EVENT_ID" AS "etl_value_1", "EVENT_TS" AS "etl_value_2", "USER_ID" AS "etl_value_3", "KIND" AS "etl_value_4", "COUNTRY" AS "etl_value_5", "AMOUNT" AS "etl_value_6", "PAYLOAD" AS "etl_value_7", (user_id * 2) AS "etl_value_8", "EVENT_ID" AS "etl_key_1", (METADATA$ACTION = 'DELETE' OR NOT TRUE) AS "etl_gone" FROM "S1"."ALLEVENTS" CHANGES (INFORMATION => DEFAULT) AT (TIMESTAMP => $etl_since) END (TIMESTAMP => $etl_upto) QUALIFY ROW_NUMBER() OVER (PARTITION BY "EVENT_ID" ORDER BY IFF(METADATA$ACTION = 'INSERT', 0, 1)) = 1) AS c
) AS s ON t."EVENT_ID" = s."etl_key_1"
WHEN MATCHED AND s."etl_gone" THEN DELETE
WHEN MATCHED THEN UPDATE SET "EVENT_ID" = s."etl_value_1", "EVENT_TS" = s."etl_value_2", "USER_ID" = s."etl_value_3", "KIND" = s."etl_value_4", "COUNTRY" = s."etl_value_5", "AMOUNT" = s."etl_value_6", "PAYLOAD" = s."etl_value_7", "TWICE" = s."etl_value_8"
WHEN NOT MATCHED AND NOT s."etl_gone" THEN INSERT ("EVENT_ID", "EVENT_TS", "USER_ID", "KIND", "COUNTRY", "AMOUNT", "PAYLOAD", "TWICE") VALUES (s."etl_value_1", s."etl_value_2", s."etl_value_3", s."etl_value_4", s."etl_value_5", s."etl_value_6", s."etl_value_7", s."etl_value_8");
UPDATE "S1"."etltableops_feed_00000000" SET since_ns = @upto;
-- note: Make a place for the moment of the exchange
CREATE OR REPLACE TABLE "S1"."etltableops_exchange_00000000" (at_ns number(38,0), session_id text, settled_ns number(38,0), commit_id text, is_known boolean, drained boolean);
-- columns: Add columns to "S1"."ALLEVENTS"
ALTER TABLE "S1"."ALLEVENTS" ADD COLUMN "TWICE" integer;
-- exchange: "S1"."ALLEVENTS" gets the rows of "S1"."ALLEVENTS_NEW", in one statement
INSERT OVERWRITE INTO "S1"."ALLEVENTS" ("EVENT_ID", "EVENT_TS", "USER_ID", "KIND", "COUNTRY", "AMOUNT", "PAYLOAD", "TWICE") SELECT "EVENT_ID", "EVENT_TS", "USER_ID", "KIND", "COUNTRY", "AMOUNT", "PAYLOAD", "TWICE" FROM "S1"."ALLEVENTS_NEW";
INSERT INTO "S1"."etltableops_exchange_00000000" (at_ns, session_id, drained) SELECT DATE_PART(EPOCH_NANOSECOND, SYSDATE()), CURRENT_SESSION(), FALSE;
-- position: Count what is written from the exchange on
SET etl_session = (SELECT TO_NUMBER(session_id) FROM "S1"."etltableops_exchange_00000000");
UPDATE "S1"."etltableops_exchange_00000000" SET commit_id = (
  SELECT MIN(QUERY_ID) FROM TABLE(INFORMATION_SCHEMA.QUERY_HISTORY_BY_SESSION(SESSION_ID => $etl_session, RESULT_LIMIT => 10000))
  WHERE QUERY_TEXT = 'COMMIT' AND EXECUTION_STATUS = 'SUCCESS' AND START_TIME = (
    SELECT MIN(START_TIME) FROM TABLE(INFORMATION_SCHEMA.QUERY_HISTORY_BY_SESSION(SESSION_ID => $etl_session, RESULT_LIMIT => 10000))
    WHERE QUERY_TEXT = 'COMMIT' AND EXECUTION_STATUS = 'SUCCESS' AND DATE_PART(EPOCH_MILLISECOND, START_TIME) >= (SELECT FLOOR(at_ns / 1000000) FROM "S1"."etltableops_exchange_00000000")))
WHERE settled_ns IS NULL;
UPDATE "S1"."etltableops_exchange_00000000" SET is_known = (commit_id IS NOT NULL), commit_id = COALESCE(commit_id, LAST_QUERY_ID()), settled_ns = DATE_PART(EPOCH_NANOSECOND, SYSDATE()) WHERE settled_ns IS NULL;
SET etl_settled = (SELECT TO_TIMESTAMP_LTZ(settled_ns, 9) FROM "S1"."etltableops_exchange_00000000");
SET etl_commit = (SELECT commit_id FROM "S1"."etltableops_exchange_00000000");
UPDATE "S1"."etltableops_guard_00000000" SET since_ns = (SELECT settled_ns FROM "S1"."etltableops_exchange_00000000"),
  own = IFF((SELECT is_known FROM "S1"."etltableops_exchange_00000000"), 0 - (SELECT COUNT(DISTINCT "EVENT_ID") FROM "S1"."ALLEVENTS" CHANGES (INFORMATION => DEFAULT) AT (STATEMENT => $etl_commit) END (TIMESTAMP => $etl_settled)), NULL)
WHERE since_ns < (SELECT settled_ns FROM "S1"."etltableops_exchange_00000000");
-- keep: Keep the former rows as "S1"."ALLEVENTS_OLD_20261121T000000Z"
SET etl_exchange = (SELECT TO_TIMESTAMP_LTZ(at_ns, 9) FROM "S1"."etltableops_exchange_00000000");
CREATE TABLE IF NOT EXISTS "S1"."ALLEVENTS_OLD_20261121T000000Z" CLONE "S1"."ALLEVENTS" AT (TIMESTAMP => $etl_exchange);
COMMENT ON TABLE "S1"."ALLEVENTS_OLD_20261121T000000Z" IS 'etltableops:version:20261121T000000Z-00000000
what happened, and it''s dear';
ALTER TABLE "S1"."ALLEVENTS_OLD_20261121T000000Z" DROP COLUMN IF EXISTS "TWICE";
-- drain: Bring over the rows that reached the live table until the exchange
SET etl_since = (SELECT TO_TIMESTAMP_LTZ(since_ns, 9) FROM "S1"."etltableops_feed_00000000");
SET etl_exchange = (SELECT TO_TIMESTAMP_LTZ(at_ns, 9) FROM "S1"."etltableops_exchange_00000000");
SET etl_settled = (SELECT TO_TIMESTAMP_LTZ(settled_ns, 9) FROM "S1"."etltableops_exchange_00000000");
UPDATE "S1"."etltableops_guard_00000000" SET own = own + (
  SELECT COUNT(*) FROM (SELECT "EVENT_ID" AS "etl_key_1", (METADATA$ACTION = 'DELETE' OR NOT TRUE) AS "etl_gone" FROM "S1"."ALLEVENTS" CHANGES (INFORMATION => DEFAULT) AT (TIMESTAMP => $etl_since) END (TIMESTAMP => $etl_exchange)
    QUALIFY ROW_NUMBER() OVER (PARTITION BY "EVENT_ID" ORDER BY IFF(METADATA$ACTION = 'INSERT', 0, 1)) = 1) AS c
  WHERE NOT (SELECT drained FROM "S1"."etltableops_exchange_00000000") AND NOT EXISTS (SELECT 1 FROM (SELECT "etl_key_1" FROM (
    SELECT t."EVENT_ID" AS "etl_key_1", HASH(CAST(t."EVENT_ID" AS NUMBER(38,0)), CAST(t."EVENT_TS" AS TIMESTAMP_NTZ(9)), CAST(t."USER_ID" AS NUMBER(38,0)), CAST(t."KIND" AS VARCHAR), CAST(t."COUNTRY" AS VARCHAR), CAST(t."AMOUNT" AS NUMBER(10,2)), CAST(t."PAYLOAD" AS VARCHAR), CAST(t."TWICE" AS integer)) AS "etl_hash", 1 AS "etl_side" FROM "S1"."ALLEVENTS" AS t WHERE EXISTS (SELECT 1 FROM "S1"."ALLEVENTS" CHANGES (INFORMATION => DEFAULT) AT (TIMESTAMP => $etl_since) END (TIMESTAMP => $etl_exchange) AS d WHERE d."EVENT_ID" = t."EVENT_ID")
    UNION ALL
    SELECT t."EVENT_ID" AS "etl_key_1", HASH(CAST(t."EVENT_ID" AS NUMBER(38,0)), CAST(t."EVENT_TS" AS TIMESTAMP_NTZ(9)), CAST(t."USER_ID" AS NUMBER(38,0)), CAST(t."KIND" AS VARCHAR), CAST(t."COUNTRY" AS VARCHAR), CAST(t."AMOUNT" AS NUMBER(10,2)), CAST(t."PAYLOAD" AS VARCHAR), CAST(t."TWICE" AS integer)) AS "etl_hash", -1 AS "etl_side" FROM "S1"."ALLEVENTS_NEW" AS t WHERE EXISTS (SELECT 1 FROM "S1"."ALLEVENTS" CHANGES (INFORMATION => DEFAULT) AT (TIMESTAMP => $etl_since) END (TIMESTAMP => $etl_exchange) AS d WHERE d."EVENT_ID" = t."EVENT_ID")
  ) AS w GROUP BY "etl_key_1", "etl_hash" HAVING SUM("etl_side") <> 0) AS n WHERE n."etl_key_1" = c."etl_key_1")
    AND (NOT c."etl_gone" OR EXISTS (SELECT 1 FROM "S1"."ALLEVENTS" AS n WHERE n."EVENT_ID" = c."etl_key_1")));
MERGE INTO "S1"."ALLEVENTS" AS t USING (
  SELECT * FROM (SELECT "EVENT_ID" AS "etl_value_1", "EVENT_TS" AS "etl_value_2", "USER_ID" AS "etl_value_3", "KIND" AS "etl_value_4", "COUNTRY" AS "etl_value_5", "AMOUNT" AS "etl_value_6", "PAYLOAD" AS "etl_value_7", (user_id * 2) AS "etl_value_8", "EVENT_ID" AS "etl_key_1", (METADATA$ACTION = 'DELETE' OR NOT TRUE) AS "etl_gone" FROM "S1"."ALLEVENTS" CHANGES (INFORMATION => DEFAULT) AT (TIMESTAMP => $etl_since) END (TIMESTAMP => $etl_exchange) QUALIFY ROW_NUMBER() OVER (PARTITION BY "EVENT_ID" ORDER BY IFF(METADATA$ACTION = 'INSERT', 0, 1)) = 1) AS c WHERE NOT (SELECT drained FROM "S1"."etltableops_exchange_00000000") AND NOT EXISTS (SELECT 1 FROM (SELECT "etl_key_1" FROM (
    SELECT t."EVENT_ID" AS "etl_key_1", HASH(CAST(t."EVENT_ID" AS NUMBER(38,0)), CAST(t."EVENT_TS" AS TIMESTAMP_NTZ(9)), CAST(t."USER_ID" AS NUMBER(38,0)), CAST(t."KIND" AS VARCHAR), CAST(t."COUNTRY" AS VARCHAR), CAST(t."AMOUNT" AS NUMBER(10,2)), CAST(t."PAYLOAD" AS VARCHAR), CAST(t."TWICE" AS integer)) AS "etl_hash", 1 AS "etl_side" FROM "S1"."ALLEVENTS" AS t WHERE EXISTS (SELECT 1 FROM "S1"."ALLEVENTS" CHANGES (INFORMATION => DEFAULT) AT (TIMESTAMP => $etl_since) END (TIMESTAMP => $etl_exchange) AS d WHERE d."EVENT_ID" = t."EVENT_ID")
    UNION ALL
    SELECT t."EVENT_ID" AS "etl_key_1", HASH(CAST(t."EVENT_ID" AS NUMBER(38,0)), CAST(t."EVENT_TS" AS TIMESTAMP_NTZ(9)), CAST(t."USER_ID" AS NUMBER(38,0)), CAST(t."KIND" AS VARCHAR), CAST(t."COUNTRY" AS VARCHAR), CAST(t."AMOUNT" AS NUMBER(10,2)), CAST(t."PAYLOAD" AS VARCHAR), CAST(t."TWICE" AS integer)) AS "etl_hash", -1 AS "etl_side" FROM "S1"."ALLEVENTS_NEW" AS t WHERE EXISTS (SELECT 1 FROM "S1"."ALLEVENTS" CHANGES (INFORMATION => DEFAULT) AT (TIMESTAMP => $etl_since) END (TIMESTAMP => $etl_exchange) AS d WHERE d."EVENT_ID" = t."EVENT_ID")
  ) AS w GROUP BY "etl_key_1", "etl_hash" HAVING SUM("etl_side") <> 0) AS n WHERE n."etl_key_1" = c."etl_key_1")
) AS s ON t."EVENT_ID" = s."etl_key_1"
WHEN MATCHED AND s."etl_gone" THEN DELETE
WHEN MATCHED THEN UPDATE SET "EVENT_ID" = s."etl_value_1", "EVENT_TS" = s."etl_value_2", "USER_ID" = s."etl_value_3", "KIND" = s."etl_value_4", "COUNTRY" = s."etl_value_5", "AMOUNT" = s."etl_value_6", "PAYLOAD" = s."etl_value_7", "TWICE" = s."etl_value_8"
WHEN NOT MATCHED AND NOT s."etl_gone" THEN INSERT ("EVENT_ID", "EVENT_TS", "USER_ID", "KIND", "COUNTRY", "AMOUNT", "PAYLOAD", "TWICE") VALUES (s."etl_value_1", s."etl_value_2", s."etl_value_3", s."etl_value_4", s."etl_value_5", s."etl_value_6", s."etl_value_7", s."etl_value_8");
UPDATE "S1"."etltableops_exchange_00000000" SET drained = TRUE;
-- remove-feed: Remove the feed
DROP TABLE IF EXISTS "S1"."etltableops_feed_00000000";
-- remove-incoming: Remove "S1"."ALLEVENTS_NEW", whose rows are in "S1"."ALLEVENTS" now
DROP TABLE IF EXISTS "S1"."ALLEVENTS_NEW";
-- remove-note: Remove the moment of the exchange
DROP TABLE IF EXISTS "S1"."etltableops_exchange_00000000";
