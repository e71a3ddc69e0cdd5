-- guard: Count what will be written under the live name from then on
ALTER TABLE "S1"."ALLEVENTS_OLD_20261121T000000Z" SET CHANGE_TRACKING = TRUE;
CREATE OR REPLACE TABLE "S1"."etltableops_guard_00000000" (since_ns number(38,0), own number(38,0), written number(38,0)) AS SELECT DATE_PART(EPOCH_NANOSECOND, SYSDATE()), 0, NULL;
-- lock: Lock without queueing; tried again until it is free
-- note: Make a place for the moment of the exchange
CREATE OR REPLACE TABLE "S1"."etltableops_exchange_00000000" (at_ns number(38,0), session_id text, settled_ns number(38,0), commit_id text, is_known boolean, drained boolean);
-- exchange: "S1"."ALLEVENTS" gets the rows of "S1"."ALLEVENTS_OLD_20261121T000000Z", in one statement
INSERT OVERWRITE INTO "S1"."ALLEVENTS" ("EVENT_ID", "EVENT_TS", "USER_ID", "KIND", "COUNTRY", "AMOUNT", "PAYLOAD") SELECT "EVENT_ID", "EVENT_TS", "USER_ID", "KIND", "COUNTRY", "AMOUNT", "PAYLOAD" FROM "S1"."ALLEVENTS_OLD_20261121T000000Z";
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
-- count: Keep the count of rows that were written until the exchange
SET etl_exchange = (SELECT TO_TIMESTAMP_LTZ(at_ns, 9) FROM "S1"."etltableops_exchange_00000000");
SET etl_since = (SELECT TO_TIMESTAMP_LTZ(since_ns, 9) FROM "S1"."etltableops_guard_00000000");
UPDATE "S1"."etltableops_guard_00000000" SET written = GREATEST(0, (SELECT COUNT(DISTINCT "EVENT_ID") FROM "S1"."ALLEVENTS" CHANGES (INFORMATION => DEFAULT) AT (TIMESTAMP => $etl_since) END (TIMESTAMP => $etl_exchange)) - own) WHERE written IS NULL;
-- drop-columns: Drop the columns that the version has not
ALTER TABLE "S1"."ALLEVENTS" DROP COLUMN IF EXISTS "TWICE";
-- remove-incoming: Remove "S1"."ALLEVENTS_OLD_20261121T000000Z", whose rows are in "S1"."ALLEVENTS" now
DROP TABLE IF EXISTS "S1"."ALLEVENTS_OLD_20261121T000000Z";
-- remove-note: Remove the moment of the exchange
DROP TABLE IF EXISTS "S1"."etltableops_exchange_00000000";
-- remove-log: Remove a log of later rows that no undo needs any more, or whose time is over
DROP TABLE IF EXISTS "S1"."etltableops_guard_00000000";
