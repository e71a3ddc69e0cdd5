-- journal: Create the journal
CREATE TABLE IF NOT EXISTS "S1"."etltableops_journal" (id text PRIMARY KEY, operation text NOT NULL, live_schema text, live_table text NOT NULL, incoming_table text NOT NULL, version_table text, version_state text NOT NULL, state text NOT NULL, revision bigint NOT NULL, begun text NOT NULL, changed text NOT NULL, host text NOT NULL, process_id bigint NOT NULL, db_user text NOT NULL, details text NOT NULL);
CREATE TABLE IF NOT EXISTS "S1"."etltableops_journal_lines" (swap_id text NOT NULL, line bigint NOT NULL, logged_at text NOT NULL, operation text NOT NULL, step text NOT NULL, statements text NOT NULL, row_count bigint NOT NULL, seconds double precision NOT NULL, who text NOT NULL, PRIMARY KEY (swap_id, line));
-- feed: Start logging changes of the live table
ALTER TABLE "S1"."ALLEVENTS" SET CHANGE_TRACKING = TRUE;
CREATE OR REPLACE TABLE "S1"."etltableops_feed_00000000" (since_ns number(38,0), own number(38,0), written number(38,0)) AS SELECT DATE_PART(EPOCH_NANOSECOND, SYSDATE()), 0, NULL;
-- create: Create "S1"."ALLEVENTS_NEW"
CREATE TABLE "S1"."etltableops_shadow_00000000" LIKE "S1"."ALLEVENTS" COPY GRANTS;
COMMENT ON TABLE "S1"."etltableops_shadow_00000000" IS 'etltableops:shadow:20261121T000000Z-00000000
what happened, and it''s dear';
ALTER TABLE "S1"."etltableops_shadow_00000000" RENAME TO "S1"."ALLEVENTS_NEW";
-- load: Load the rows
SET etl_since = (SELECT TO_TIMESTAMP_LTZ(since_ns, 9) FROM "S1"."etltableops_feed_00000000");
INSERT INTO "S1"."ALLEVENTS_NEW" ("EVENT_ID", "EVENT_TS", "USER_ID", "KIND", "COUNTRY", "AMOUNT", "PAYLOAD") SELECT "EVENT_ID", "EVENT_TS", "USER_ID", "KIND", (UPPER(country)), "AMOUNT", "PAYLOAD" FROM "S1"."ALLEVENTS" AT (TIMESTAMP => $etl_since) WHERE (event_id > 5);
-- guard: Guard the shadow against other writers
ALTER TABLE "S1"."ALLEVENTS_NEW" SET CHANGE_TRACKING = TRUE;
CREATE OR REPLACE TABLE "S1"."etltableops_guard_00000000" (since_ns number(38,0), own number(38,0), written number(38,0)) AS SELECT DATE_PART(EPOCH_NANOSECOND, SYSDATE()), 0, NULL;
