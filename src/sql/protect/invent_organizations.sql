-- Two organizations that are nobody's; psql -v organization_a=… -v organization_b=… names others.
\if :{?organization_a}
\set test_a :organization_a
\set test_b :organization_b
\else
\set test_a :'invented_a'
\set test_b :'invented_b'
\endif
