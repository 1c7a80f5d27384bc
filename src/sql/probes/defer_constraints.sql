-- The end that they wait for never comes.
set constraints all deferred
