drop database if exists daybook_copy with (force)
