-- remove-version: Drop version "S1"."ALLEVENTS_OLD_20261121T000000Z"
DROP TABLE IF EXISTS "S1"."ALLEVENTS_OLD_20261121T000000Z";
-- remove-log: Remove a log that counts for no version any more
DROP TABLE IF EXISTS "S1"."etltableops_guard_00000000";
