-- How the log is divided from now on. For the owner.
select p.period, p.ahead from daybook.partitioning p
