#include "clients/cli/progress.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"

namespace egi::cli {
namespace {

constexpr auto kQuiet = std::chrono::seconds(2);
constexpr int kWidth = 30;

}  // namespace

Progress::Progress(std::string label, int64_t total, std::ostream* stream, bool is_terminal, Clock clock)
    : label_(std::move(label)),
      total_(std::max<int64_t>(total, 1)),
      stream_(*stream),
      is_terminal_(is_terminal),
      clock_(std::move(clock)),
      start_(clock_()),
      next_(start_ + kQuiet) {}

Progress::~Progress() {
  if (drawn_ && is_terminal_) stream_ << "\n" << std::flush;
}

void Progress::Update(int64_t done) {
  const auto now = clock_();
  if (now < next_ && !(drawn_ && done >= total_)) return;
  if (is_terminal_) {
    next_ = now + std::chrono::milliseconds(200);
  } else {
    next_ = now + std::chrono::seconds(5);
  }
  drawn_ = true;
  const std::string line = Line(done, std::chrono::duration<double>(now - start_).count());
  stream_ << (is_terminal_ ? "\r" : "") << line << (is_terminal_ ? "" : "\n") << std::flush;
}

std::string Progress::Line(int64_t done, double seconds) const {
  const int filled = static_cast<int>(kWidth * std::min(done, total_) / total_);
  const std::string bar = std::string(filled, '#') + std::string(kWidth - filled, '.');
  return absl::StrFormat("%s  [%s]  %d/%d  %d %%  %.0f/s", label_, bar, done, total_, 100 * std::min(done, total_) / total_,
                         seconds > 0 ? static_cast<double>(done) / seconds : 0.0);
}

}  // namespace egi::cli
