-- How the log is to be divided: $1 the period, $2 how many are made ahead; null for what stays. For the owner.
update daybook.partitioning set period = coalesce($1::text, period), ahead = coalesce($2::bigint, ahead)
