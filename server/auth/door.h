// Where every call of the server shows its access token, before any service sees it.
#ifndef EGI_SERVER_AUTH_DOOR_H_
#define EGI_SERVER_AUTH_DOOR_H_

#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_context.h"
#include "server/auth/access_tokens.h"

namespace egi::auth {

// Credentials for a listening port on loopback: no encryption, and a call or stream whose metadata has an `authorization` that is not one valid Bearer token ends
// with UNAUTHENTICATED before it reaches a service, whichever the service is. Calls without one pass. `tokens` must outlive the server.
std::shared_ptr<grpc::ServerCredentials> LocalCredentials(const AccessTokens& tokens);

// Who made a call that came through the door; absent when it has no token. Errors: UNAUTHENTICATED (the token expired since).
absl::StatusOr<std::optional<Principal>> CallerOf(const AccessTokens& tokens, const grpc::ServerContextBase& context);

}  // namespace egi::auth

#endif  // EGI_SERVER_AUTH_DOOR_H_
