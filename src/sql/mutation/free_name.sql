alter role postgres rename to daybook_copy_bootstrap
