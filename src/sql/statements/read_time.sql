-- What people write for a moment, $1, read in the way $2 says. PostgreSQL knows words, dates and zones.
select case $2::text
    when 'before now' then now() - $1::interval
    when 'after now' then now() + $1::interval
    when 'today at' then ('today ' || $1::text)::timestamptz
    when 'seconds' then to_timestamp($1::double precision)
    else $1::timestamptz
end
