-- As the reader: a token for this connection. $1 organization, $2 ticket, $3 the 16 bytes of its secret, as a uuid.
select t.token, t.expires_at from daybook.redeem_ticket($1::uuid, $2::uuid, uuid_send($3::uuid)) t
