-- lock: Lock without queueing; tried again until it is free
-- drain: Bring the last changes over
SET etl_since = (SELECT TO_TIMESTAMP_LTZ(since_ns, 9) FROM "S1"."etltableops_feed_00000000");
SET etl_upto = TO_TIMESTAMP_LTZ(@upto, 9);
MERGE INTO "S1"."ALLEVENTS_NEW" AS t USING (
  SELECT * FROM (SELECT "EVENT_ID" AS "etl_value_1", "EVENT_TS" AS "etl_value_2", "USER_ID" AS "etl_value_3", "KIND" AS "etl_value_4", "COUNTRY" AS "etl_value_5", "AMOUNT" AS "etl_value_6", "PAYLOAD" AS "etl_value_7", "EVENT_ID" AS "etl_key_1", (METADATA$ACTION = 'DELETE' OR NOT COALESCE((event_id > 5), FALSE)) AS "etl_gone" FROM "S1"."ALLEVENTS" CHANGES (INFORMATION => DEFAULT) AT (TIMESTAMP => $etl_since) END (TIMESTAMP => $etl_upto) QUALIFY ROW_NUMBER() OVER (PARTITION BY "EVENT_ID" ORDER BY IFF(METADATA$ACTION = 'INSERT', 0, 1)) = 1) AS c
) AS s ON t."EVENT_ID" = s."etl_key_1"
WHEN MATCHED AND s."etl_gone" THEN DELETE
WHEN MATCHED THEN UPDATE SET "EVENT_ID" = s."etl_value_1", "EVENT_TS" = s."etl_value_2", "USER_ID" = s."etl_value_3", "KIND" = s."etl_value_4", "COUNTRY" = s."etl_value_5", "AMOUNT" = s."etl_value_6", "PAYLOAD" = s."etl_value_7"
WHEN NOT MATCHED AND NOT s."etl_gone" THEN INSERT ("EVENT_ID", "EVENT_TS", "USER_ID", "KIND", "COUNTRY", "AMOUNT", "PAYLOAD") VALUES (s."etl_value_1", s."etl_value_2", s."etl_value_3", s."etl_value_4", s."etl_value_5", s."etl_value_6", s."etl_value_7");
UPDATE "S1"."etltableops_feed_00000000" SET since_ns = @upto;
-- pause-pipe: Pause pipe "S1"."RUNNING"
ALTER PIPE "S1"."RUNNING" SET PIPE_EXECUTION_PAUSED = TRUE;
-- exchange: "S1"."ALLEVENTS_NEW" becomes "S1"."ALLEVENTS", in one statement
ALTER TABLE "S1"."ALLEVENTS" SWAP WITH "S1"."ALLEVENTS_NEW";
-- keep: Keep the former table as "S1"."ALLEVENTS_OLD_20261121T000000Z"
ALTER TABLE IF EXISTS "S1"."ALLEVENTS_NEW" RENAME TO "S1"."ALLEVENTS_OLD_20261121T000000Z";
COMMENT IF EXISTS ON TABLE "S1"."ALLEVENTS_OLD_20261121T000000Z" IS 'etltableops:version:20261121T000000Z-00000000
what happened, and it''s dear';
-- drain: Bring over the rows that reached the former table until the exchange (first time)
SET etl_since = (SELECT TO_TIMESTAMP_LTZ(since_ns, 9) FROM "S1"."etltableops_feed_00000000");
SET etl_guard = (SELECT TO_TIMESTAMP_LTZ(since_ns, 9) FROM "S1"."etltableops_guard_00000000");
SET etl_upto = (SELECT CURRENT_TIMESTAMP());
UPDATE "S1"."etltableops_guard_00000000" SET own = own + (
  SELECT COUNT(*) FROM (SELECT "EVENT_ID" AS "etl_key_1", (METADATA$ACTION = 'DELETE' OR NOT COALESCE((event_id > 5), FALSE)) AS "etl_gone" FROM "S1"."ALLEVENTS_OLD_20261121T000000Z" CHANGES (INFORMATION => DEFAULT) AT (TIMESTAMP => $etl_since) END (TIMESTAMP => $etl_upto)
    QUALIFY ROW_NUMBER() OVER (PARTITION BY "EVENT_ID" ORDER BY IFF(METADATA$ACTION = 'INSERT', 0, 1)) = 1) AS c
  WHERE NOT EXISTS (SELECT 1 FROM "S1"."ALLEVENTS" CHANGES (INFORMATION => DEFAULT) AT (TIMESTAMP => $etl_guard) AS n WHERE n."EVENT_ID" = c."etl_key_1")
    AND (NOT c."etl_gone" OR EXISTS (SELECT 1 FROM "S1"."ALLEVENTS" AS n WHERE n."EVENT_ID" = c."etl_key_1")));
