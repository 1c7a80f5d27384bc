-- What the workflows of examples/lua should print, computed from the source files themselves: raw.line is what a vendor
-- wrote, and this file maps it once more, in SQL, without Daybook's tables, mappings or filters.

set timezone = 'UTC';

create table raw (source text, line text);

-- The events of the log as the mappings' documents say they are. The same line twice is one event.
create table mapped (org text, t timestamptz, action text, outcome text, actor_type text, actor_id text, actor_name text,
    target_type text, target_id text, ip text, reason text);
create index on mapped (org, t);

create function failed_keyword(keywords text) returns boolean language sql immutable as $$
    -- Bit 52, "Audit Failure", of 64 bits: hexadecimal, or a number that may have wrapped to the negative.
    select case
        when keywords like '0x%' then ('x' || lpad(substr(keywords, 3), 16, '0'))::bit(64)::bigint & (1::bigint << 52) <> 0
        else mod(floor((keywords::numeric + case when keywords like '-%' then 18446744073709551616 else 0 end)
            / 4503599627370496), 2) = 1
    end
$$;

create function fill_mapped() returns void language sql as $$
    insert into mapped
    with lines as (select distinct source, line from raw),
    windows as (
        select line::json as e,
            lower(coalesce(nullif(line::json ->> 'Hostname', ''), line::json ->> 'Computer', '')) as host
        from lines where source = 'windows'
    )
    select coalesce(substring(host from '^[^.]*\.(.+)$'), host),
        coalesce(e ->> '@timestamp', e ->> 'TimeCreated', e ->> 'TimeGenerated')::timestamptz,
        e ->> 'EventID',
        case when e ->> 'EventType' = 'AUDIT_FAILURE' or failed_keyword(e ->> 'Keywords') then 'failure' else 'success' end,
        case when e ->> 'SubjectUserName' like '%$' then 'computer'
            when coalesce(e ->> 'SubjectUserName', '') in ('', '-') then 'unknown' else 'user' end,
        coalesce(nullif(e ->> 'SubjectUserSid', ''), 'unknown'), nullif(e ->> 'SubjectUserName', ''),
        coalesce(nullif(e ->> 'ObjectType', ''), case when e ->> 'TargetUserName' <> '' then 'Account' end),
        coalesce(nullif(e ->> 'ObjectName', ''), nullif(e ->> 'TargetUserName', '')),
        nullif(e ->> 'IpAddress', ''), null
    from windows;

    insert into mapped
    with aws as (select line::json as e, line::json -> 'userIdentity' as u, line::json -> 'requestParameters' as p
        from (select distinct source, line from raw) x where source = 'cloudtrail')
    select coalesce(e ->> 'recipientAccountId', u ->> 'accountId'),
        coalesce(e ->> 'eventTime', e ->> '@timestamp')::timestamptz,
        e ->> 'eventName',
        case when e ->> 'errorCode' <> '' or e #>> '{responseElements,ConsoleLogin}' = 'Failure' then 'failure'
            else 'success' end,
        coalesce(u ->> 'type', 'unknown'),
        coalesce(u ->> 'arn', u ->> 'principalId', u ->> 'invokedBy', u ->> 'userName', 'unknown'),
        coalesce(u ->> 'userName', u #>> '{sessionContext,sessionIssuer,userName}', u ->> 'invokedBy'),
        null, null, e ->> 'sourceIPAddress', coalesce(e ->> 'errorMessage', e ->> 'errorCode')
    from aws;

    insert into mapped
    with google as (select line::json as e from (select distinct source, line from raw) x where source = 'google')
    select e #>> '{id,customerId}', (e #>> '{id,time}')::timestamptz, e #>> '{events,0,name}',
        case when e #>> '{events,0,name}' like '%fail%' then 'failure' else 'success' end,
        coalesce(e #>> '{actor,callerType}', 'unknown'), coalesce(e #>> '{actor,profileId}', 'unknown'),
        nullif(e #>> '{actor,email}', ''), null, null, e ->> 'ipAddress', null
    from google;

    insert into mapped
    select 'acme', (e ->> 'occurred_at')::timestamptz, e ->> 'action', coalesce(e ->> 'outcome', 'success'),
        e #>> '{actor,type}', e #>> '{actor,id}', e #>> '{actor,name}', e #>> '{targets,0,type}', e #>> '{targets,0,id}',
        e ->> 'source_ip', e ->> 'reason'
    from (select line::json as e from raw where source = 'daybook') own;
$$;

create function shown(t timestamptz) returns text language sql immutable as $$
    select to_char(t at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

-- Bursts as islands: a failure is hot when the one that is n - 1 places before it lies within the window; consecutive hot
-- ones are one burst, which began n - 1 places before its first. A gap of more than a window ends every burst.
create function bursts(organization text, length interval, n int, actions text[])
returns table (kind text, who text, failures bigint, first text, last text) language sql stable as $$
    with failures as (
        select * from mapped where org = organization and action = any (actions) and outcome in ('failure', 'denied')
    ), counted as (
        select 'account' as kind, t,
            lower(case when action in ('4625', '4771', '4776') then target_id else actor_id end) as who
        from failures
        union all
        select 'address', t, lower(ip) from failures where ip <> '-'
    ), numbered as (
        select *, row_number() over one as place, lag(t, n - 1) over one as begins, t - lag(t) over one > length as gap
        from counted window one as (partition by kind, who order by t)
    ), islands as (
        select *, place - row_number() over one as island, count(*) filter (where gap) over one as gaps
        from numbered where begins >= t - length window one as (partition by kind, who order by place)
    )
    select kind, min(who), count(*) + n - 1, shown(min(begins)), shown(max(t)) from islands group by kind, who, island, gaps
$$;

create function dormant(organization text, at timestamptz, days int, actions text)
returns table (who text, name text, done bigint, last_done text, last_seen text, quiet int) language sql stable as $$
    with seen as (
        select *, actor_type || ':' || actor_id as who from mapped where org = organization and t <= at
    ), each as (
        select who, count(*) filter (where action similar to actions) as done,
            max(t) filter (where action similar to actions) as last_done, max(t) as last_seen
        from seen where actor_id <> 'unknown' group by who
    )
    select who, (select coalesce(s.actor_name, '') from seen s where s.who = each.who and s.t = last_done
            and s.action similar to actions order by 1 limit 1),
        done, shown(last_done), shown(last_seen), extract(day from at - last_seen)::int
    from each where done > 0 and at - last_seen >= make_interval(days => days)
$$;

create function accesses(organization text, kind text, thing text)
returns table (who text, first text, last text, times bigint, refused bigint, what text) language sql stable as $$
    with touched as (
        select *, actor_type || ':' || actor_id as who from mapped
        where org = organization and target_type = kind and target_id = thing
    ), each as (
        select who, min(t) as first, max(t) as last, count(*) as times,
            count(*) filter (where outcome in ('failure', 'denied')) as r
        from touched group by who
    )
    select who, shown(first), shown(last), times, r,
        (select string_agg(action || ' ' || n, ', ' order by n desc, action collate "C")
            from (select action, count(*) as n from touched where touched.who = each.who group by action) a)
    from each
$$;

-- A section of the digest: title, the first rows, and how many are left.
create function digest(organization text, week date, top int) returns table (line text) language sql stable as $$
    with events as (
        select *, actor_type || ':' || actor_id as who from mapped
        where org = organization and t >= week and t < week + 7
    ), rows as (
        select 1 as section, outcome as key, count(*) as n from events group by 2
        union all select 2, action, count(*) from events group by 2
        union all select 3, who, count(*) from events group by 2
        union all select 4, who, count(*) from events
            where not exists (select from mapped o where o.org = organization and o.t < week
                and o.actor_type || ':' || o.actor_id = who) group by 2
        union all select 5, concat_ws(e'\t', action, who, outcome, coalesce(reason, '')), count(*) from events
            where outcome in ('failure', 'denied') group by 2
    ), ranked as (select *, row_number() over (partition by section order by n desc, key collate "C") as place from rows)
    select line from (
        select section, place, key || e'\t' || n as line from ranked where place <= top
        union all
        select section, top + 1, count(*) - top || ' more.' from ranked group by section having count(*) > top
    ) lines order by section, place
$$;

create function rollup(day date) returns table (line text) language sql stable as $$
    select concat_ws(e'\t', day, key, count(m.t), count(distinct (actor_type, actor_id)) filter (where m.t is not null),
        count(*) filter (where outcome = 'denied'), coalesce(shown(max(m.t)), '-'))
    from daybook.organizations left join mapped m on org = key and m.t >= day and m.t < day + 1
    group by key order by key collate "C"
$$;

-- Audit logs of Google Cloud: of lines with one log name, time and insertId the first is the event. What has no project,
-- time or method is refused.
create view google_cloud as
    with entries as (
        select line::json as e, line::json -> 'protoPayload' as audit, place,
            case when num_nulls(line::json ->> 'logName', line::json ->> 'timestamp', line::json ->> 'insertId') = 0
                then concat_ws(' ', line::json ->> 'logName', line::json ->> 'timestamp', line::json ->> 'insertId')
                else line end as key
        from (select *, row_number() over () as place from raw) numbered
        where source = 'google_cloud'
    ), firsts as (select distinct on (key) * from entries order by key, place)
    select coalesce(e #>> '{resource,labels,project_id}', substring(e ->> 'logName' from '^projects/([^/]+)/'),
            substring(e ->> 'logName' from '^[a-z]+/[^/]+')) as org,
        shown(date_trunc('microseconds', rpad(replace(rtrim(e ->> 'timestamp', 'Z'), 'T', ' ') ||
            case when e ->> 'timestamp' like '%.%' then '' else '.' end, 26, '0')::timestamptz)) as t,
        audit ->> 'methodName' as action,
        case when audit::text ~ '"granted" *: *false' then 'denied'
            when coalesce(audit #>> '{status,code}', '0') = '0' then 'success'
            when audit #>> '{status,code}' = '7' then 'denied' else 'failure' end as outcome,
        coalesce(audit #>> '{authenticationInfo,principalEmail}', audit #>> '{authenticationInfo,principalSubject}',
            'unknown') as actor
    from firsts
    where audit is not null and e ->> 'timestamp' is not null and audit ->> 'methodName' is not null;
