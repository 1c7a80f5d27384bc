-- Several events, all or none. $1 is the organization; the others are one array for each column of event_rows.
select daybook.write_events($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
