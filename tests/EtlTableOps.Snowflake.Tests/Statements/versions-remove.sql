-- remove-version: Drop version "S1"."ALLEVENTS_OLD_20261121T000000Z"
DROP TABLE IF EXISTS "S1"."ALLEVENTS_OLD_20261121T000000Z";
-- remove-log: Remove a log of later rows that no undo needs any more, or whose time is over
DROP TABLE IF EXISTS "S1"."etltableops_guard_00000000";
