-- remove-shadow: Drop shadow table "S1"."ALLEVENTS_NEW" and its feed
DROP TABLE IF EXISTS "S1"."etltableops_guard_00000000";
DROP TABLE IF EXISTS "S1"."ALLEVENTS_NEW";
DROP TABLE IF EXISTS "S1"."etltableops_feed_00000000";
