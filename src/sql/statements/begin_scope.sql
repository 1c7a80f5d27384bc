-- Locks the transaction that was just begun to the organization $1, as the role $2.
select daybook.begin_scope($1, $2)
