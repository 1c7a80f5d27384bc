-- Only where Daybook created the database: nobody makes temporary tables or schemas in it by default. A temporary
-- table named audit_logs would swallow unqualified inserts. :"database" stands for its name.

revoke temporary, create on database :"database" from public;
