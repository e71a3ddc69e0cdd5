-- apply: Bring logged changes over, batch by batch: 0 so far
SET etl_since = (SELECT TO_TIMESTAMP_LTZ(since_ns, 9) FROM "S1"."etltableops_feed_00000000");
SET etl_upto = TO_TIMESTAMP_LTZ(@upto, 9);
INSERT INTO "S1"."READINGS_NEW" ("SENSOR", "VALUE") SELECT "SENSOR", "VALUE" FROM "S1"."READINGS" CHANGES (INFORMATION => DEFAULT) AT (TIMESTAMP => $etl_since) END (TIMESTAMP => $etl_upto) WHERE METADATA$ACTION = 'INSERT' AND COALESCE((value > 0), FALSE);
UPDATE "S1"."etltableops_feed_00000000" SET since_ns = @upto;
