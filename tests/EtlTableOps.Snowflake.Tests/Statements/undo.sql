-- guard: Count what will be written under the live name from then on
ALTER TABLE "S1"."ALLEVENTS_OLD_20261121T000000Z" SET CHANGE_TRACKING = TRUE;
CREATE OR REPLACE TABLE "S1"."etltableops_guard_00000000" (since_ns number(38,0), own number(38,0), written number(38,0)) AS SELECT DATE_PART(EPOCH_NANOSECOND, SYSDATE()), 0, NULL;
-- lock: Lock without queueing; tried again until it is free
-- exchange: "S1"."ALLEVENTS_OLD_20261121T000000Z" becomes "S1"."ALLEVENTS", in one statement
ALTER TABLE "S1"."ALLEVENTS" SWAP WITH "S1"."ALLEVENTS_OLD_20261121T000000Z";
-- keep: Keep the former table as "S1"."ALLEVENTS_OLD_20261121T000000Z"
ALTER TABLE IF EXISTS "S1"."ALLEVENTS_OLD_20261121T000000Z" RENAME TO "S1"."ALLEVENTS_OLD_20261121T000000Z";
COMMENT IF EXISTS ON TABLE "S1"."ALLEVENTS_OLD_20261121T000000Z" IS 'etltableops:version:20261121T000000Z-00000000
what happened, and it''s dear';
-- count: Keep the count of rows that were written to the former table
SET etl_since = (SELECT TO_TIMESTAMP_LTZ(since_ns, 9) FROM "S1"."etltableops_guard_00000000");
UPDATE "S1"."etltableops_guard_00000000" SET written = GREATEST(0, (SELECT COUNT(DISTINCT "EVENT_ID") FROM "S1"."ALLEVENTS_OLD_20261121T000000Z" CHANGES (INFORMATION => DEFAULT) AT (TIMESTAMP => $etl_since)) - own) WHERE written IS NULL;
-- foreign-key: Point the foreign key of "S1"."NOTES" at the new table
ALTER TABLE "S1"."NOTES" DROP CONSTRAINT "NOTES_OF_EVENTS";
ALTER TABLE "S1"."NOTES" ADD CONSTRAINT "NOTES_OF_EVENTS" FOREIGN KEY ("EVENT_ID") REFERENCES "S1"."ALLEVENTS" ("EVENT_ID");
-- comment: Give the live table its own comment
COMMENT ON TABLE "S1"."ALLEVENTS" IS 'what happened, and it''s dear';
-- remove-log: Remove a log of later rows that no undo needs any more, or whose time is over
DROP TABLE IF EXISTS "S1"."etltableops_guard_00000000";
