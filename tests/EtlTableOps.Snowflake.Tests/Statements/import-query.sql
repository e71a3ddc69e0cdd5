-- import: Add the rows of a query to "S1"."ALLEVENTS_NEW" (EVENT_ID, EVENT_TS, USER_ID)
INSERT INTO "S1"."ALLEVENTS_NEW" ("EVENT_ID", "EVENT_TS", "USER_ID") SELECT "EVENT_ID", "EVENT_TS", "USER_ID" FROM (SELECT event_id + 500 AS event_id, event_ts, user_id FROM allevents) AS q;
