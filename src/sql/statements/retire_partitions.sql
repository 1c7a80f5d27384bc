-- Takes out of the log what ends before $1, microseconds since 1970; $2 says what becomes of it, $3 whether it
-- may hold events that are not sealed. For the owner.
select daybook.retire_partitions(timestamptz 'epoch' + $1::bigint * interval '1 microsecond', $2::text, $3::boolean)