MERGE INTO "S1"."ALLEVENTS" AS t USING (
  SELECT * FROM (SELECT "EVENT_ID" AS "etl_value_1", "EVENT_TS" AS "etl_value_2", "USER_ID" AS "etl_value_3", "KIND" AS "etl_value_4", "COUNTRY" AS "etl_value_5", "AMOUNT" AS "etl_value_6", "PAYLOAD" AS "etl_value_7", "EVENT_ID" AS "etl_key_1", (METADATA$ACTION = 'DELETE' OR NOT COALESCE((event_id > 5), FALSE)) AS "etl_gone" FROM "S1"."ALLEVENTS_OLD_20261121T000000Z" CHANGES (INFORMATION => DEFAULT) AT (TIMESTAMP => $etl_since) END (TIMESTAMP => $etl_upto) QUALIFY ROW_NUMBER() OVER (PARTITION BY "EVENT_ID" ORDER BY IFF(METADATA$ACTION = 'INSERT', 0, 1)) = 1) AS c WHERE NOT EXISTS (SELECT 1 FROM "S1"."ALLEVENTS" CHANGES (INFORMATION => DEFAULT) AT (TIMESTAMP => $etl_guard) AS n WHERE n."EVENT_ID" = c."etl_key_1")
) AS s ON t."EVENT_ID" = s."etl_key_1"
WHEN MATCHED AND s."etl_gone" THEN DELETE
WHEN MATCHED THEN UPDATE SET "EVENT_ID" = s."etl_value_1", "EVENT_TS" = s."etl_value_2", "USER_ID" = s."etl_value_3", "KIND" = s."etl_value_4", "COUNTRY" = s."etl_value_5", "AMOUNT" = s."etl_value_6", "PAYLOAD" = s."etl_value_7"
WHEN NOT MATCHED AND NOT s."etl_gone" THEN INSERT ("EVENT_ID", "EVENT_TS", "USER_ID", "KIND", "COUNTRY", "AMOUNT", "PAYLOAD") VALUES (s."etl_value_1", s."etl_value_2", s."etl_value_3", s."etl_value_4", s."etl_value_5", s."etl_value_6", s."etl_value_7");
UPDATE "S1"."etltableops_feed_00000000" SET since_ns = DATE_PART(EPOCH_NANOSECOND, $etl_upto);
-- drain-again: Bring over the rows that reached the former table until the exchange (second time)
SET etl_since = (SELECT TO_TIMESTAMP_LTZ(since_ns, 9) FROM "S1"."etltableops_feed_00000000");
SET etl_guard = (SELECT TO_TIMESTAMP_LTZ(since_ns, 9) FROM "S1"."etltableops_guard_00000000");
SET etl_upto = (SELECT CURRENT_TIMESTAMP());
UPDATE "S1"."etltableops_guard_00000000" SET own = own + (
  SELECT COUNT(*) FROM (SELECT "EVENT_ID" AS "etl_key_1", (METADATA$ACTION = 'DELETE' OR NOT COALESCE((event_id > 5), FALSE)) AS "etl_gone" FROM "S1"."ALLEVENTS_OLD_20261121T000000Z" CHANGES (INFORMATION => DEFAULT) AT (TIMESTAMP => $etl_since) END (TIMESTAMP => $etl_upto)
    QUALIFY ROW_NUMBER() OVER (PARTITION BY "EVENT_ID" ORDER BY IFF(METADATA$ACTION = 'INSERT', 0, 1)) = 1) AS c
  WHERE NOT EXISTS (SELECT 1 FROM "S1"."ALLEVENTS" CHANGES (INFORMATION => DEFAULT) AT (TIMESTAMP => $etl_guard) AS n WHERE n."EVENT_ID" = c."etl_key_1")
    AND (NOT c."etl_gone" OR EXISTS (SELECT 1 FROM "S1"."ALLEVENTS" AS n WHERE n."EVENT_ID" = c."etl_key_1")));
