// Everything of Daybook that a C++ program needs.

#ifndef DAYBOOK_DAYBOOK_HPP
#define DAYBOOK_DAYBOOK_HPP

#include <daybook/anchor.hpp>
#include <daybook/catalogue.hpp>
#include <daybook/checkpoint.hpp>
#include <daybook/counts.hpp>
#include <daybook/cursor.hpp>
#include <daybook/error.hpp>
#include <daybook/event.hpp>
#include <daybook/event_id.hpp>
#include <daybook/event_line.hpp>
#include <daybook/event_proof.hpp>
#include <daybook/event_rules.hpp>
#include <daybook/evidence.hpp>
#include <daybook/exporter.hpp>
#include <daybook/filter.hpp>
#include <daybook/limits.hpp>
#include <daybook/isolation.hpp>
#include <daybook/log_audit.hpp>
#include <daybook/merkle.hpp>
#include <daybook/migration.hpp>
#include <daybook/ocsf.hpp>
#include <daybook/org_id.hpp>
#include <daybook/organization.hpp>
#include <daybook/pool.hpp>
#include <daybook/probe.hpp>
#include <daybook/protection.hpp>
#include <daybook/query.hpp>
#include <daybook/read_time.hpp>
#include <daybook/reader.hpp>
#include <daybook/retention.hpp>
#include <daybook/seal_key.hpp>
#include <daybook/sealed_event.hpp>
#include <daybook/sealed_log.hpp>
#include <daybook/sealer.hpp>
#include <daybook/signed_note.hpp>
#include <daybook/sql_query.hpp>
#include <daybook/tenant_tx.hpp>
#include <daybook/ticket.hpp>
#include <daybook/tiles.hpp>
#include <daybook/timestamp.hpp>
#include <daybook/verification.hpp>
#include <daybook/verifier.hpp>
#include <daybook/version.hpp>

#endif
