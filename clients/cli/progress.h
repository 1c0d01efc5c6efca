// Progress of anything that may take more than two seconds.
#ifndef EGI_CLIENTS_CLI_PROGRESS_H_
#define EGI_CLIENTS_CLI_PROGRESS_H_

#include <chrono>
#include <functional>
#include <ostream>
#include <string>

namespace egi::cli {

// Draws "label  [#####.....]  512/1513  34 %  1200/s" at most five times a second on a terminal, and a line every five seconds elsewhere.
// Silent during the first two seconds. Not thread-safe.
class Progress {
 public:
  using Clock = std::function<std::chrono::steady_clock::time_point()>;

  // `total` > 0. `clock` is injected by tests.
  Progress(std::string label, int64_t total, std::ostream* stream, bool is_terminal, Clock clock = std::chrono::steady_clock::now);
  // Ends the line of a drawn bar.
  ~Progress();

  // `done` of `total`, 0..total.
  void Update(int64_t done);

 private:
  std::string Line(int64_t done, double seconds) const;

  const std::string label_;
  const int64_t total_;
  std::ostream& stream_;
  const bool is_terminal_;
  const Clock clock_;
  const std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point next_;
  bool drawn_ = false;
};

}  // namespace egi::cli

#endif  // EGI_CLIENTS_CLI_PROGRESS_H_
