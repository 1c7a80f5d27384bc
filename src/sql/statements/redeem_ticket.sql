-- As the reader: a token for this connection, in exchange for the ticket $1.
select t.token, t.organization_id, t.expires_at from daybook.redeem_ticket($1::text) t
