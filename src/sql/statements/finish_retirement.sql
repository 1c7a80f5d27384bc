-- Records in the logs that the partition $1 left, and drops it if it is to be. No row if that was done already. For the owner.
select r.name, r.how, daybook.id_time(r.lower) as lower, daybook.id_time(r.upper) as upper, r.events, r.organizations
from daybook.finish_retirement($1::text) r
