#include "server/ingest/admission_gate.h"

#include <utility>
#include <vector>

namespace egi::ingest {

bool AdmissionGate::TryAcquire(int64_t bytes) {
  MutexLock lock(&mutex_);
  if (!waiters_.empty() || !Fits(bytes)) return false;
  in_use_ += bytes;
  return true;
}

void AdmissionGate::Acquire(int64_t bytes, std::function<void()> granted) {
  {
    MutexLock lock(&mutex_);
    if (!waiters_.empty() || !Fits(bytes)) {
      waiters_.push_back({bytes, std::move(granted)});
      return;
    }
    in_use_ += bytes;
  }
  granted();
}

void AdmissionGate::Release(int64_t bytes) {
  std::vector<std::function<void()>> granted;
  {
    MutexLock lock(&mutex_);
    in_use_ -= bytes;
    while (!waiters_.empty() && Fits(waiters_.front().bytes)) {
      in_use_ += waiters_.front().bytes;
      granted.push_back(std::move(waiters_.front().granted));
      waiters_.pop_front();
    }
  }
  for (const auto& call : granted) call();
}

int64_t AdmissionGate::in_use() const {
  MutexLock lock(&mutex_);
  return in_use_;
}

}  // namespace egi::ingest
