// The constants of the catalogue in examples/rules: this compiles, and with MISSPELT it must not.

#include "actions.hpp"

int main()
{
#ifdef MISSPELT
    return acme::audit::actions::role_grnat.empty() ? 1 : 0;
#else
    const bool right = acme::audit::actions::role_grant == "role.grant" && acme::audit::facets::email == "email";
    return right ? 0 : 1;
#endif
}
