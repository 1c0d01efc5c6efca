// The composition root: the five stages in order, and their life.
#ifndef EGI_SERVER_APP_SERVER_H_
#define EGI_SERVER_APP_SERVER_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "config.pb.h"
#include "server/base/clock.h"
#include "server/telemetry/log.h"

namespace egi::app {

// Create → Start → Drain → Stop. One thread at a time.
class Server {
 public:
  struct Options {
    std::string listen = "127.0.0.1:50051";
    std::string metrics;       // HOST:PORT, empty = none
    std::string database_url;  // libpq URI or connection string
    ServerConfig config;       // checked
    std::string token_key;     // file of the key that signs access tokens, made when it is not there; empty = a key of this process
    std::string profiles;      // YAML file of the stations' profiles, empty = built in
    const Clock* clock = nullptr;
    const telemetry::Log* log = nullptr;
  };

  // Checks the addresses and the schema and makes the stages. Waits config.database.start_timeout_s for the database. Errors:
  // INVALID_ARGUMENT (address, no database URL, faults of the profiles with their lines), NOT_FOUND (file of profiles), those of LoadOrMakeSigningKey, UNAVAILABLE
  // (no database), FAILED_PRECONDITION (schema).
  static absl::StatusOr<std::unique_ptr<Server>> Create(const Options& options);
  ~Server();

  // Opens the ports. Errors: UNAVAILABLE (a port is taken).
  absl::Status Start();

  // Port of gRPC; 0 before Start.
  int port() const;

  // Answers NOT_SERVING, refuses new streams, commits and acknowledges what was taken, ends subscriptions with their position. False when
  // streams were left after `timeout`.
  bool Drain(absl::Duration timeout);

  // Closes everything. Idempotent.
  void Stop();

 private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts> parts);

  const std::unique_ptr<Parts> parts_;
};

}  // namespace egi::app

#endif  // EGI_SERVER_APP_SERVER_H_
