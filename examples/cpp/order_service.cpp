// A small order service with threads and a pool: every order and its event are one transaction, a refused order leaves
// an event behind although nothing else of it remains, and a lost race is tried again with the same event id.
//
// usage: order_service ORGANIZATION, with DATABASE_URL. Needs the table of examples/tables.sql.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <string>
#include <vector>

#include <daybook/daybook.hpp>

namespace {

using daybook::tenant_tx;

struct out_of_stock {};

daybook::event order_event(const std::string& customer, int item)
{
    daybook::event e;
    // The id is chosen before the first try, so that every try writes the same event, and only one of them can.
    e.id = daybook::event_id::generate(
        std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now()));
    e.action = "order.placed";
    e.actor = {.type = "customer", .id = customer};
    e.targets = {{.type = "item", .id = std::to_string(item)}};
    e.source = "order_service";
    return e;
}

void place(tenant_tx& tx, int item, const daybook::event& placed)
{
    const auto taken =
        tx.sql().exec("update items set stock = stock - 1 where id = $1 and stock > 0", pqxx::params{item});
    if (taken.affected_rows() == 0) {
        throw out_of_stock{};
    }
    log_audit(tx, placed);
}

void order(daybook::pool& connections, const daybook::org_id& organization, const std::string& customer, int item)
{
    daybook::event placed = order_event(customer, item);
    for (int attempt = 1;; ++attempt) {
        try {
            daybook::with_tenant(connections, organization, [&](tenant_tx& tx) { place(tx, item, placed); });
            return;
        } catch (const out_of_stock&) {
            placed.action = "order.refused";
            placed.outcome = daybook::outcome::denied;
            placed.reason = "out of stock";
            log_attempt(connections, organization, placed);
            return;
        } catch (const daybook::error& e) {
            if (e.kind() == daybook::error_kind::duplicate_event) {
                return;  // the try whose answer was lost had succeeded
            }
            if (!e.retryable() || attempt == 5) {
                throw;
            }
        }
    }
}

}  // namespace

int main(int argc, char** argv)
{
    const char* const url = std::getenv("DATABASE_URL");
    if (argc != 2 || url == nullptr) {
        std::fprintf(stderr, "usage: DATABASE_URL=… order_service ORGANIZATION\n");
        return 2;
    }
    try {
        daybook::pool connections{{.url = url, .size = 4}};
        const daybook::organization shop = find_organization(connections, argv[1]);
        {
            std::vector<std::future<void>> customers;
            for (int c = 1; c <= 8; ++c) {
                customers.push_back(std::async(std::launch::async, [&, c] {
                    for (int i = 0; i < 5; ++i) {
                        order(connections, shop.id, "c" + std::to_string(c), 1 + i % 2);
                    }
                }));
            }
            for (std::future<void>& customer : customers) {
                customer.get();  // an error of a thread is ours
            }
        }
        int placed = 0;
        int refused = 0;
        daybook::with_tenant(connections, shop.id, [&](tenant_tx& tx) {
            daybook::filter orders;
            add_to_filter(orders, "action=order.*");
            for_each_event(tx, orders, daybook::reading_order::oldest_first, [&](const daybook::stored_event& e) {
                ++(e.outcome == daybook::outcome::denied ? refused : placed);
                return true;
            });
        });
        std::printf("%s: %d orders placed, %d refused, and the log has each of them\n", shop.key.c_str(), placed, refused);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "order_service: %s\n", e.what());
        return 1;
    }
}
