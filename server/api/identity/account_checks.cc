#include "server/api/identity/account_checks.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace egi::api {
namespace {

bool IsUsername(const std::string& name) {
  return name.size() >= 2 && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-' || c == '_';
         });
}

void CheckSites(const identity::v1::CreateAccountRequest& request, Fields& fields) {
  const std::string& role = request.role();
  for (int i = 0; i < request.sites_size(); ++i) {
    const std::string field = absl::StrCat("sites[", i, "]");
    fields.Check(!request.sites(i).empty(), field, "is empty, must be LL, LS or MT");
    fields.SiteCode(field, request.sites(i));
  }
  fields.Check(std::set<std::string>(request.sites().begin(), request.sites().end()).size() == static_cast<size_t>(request.sites_size()), "sites", "names a site twice");
  if (role == "supervisor") {
    fields.Check(request.sites_size() > 0, "sites", "is empty; a supervisor has at least one of LL, LS and MT");
  } else if (role != "inspector") {
    fields.Check(request.sites_size() == 0, "sites", "must be left out: only a supervisor and an inspector have sites of their own");
  }
}

}  // namespace

bool IsEmail(const std::string& email) {
  const size_t at = email.find('@');
  if (at == 0 || at == std::string::npos || email.find('@', at + 1) != std::string::npos || email.find(' ') != std::string::npos) return false;
  const size_t dot = email.find('.', at + 2);
  return dot != std::string::npos && dot + 1 < email.size();
}

void CheckPassword(const std::string& password, Fields& fields) { fields.Text("password", password, 8, 128); }

void CheckNewAccount(const identity::v1::CreateAccountRequest& request, Fields& fields) {
  fields.Check(request.username().empty() || IsUsername(request.username()), "username", "must have 2..64 of a-z, 0-9, dot, dash and underscore, or be empty");
  fields.Text("email", request.email(), 0, 200);
  fields.Check(request.email().empty() || IsEmail(request.email()), "email", "must be an address like name@example.org, or empty");
  fields.Check(!request.username().empty() || !request.email().empty(), "username", "and email are both empty; an account has one of them at least");
  fields.Text("nom", request.nom(), 0, 100);
  fields.Text("prenom", request.prenom(), 0, 100);
  fields.Check(!request.role().empty(), "role", "is empty, must be gaveur, supervisor, inspector, analyst, auditor or admin");
  fields.OneOf("role", request.role(), {"gaveur", "supervisor", "inspector", "analyst", "auditor", "admin"});
  CheckSites(request, fields);
  if (request.role() == "gaveur") {
    fields.Check(request.gaveur_id() > 0, "gaveur_id", "must be the number of the feeder, > 0");
  } else {
    fields.Check(request.gaveur_id() == 0, "gaveur_id", "must be left out: only an account of role gaveur is a feeder's");
  }
  CheckPassword(request.password(), fields);
  fields.Text("request_id", request.request_id(), 0, 100);
}

}  // namespace egi::api
