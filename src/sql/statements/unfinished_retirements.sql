-- What left the log and is neither recorded there nor dropped yet. For the owner.
select r.name from daybook.retired_partitions r where r.finished_at is null order by r.upper, r.name
