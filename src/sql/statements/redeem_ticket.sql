-- As the reader: this session reads the organization of the ticket $1.
select t.organization_id, t.expires_at from daybook.redeem_ticket($1::text) t
