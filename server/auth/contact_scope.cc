#include "server/auth/contact_scope.h"

namespace egi::auth {

ContactScope ContactScopeOf(const identity::v1::Account& account) {
  ContactScope scope;
  if (!account.enabled()) return scope;
  scope.all = account.role() == "admin";
  if (account.role() == "supervisor") scope.sites.assign(account.sites().begin(), account.sites().end());
  if (account.role() == "gaveur") scope.gaveur_id = account.gaveur_id().value();
  return scope;
}

}  // namespace egi::auth