MERGE INTO "S1"."ALLEVENTS" AS t USING (
  SELECT * FROM (SELECT "EVENT_ID" AS "etl_value_1", "EVENT_TS" AS "etl_value_2", "USER_ID" AS "etl_value_3", "KIND" AS "etl_value_4", "COUNTRY" AS "etl_value_5", "AMOUNT" AS "etl_value_6", "PAYLOAD" AS "etl_value_7", "EVENT_ID" AS "etl_key_1", (METADATA$ACTION = 'DELETE' OR NOT COALESCE((event_id > 5), FALSE)) AS "etl_gone" FROM "S1"."ALLEVENTS_OLD_20261121T000000Z" CHANGES (INFORMATION => DEFAULT) AT (TIMESTAMP => $etl_since) END (TIMESTAMP => $etl_upto) QUALIFY ROW_NUMBER() OVER (PARTITION BY "EVENT_ID" ORDER BY IFF(METADATA$ACTION = 'INSERT', 0, 1)) = 1) AS c WHERE NOT EXISTS (SELECT 1 FROM "S1"."ALLEVENTS" CHANGES (INFORMATION => DEFAULT) AT (TIMESTAMP => $etl_guard) AS n WHERE n."EVENT_ID" = c."etl_key_1")
) AS s ON t."EVENT_ID" = s."etl_key_1"
WHEN MATCHED AND s."etl_gone" THEN DELETE
WHEN MATCHED THEN UPDATE SET "EVENT_ID" = s."etl_value_1", "EVENT_TS" = s."etl_value_2", "USER_ID" = s."etl_value_3", "KIND" = s."etl_value_4", "COUNTRY" = s."etl_value_5", "AMOUNT" = s."etl_value_6", "PAYLOAD" = s."etl_value_7"
WHEN NOT MATCHED AND NOT s."etl_gone" THEN INSERT ("EVENT_ID", "EVENT_TS", "USER_ID", "KIND", "COUNTRY", "AMOUNT", "PAYLOAD") VALUES (s."etl_value_1", s."etl_value_2", s."etl_value_3", s."etl_value_4", s."etl_value_5", s."etl_value_6", s."etl_value_7");
UPDATE "S1"."etltableops_feed_00000000" SET since_ns = DATE_PART(EPOCH_NANOSECOND, $etl_upto);
-- remove-feed: Remove the feed
DROP TABLE IF EXISTS "S1"."etltableops_feed_00000000";
-- dynamic-table: Create dynamic table "S1"."PER_COUNTRY" anew; the service computes it again
USE SCHEMA "S1";
create or replace dynamic table DB1.S1.PER_COUNTRY TARGET_LAG = '1 hour' WAREHOUSE = WH as SELECT country, COUNT(*) AS n FROM allevents GROUP BY country;
GRANT SELECT ON DYNAMIC TABLE "S1"."PER_COUNTRY" TO ROLE "READER";
ALTER DYNAMIC TABLE "S1"."PER_COUNTRY" SUSPEND;
-- pipe: Create pipe "S1"."RESTING" anew; it forgets which files it has loaded, so do not refresh it over those of before
USE SCHEMA "S1";
create or replace pipe DB1.S1.RESTING as COPY INTO allevents FROM @landing FILE_FORMAT = (TYPE = JSON);
ALTER PIPE "S1"."RESTING" SET PIPE_EXECUTION_PAUSED = TRUE;
-- pipe: Create pipe "S1"."RUNNING" anew; it forgets which files it has loaded, so do not refresh it over those of before
USE SCHEMA "S1";
create or replace pipe DB1.S1.RUNNING AUTO_INGEST = TRUE as COPY INTO allevents FROM @landing FILE_FORMAT = (TYPE = JSON);
GRANT MONITOR ON PIPE "S1"."RUNNING" TO ROLE "READER";
ALTER PIPE "S1"."RUNNING" SET COMMENT = 'from the lake';
-- comment: Give the live table its own comment
COMMENT ON TABLE "S1"."ALLEVENTS" IS 'what happened, and it''s dear';
