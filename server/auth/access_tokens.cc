#include "server/auth/access_tokens.h"

#include <jwt.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/base/rich_status.h"

namespace egi::auth {
namespace {

constexpr char kIssuer[] = "egi";
constexpr size_t kMaxToken = 4096;

struct Free {
  void operator()(jwt_t* token) const { jwt_free(token); }
};
using Token = std::unique_ptr<jwt_t, Free>;

const unsigned char* Bytes(const std::string& text) { return reinterpret_cast<const unsigned char*>(text.data()); }

bool Is(const char* text, const std::string& expected) { return text != nullptr && expected == text; }

absl::Status Invalid() {
  return WithErrorInfo(absl::UnauthenticatedError("the access token is not valid here; sign in again, or send no Authorization"), "TOKEN_INVALID");
}

// RFC 7515 section 7.1: three parts in base64url with a dot between them and nothing else, which libjwt would read over.
bool IsCompact(const std::string& text) {
  const std::vector<std::string> parts = absl::StrSplit(text, '.');
  return parts.size() == 3 && std::all_of(parts.begin(), parts.end(), [](const std::string& part) {
           return !part.empty() && std::all_of(part.begin(), part.end(), [](char c) { return absl::ascii_isalnum(c) || c == '-' || c == '_'; });
         });
}

}  // namespace

absl::StatusOr<std::unique_ptr<AccessTokens>> AccessTokens::Create(const Options& options) {
  if (options.clock == nullptr) return absl::InvalidArgumentError("access tokens need a clock");
  auto key = options.key_file.empty() ? MakeSigningKey() : LoadOrMakeSigningKey(options.key_file);
  if (!key.ok()) return key.status();
  return std::unique_ptr<AccessTokens>(new AccessTokens(options, *std::move(key)));
}

absl::StatusOr<std::string> AccessTokens::Issue(const Principal& principal) const {
  jwt_t* made = nullptr;
  if (jwt_new(&made) != 0) return absl::ResourceExhaustedError("no memory for an access token");
  const Token token(made);
  const int64_t now = absl::ToUnixSeconds(options_.clock->Now());
  const bool filled = jwt_add_header(made, "kid", key_.id.c_str()) == 0 && jwt_add_grant(made, "iss", kIssuer) == 0 &&
                      jwt_add_grant(made, "aud", kIssuer) == 0 && jwt_add_grant(made, "sub", absl::StrCat(principal.account_id).c_str()) == 0 &&
                      jwt_add_grant(made, "sid", absl::StrCat(principal.session_id).c_str()) == 0 &&
                      jwt_add_grant(made, "role", principal.role.c_str()) == 0 && jwt_add_grant_int(made, "iat", now) == 0 &&
                      jwt_add_grant_int(made, "exp", now + absl::ToInt64Seconds(options_.lifetime)) == 0 &&
                      jwt_set_alg(made, JWT_ALG_ES256, Bytes(key_.private_pem), static_cast<int>(key_.private_pem.size())) == 0;
  if (!filled) return absl::InternalError("an access token could not be made");
  const std::unique_ptr<char, decltype(&std::free)> text(jwt_encode_str(made), &std::free);
  if (text == nullptr) return absl::InternalError("an access token could not be signed");
  return std::string(text.get());
}

absl::StatusOr<Principal> AccessTokens::Verify(const std::string& text) const {
  if (text.size() > kMaxToken || !IsCompact(text)) return Invalid();
  jwt_t* read = nullptr;
  if (jwt_decode(&read, text.c_str(), Bytes(key_.public_pem), static_cast<int>(key_.public_pem.size())) != 0) return Invalid();
  const Token token(read);
  // The algorithm is ours to choose, not the token's: `none`, and HMAC with the public key as its secret, are no signatures of ours.
  if (jwt_get_alg(read) != JWT_ALG_ES256 || !Is(jwt_get_header(read, "kid"), key_.id)) return Invalid();
  if (!Is(jwt_get_grant(read, "iss"), kIssuer) || !Is(jwt_get_grant(read, "aud"), kIssuer)) return Invalid();
  Principal principal;
  const char* account = jwt_get_grant(read, "sub");
  const char* session = jwt_get_grant(read, "sid");
  const char* role = jwt_get_grant(read, "role");
  if (account == nullptr || session == nullptr || role == nullptr || !absl::SimpleAtoi(account, &principal.account_id) ||
      !absl::SimpleAtoi(session, &principal.session_id)) {
    return Invalid();
  }
  principal.role = role;
  const int64_t now = absl::ToUnixSeconds(options_.clock->Now());
  if (now >= jwt_get_grant_int(read, "exp")) {
    return WithErrorInfo(absl::UnauthenticatedError("the access token is expired; /api/auth/refresh gives another, without Authorization"), "TOKEN_EXPIRED");
  }
  return principal;
}

}  // namespace egi::auth
