-- apply: Bring logged changes over, batch by batch: 0 so far
SET etl_since = (SELECT TO_TIMESTAMP_LTZ(since_ns, 9) FROM "S1"."etltableops_feed_00000000");
SET etl_upto = TO_TIMESTAMP_LTZ(@upto, 9);
MERGE INTO "S1"."ALLEVENTS_NEW" AS t USING (
  SELECT * FROM (SELECT "EVENT_ID" AS "etl_value_1", "EVENT_TS" AS "etl_value_2", "USER_ID" AS "etl_value_3", "KIND" AS "etl_value_4", "COUNTRY" AS "etl_value_5", "AMOUNT" AS "etl_value_6", "PAYLOAD" AS "etl_value_7", (user_id * 2) AS "etl_value_8", "EVENT_ID" AS "etl_key_1", (METADATA$ACTION = 'DELETE' OR NOT COALESCE((event_id > 5), FALSE)) AS "etl_gone" FROM "S1"."ALLEVENTS" CHANGES (INFORMATION => DEFAULT) AT (TIMESTAMP => $etl_since) END (TIMESTAMP => $etl_upto) QUALIFY ROW_NUMBER() OVER (PARTITION BY "EVENT_ID" ORDER BY IFF(METADATA$ACTION = 'INSERT', 0, 1)) = 1) AS c
) AS s ON t."EVENT_ID" = s."etl_key_1"
WHEN MATCHED AND s."etl_gone" THEN DELETE
WHEN MATCHED THEN UPDATE SET "EVENT_ID" = s."etl_value_1", "EVENT_TS" = s."etl_value_2", "USER_ID" = s."etl_value_3", "KIND" = s."etl_value_4", "COUNTRY" = s."etl_value_5", "AMOUNT" = s."etl_value_6", "PAYLOAD" = s."etl_value_7", "TWICE" = s."etl_value_8"
WHEN NOT MATCHED AND NOT s."etl_gone" THEN INSERT ("EVENT_ID", "EVENT_TS", "USER_ID", "KIND", "COUNTRY", "AMOUNT", "PAYLOAD", "TWICE") VALUES (s."etl_value_1", s."etl_value_2", s."etl_value_3", s."etl_value_4", s."etl_value_5", s."etl_value_6", s."etl_value_7", s."etl_value_8");
UPDATE "S1"."etltableops_feed_00000000" SET since_ns = @upto;
