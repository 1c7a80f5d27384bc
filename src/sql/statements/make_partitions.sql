-- Makes the partitions that are missing, back to $1, microseconds since 1970 or null. For the owner.
select daybook.make_partitions(p_since => timestamptz 'epoch' + $1::bigint * interval '1 microsecond')
