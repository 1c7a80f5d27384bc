-- What lets people type SQL: a ticket names one organization for some hours, and on a connection it is redeemed for a
-- token, which row-level security believes. Functions, policies and grants are in repeatable/.

create table daybook.reader_keys (
    id smallint primary key check (id = 1),
    inner_pad bytea not null check (octet_length(inner_pad) = 64),
    outer_pad bytea not null check (octet_length(outer_pad) = 64)
);
comment on table daybook.reader_keys is 'The key that signs tokens, as the two pads of HMAC (RFC 2104); for reader_mac() alone';

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
