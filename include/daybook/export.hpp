// Which names a shared build of Daybook shows: those marked DAYBOOK_EXPORT, and nothing else.

#ifndef DAYBOOK_EXPORT_HPP
#define DAYBOOK_EXPORT_HPP

#if defined(__GNUC__) || defined(__clang__)
#define DAYBOOK_EXPORT __attribute__((visibility("default")))
#else
#define DAYBOOK_EXPORT
#endif

#endif
