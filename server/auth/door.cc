#include "server/auth/door.h"

#include <iterator>
#include <map>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "grpcpp/security/auth_metadata_processor.h"

namespace egi::auth {
namespace {

constexpr char kScheme[] = "Bearer ";
constexpr size_t kSchemeLength = sizeof kScheme - 1;

using Metadata = std::multimap<grpc::string_ref, grpc::string_ref>;

absl::StatusOr<std::optional<Principal>> Read(const AccessTokens& tokens, const Metadata& metadata) {
  const auto [first, end] = metadata.equal_range("authorization");
  if (first == end) return std::optional<Principal>();
  const std::string value(first->second.data(), first->second.size());
  if (std::next(first) != end || !absl::StartsWithIgnoreCase(value, kScheme)) {
    return absl::UnauthenticatedError("authorization must be one `Bearer ACCESS_TOKEN`; sign in, or send none");
  }
  auto principal = tokens.Verify(value.substr(kSchemeLength));
  if (!principal.ok()) return principal.status();
  return std::optional<Principal>(*std::move(principal));
}

class Door final : public grpc::AuthMetadataProcessor {
 public:
  explicit Door(const AccessTokens& tokens) : tokens_(tokens) {}

  // A signature takes about 0.1 ms: less than a change of thread would be worth.
  bool IsBlocking() const override { return false; }

  grpc::Status Process(const InputMetadata& metadata, grpc::AuthContext*, OutputMetadata*, OutputMetadata*) override {
    const auto principal = Read(tokens_, metadata);
    if (principal.ok()) return grpc::Status::OK;
    return grpc::Status(grpc::StatusCode::UNAUTHENTICATED, std::string(principal.status().message()));
  }

 private:
  const AccessTokens& tokens_;
};

}  // namespace

std::shared_ptr<grpc::ServerCredentials> LocalCredentials(const AccessTokens& tokens) {
  // Insecure credentials have no processor of metadata. Local ones put nothing on the wire, so that clients without credentials reach them.
  auto credentials = grpc::experimental::LocalServerCredentials(LOCAL_TCP);
  credentials->SetAuthMetadataProcessor(std::make_shared<Door>(tokens));
  return credentials;
}

absl::StatusOr<std::optional<Principal>> CallerOf(const AccessTokens& tokens, const grpc::ServerContextBase& context) {
  return Read(tokens, context.client_metadata());
}

}  // namespace egi::auth
