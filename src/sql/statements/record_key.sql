-- Says in the log of organization $1 that the key $3 comes after $2, because of $4.
select daybook.record_key($1::uuid, $2::text, $3::text, $4::text)
