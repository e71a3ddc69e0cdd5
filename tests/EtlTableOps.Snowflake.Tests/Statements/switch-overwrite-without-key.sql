-- lock: Lock without queueing; tried again until it is free
-- drain: Bring the last changes over
SET etl_since = (SELECT TO_TIMESTAMP_LTZ(since_ns, 9) FROM "S1"."etltableops_feed_00000000");
SET etl_upto = TO_TIMESTAMP_LTZ(@upto, 9);
INSERT INTO "S1"."READINGS_NEW" ("SENSOR", "VALUE") SELECT "SENSOR", "VALUE" FROM "S1"."READINGS" CHANGES (INFORMATION => DEFAULT) AT (TIMESTAMP => $etl_since) END (TIMESTAMP => $etl_upto) WHERE METADATA$ACTION = 'INSERT' AND COALESCE((value > 0), FALSE);
UPDATE "S1"."etltableops_feed_00000000" SET since_ns = @upto;
-- note: Make a place for the moment of the exchange
CREATE OR REPLACE TABLE "S1"."etltableops_exchange_00000000" (at_ns number(38,0), session_id text, settled_ns number(38,0), commit_id text, is_known boolean, drained boolean);
-- exchange: "S1"."READINGS" gets the rows of "S1"."READINGS_NEW", in one statement
INSERT OVERWRITE INTO "S1"."READINGS" ("SENSOR", "VALUE") SELECT "SENSOR", "VALUE" FROM "S1"."READINGS_NEW";
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
  own = IFF((SELECT is_known FROM "S1"."etltableops_exchange_00000000"), 0 - (SELECT COUNT_IF(NOT (METADATA$ACTION = 'DELETE' AND METADATA$ISUPDATE)) FROM "S1"."READINGS" CHANGES (INFORMATION => DEFAULT) AT (STATEMENT => $etl_commit) END (TIMESTAMP => $etl_settled)), NULL)
WHERE since_ns < (SELECT settled_ns FROM "S1"."etltableops_exchange_00000000");
-- keep: Keep the former rows as "S1"."READINGS_OLD_20261121T000000Z"
SET etl_exchange = (SELECT TO_TIMESTAMP_LTZ(at_ns, 9) FROM "S1"."etltableops_exchange_00000000");
CREATE TABLE IF NOT EXISTS "S1"."READINGS_OLD_20261121T000000Z" CLONE "S1"."READINGS" AT (TIMESTAMP => $etl_exchange);
COMMENT ON TABLE "S1"."READINGS_OLD_20261121T000000Z" IS 'etltableops:version:20261121T000000Z-00000000';
-- drain: Bring over the rows that reached the live table until the exchange
SET etl_since = (SELECT TO_TIMESTAMP_LTZ(since_ns, 9) FROM "S1"."etltableops_feed_00000000");
SET etl_exchange = (SELECT TO_TIMESTAMP_LTZ(at_ns, 9) FROM "S1"."etltableops_exchange_00000000");
SET etl_settled = (SELECT TO_TIMESTAMP_LTZ(settled_ns, 9) FROM "S1"."etltableops_exchange_00000000");
UPDATE "S1"."etltableops_guard_00000000" SET own = own + (SELECT COUNT(*) FROM "S1"."READINGS" CHANGES (INFORMATION => DEFAULT) AT (TIMESTAMP => $etl_since) END (TIMESTAMP => $etl_exchange) WHERE METADATA$ACTION = 'INSERT' AND COALESCE((value > 0), FALSE) AND NOT (SELECT drained FROM "S1"."etltableops_exchange_00000000") AND METADATA$ROW_ID NOT IN (SELECT METADATA$ROW_ID FROM "S1"."READINGS" CHANGES (INFORMATION => DEFAULT) AT (TIMESTAMP => $etl_since) END (TIMESTAMP => $etl_settled) WHERE METADATA$ACTION = 'INSERT'));
INSERT INTO "S1"."READINGS" ("SENSOR", "VALUE") SELECT "SENSOR", "VALUE" FROM "S1"."READINGS" CHANGES (INFORMATION => DEFAULT) AT (TIMESTAMP => $etl_since) END (TIMESTAMP => $etl_exchange) WHERE METADATA$ACTION = 'INSERT' AND COALESCE((value > 0), FALSE) AND NOT (SELECT drained FROM "S1"."etltableops_exchange_00000000") AND METADATA$ROW_ID NOT IN (SELECT METADATA$ROW_ID FROM "S1"."READINGS" CHANGES (INFORMATION => DEFAULT) AT (TIMESTAMP => $etl_since) END (TIMESTAMP => $etl_settled) WHERE METADATA$ACTION = 'INSERT');
UPDATE "S1"."etltableops_exchange_00000000" SET drained = TRUE;
-- remove-feed: Remove the feed
DROP TABLE IF EXISTS "S1"."etltableops_feed_00000000";
-- remove-incoming: Remove "S1"."READINGS_NEW", whose rows are in "S1"."READINGS" now
DROP TABLE IF EXISTS "S1"."READINGS_NEW";
-- remove-note: Remove the moment of the exchange
DROP TABLE IF EXISTS "S1"."etltableops_exchange_00000000";
