-- One event. $1 is the organization; the others are the columns of event_columns.
select daybook.write_event($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
