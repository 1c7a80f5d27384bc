-- Whether protect has ever done anything here, and whether shadow mode has.
select to_regclass('daybook_shadow.before') is not null, to_regclass('daybook_shadow.violations') is not null
