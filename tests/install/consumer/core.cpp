#include <daybook/event.hpp>

int main()
{
    const daybook::event e = daybook::event_from_json(R"({"action": "a.b", "actor": {"type": "user", "id": "u1"}})");
    daybook::check_event(e);
    return e.action == "a.b" ? 0 : 1;
}
