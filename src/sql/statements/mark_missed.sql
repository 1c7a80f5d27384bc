-- The events $2 of organization $1 were committed, at $3 microseconds since 1970 or later, and are not in the log: they go on waiting,
-- for verify to tell.
insert into daybook.seal_queue (organization_id, id, ids, recorded_at, missed_at)
values ($1::uuid, ($2::uuid[])[1], $2::uuid[], timestamptz 'epoch' + $3::bigint * interval '1 microsecond', clock_timestamp())
