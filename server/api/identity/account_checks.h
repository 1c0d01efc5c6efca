// What accounts may be called, and which passwords they may have.
#ifndef EGI_SERVER_API_IDENTITY_ACCOUNT_CHECKS_H_
#define EGI_SERVER_API_IDENTITY_ACCOUNT_CHECKS_H_

#include <string>

#include "egi/identity/v1/account.pb.h"
#include "server/api/fields.h"

namespace egi::api {

// Something before and something with a dot after the only @, no space.
bool IsEmail(const std::string& email);

// 8..128 bytes of storable text.
void CheckPassword(const std::string& password, Fields& fields);

// Notes every bad field; no description quotes a name or a password.
void CheckNewAccount(const identity::v1::CreateAccountRequest& request, Fields& fields);

}  // namespace egi::api

#endif  // EGI_SERVER_API_IDENTITY_ACCOUNT_CHECKS_H_
