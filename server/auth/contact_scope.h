// Who may see whose contact.
#ifndef EGI_SERVER_AUTH_CONTACT_SCOPE_H_
#define EGI_SERVER_AUTH_CONTACT_SCOPE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "egi/identity/v1/account.pb.h"

namespace egi::auth {

// Feeders whose names and contact an account sees: all, those who belong to a site or have a lot there, or one.
struct ContactScope {
  bool all = false;
  std::vector<std::string> sites;
  int32_t gaveur_id = 0;

  bool empty() const { return !all && sites.empty() && gaveur_id == 0; }
};

// An enabled admin sees all, an enabled supervisor those of the own sites, an enabled gaveur the own; everybody else nobody.
ContactScope ContactScopeOf(const identity::v1::Account& account);

}  // namespace egi::auth

#endif  // EGI_SERVER_AUTH_CONTACT_SCOPE_H_
