-- What lets people type SQL: a ticket names one organization for some hours, and on a connection it is redeemed for a
-- token, which row-level security believes. Functions, policies and grants are in repeatable/.

create table daybook.reader_keys (
    id smallint primary key check (id = 1),
    inner_pad bytea not null check (octet_length(inner_pad) = 64),
    outer_pad bytea not null check (octet_length(outer_pad) = 64)
);
comment on table daybook.reader_keys is 'The key that signs tokens, as the two pads of HMAC (RFC 2104); for reader_mac() alone';

-- 64 bytes, of which the server's strong random source chose 488 bits. `offset 0` keeps the planner from making two
-- different keys, one for each pad.
insert into daybook.reader_keys (id, inner_pad, outer_pad)
select 1,
       decode(string_agg(lpad(to_hex(get_byte(k.key, i.at) # 54), 2, '0'), '' order by i.at), 'hex'),
       decode(string_agg(lpad(to_hex(get_byte(k.key, i.at) # 92), 2, '0'), '' order by i.at), 'hex')
from (select uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())
             || uuid_send(gen_random_uuid()) as key
      offset 0) k,
     generate_series(0, 63) as i (at);

create table daybook.reader_tickets (
    organization_id uuid not null,
    id uuid not null default gen_random_uuid(),
    -- The secret itself is known to who holds the ticket, and to nobody here.
    secret_hash bytea not null,
    issued_at timestamptz not null default clock_timestamp(),
    issued_by text collate "C" not null default session_user,
    issued_from text collate "C",
    note text,
    expires_at timestamptz not null,
    withdrawn_at timestamptz,
    primary key (organization_id, id),
    constraint reader_tickets_secret check (octet_length(secret_hash) = 32),
    constraint reader_tickets_life check (expires_at > issued_at and expires_at <= issued_at + interval '31 days')
);
comment on table daybook.reader_tickets is 'Every ticket that was issued: for which organization, by whom, until when';
