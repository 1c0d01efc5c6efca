// A simulator that is a program of its own, started again when it dies.
#ifndef EGI_SIMULATORS_HOST_CHILD_RUNNER_H_
#define EGI_SIMULATORS_HOST_CHILD_RUNNER_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/mutex.h"
#include "simulators/host/runner.h"

namespace egi::simulator_host {

// A program that ends with status 0 has finished; any other end is followed by a new start after 1, 2, 4 ... 30 s (a minute of life counts as a recovery). It is
// sent SIGTERM when this process dies.
class ChildRunner final : public Runner {
 public:
  struct Options {
    std::vector<std::string> command;  // the program by its path, then its arguments
    absl::Duration first_pause = absl::Seconds(1);
    absl::Duration longest_pause = absl::Seconds(30);
    absl::Duration patience = absl::Seconds(15);  // from SIGTERM to SIGKILL
  };

  // Errors: NOT_FOUND (no such program).
  static absl::StatusOr<std::unique_ptr<ChildRunner>> Start(Options options);
  ~ChildRunner() override { Stop(); }

  void Stop() override;
  void Describe(simulation::v1::Simulator* simulator) const override;

 private:
  explicit ChildRunner(Options options) : options_(std::move(options)), thread_([this] { Run(); }) {}
  void Run();
  // Waits for the end of `pid`, or ends it when asked to stop; its exit status, 128 + N after signal N.
  int WaitFor(pid_t pid);
  // Sleeps; false when asked to stop.
  bool Sleep(absl::Duration time);
  bool stopping() const;

  const Options options_;
  mutable Mutex mutex_;
  CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::string state_ ABSL_GUARDED_BY(mutex_) = "running";
  std::string message_ ABSL_GUARDED_BY(mutex_);
  int restarts_ ABSL_GUARDED_BY(mutex_) = 0;
  std::thread thread_;
};

}  // namespace egi::simulator_host

#endif  // EGI_SIMULATORS_HOST_CHILD_RUNNER_H_
