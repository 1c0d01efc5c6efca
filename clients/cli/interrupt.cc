#include "clients/cli/interrupt.h"

#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <utility>

namespace egi::cli {
namespace {

sigset_t Signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  return signals;
}

}  // namespace

Interrupt::Interrupt(std::function<void()> stop) : stop_(std::move(stop)) {
  const sigset_t signals = Signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  waiter_ = std::thread([this] { Wait(); });
}

Interrupt::~Interrupt() {
  ending_ = true;
  waiter_.join();
  const sigset_t signals = Signals();
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

void Interrupt::Wait() {
  const sigset_t signals = Signals();
  const timespec a_moment{0, 100'000'000};
  while (!ending_) {
    if (sigtimedwait(&signals, nullptr, &a_moment) < 0) continue;
    if (happened_.exchange(true)) _exit(130);
    stop_();
  }
}

}  // namespace egi::cli
