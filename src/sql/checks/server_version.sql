-- Versions of PostgreSQL with known holes in row-level security, by their minor version (https://www.postgresql.org/support/security/).
\ir ../isolation/scope.sql
, hole (cve, what, major, mended) as (
    values ('CVE-2023-2455', 'policies stay those of another user after a function was inlined', 11, 110020),
           ('CVE-2023-2455', 'policies stay those of another user after a function was inlined', 12, 120015),
           ('CVE-2023-2455', 'policies stay those of another user after a function was inlined', 13, 130011),
           ('CVE-2023-2455', 'policies stay those of another user after a function was inlined', 14, 140008),
           ('CVE-2023-2455', 'policies stay those of another user after a function was inlined', 15, 150003),
           ('CVE-2023-39418', 'MERGE does not ask the policies of UPDATE and SELECT', 15, 150004),
           ('CVE-2024-10976', 'policies below sub-queries stay those of another user', 12, 120021),
           ('CVE-2024-10976', 'policies below sub-queries stay those of another user', 13, 130017),
           ('CVE-2024-10976', 'policies below sub-queries stay those of another user', 14, 140014),
           ('CVE-2024-10976', 'policies below sub-queries stay those of another user', 15, 150009),
           ('CVE-2024-10976', 'policies below sub-queries stay those of another user', 16, 160005),
           ('CVE-2024-10976', 'policies below sub-queries stay those of another user', 17, 170001),
           ('CVE-2025-8713', 'statistics show values that policies hide', 13, 130022),
           ('CVE-2025-8713', 'statistics show values that policies hide', 14, 140019),
           ('CVE-2025-8713', 'statistics show values that policies hide', 15, 150014),
           ('CVE-2025-8713', 'statistics show values that policies hide', 16, 160010),
           ('CVE-2025-8713', 'statistics show values that policies hide', 17, 170006)
), this (number) as (
    select ($1::json ->> 'version')::int
)
select 'error', 'PostgreSQL/' || h.cve,
       format('version %s.%s: %s; mended in %s.%s', t.number / 10000, t.number % 10000, h.what, h.mended / 10000, h.mended % 10000),
       format('-- upgrade to %s.%s or later', h.mended / 10000, h.mended % 10000)
from this t
join hole h on h.major = t.number / 10000 and t.number < h.mended
union all
select 'error', 'PostgreSQL/' || t.number / 10000,
       format('version %s gets no security fixes any more', t.number / 10000), '-- upgrade to a version that is maintained'
from this t
where t.number < 140000
