// An orderly end on Ctrl-C or SIGTERM.
#ifndef EGI_CLIENTS_CLI_INTERRUPT_H_
#define EGI_CLIENTS_CLI_INTERRUPT_H_

#include <atomic>
#include <functional>
#include <thread>

namespace egi::cli {

// While it lives, SIGINT and SIGTERM call `stop` (on a thread of its own, once) instead of ending the process; a second signal ends it
// with code 130. Make it before any other thread starts, one at a time.
class Interrupt {
 public:
  explicit Interrupt(std::function<void()> stop);
  ~Interrupt();
  bool happened() const { return happened_; }

 private:
  void Wait();

  const std::function<void()> stop_;
  std::atomic<bool> happened_ = false;
  std::atomic<bool> ending_ = false;
  std::thread waiter_;
};

}  // namespace egi::cli

#endif  // EGI_CLIENTS_CLI_INTERRUPT_H_
