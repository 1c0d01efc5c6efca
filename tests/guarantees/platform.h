// A whole platform of a test's own: PostgreSQL, server and gateway as real processes that can be killed.
#ifndef EGI_TESTS_GUARANTEES_PLATFORM_H_
#define EGI_TESTS_GUARANTEES_PLATFORM_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/support/child_process.h"

namespace egi::guarantees {

enum class Part { kServer, kGateway, kDatabase };

// "server", "gateway" or "database".
const char* PartName(Part part);

// Ports are chosen when it is made and stay the same over restarts. Not thread-safe.
class Platform {
 public:
  // Makes the cluster, applies the migrations, starts server and gateway and waits until they are ready.
  static absl::StatusOr<std::unique_ptr<Platform>> Create();
  ~Platform();

  // kill -9 of the part's process (of the database: of the postmaster), then starts it again. Does not wait until it is ready.
  absl::Status KillAndRestart(Part part);
  // The two halves of it: between them the part is away. Start does not wait until it is ready.
  void Kill(Part part);
  absl::Status Start(Part part);

  // Waits until the gateway reports that everything works.
  absl::Status WaitUntilReady(absl::Duration timeout) const;

  // Answer of a query, one line a row, columns separated by '|'.
  absl::StatusOr<std::string> Query(const std::string& sql) const;

  std::string server() const;
  std::string gateway() const;
  // Where the gateway looks for a simulator host; nothing listens there unless the test starts one.
  std::string simulators() const;
  const std::string& directory() const { return directory_; }
  // Of the role that owns everything, over the cluster's unix socket.
  const std::string& database_url() const { return database_url_; }
  // Writes the end of every process's log to standard error.
  void PrintLogs() const;
  // Resident memory of a part's process, KiB.
  int64_t ResidentKib(Part part) const;

 private:
  Platform() = default;
  absl::Status StartDatabase();
  absl::Status StartAll();
  testing::ChildProcess& Process(Part part) const;

  std::string directory_;
  std::string database_url_;
  int server_port_ = 0;
  int gateway_port_ = 0;
  int simulators_port_ = 0;
  std::unique_ptr<testing::ChildProcess> database_, server_, gateway_;
};

}  // namespace egi::guarantees

#endif  // EGI_TESTS_GUARANTEES_PLATFORM_H_
