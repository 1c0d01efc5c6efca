#include "simulators/lot_monitor/lease_keeper.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "grpcpp/grpcpp.h"

namespace egi::lot_monitor {

LeaseKeeper::LeaseKeeper(std::shared_ptr<quality::v1::InspectionService::StubInterface> queue, std::string code_lot, std::string lease_token,
                         int lease_seconds, absl::Duration every)
    : queue_(std::move(queue)),
      code_lot_(std::move(code_lot)),
      lease_token_(std::move(lease_token)),
      lease_seconds_(lease_seconds),
      every_(every),
      thread_([this] { Run(); }) {}

bool LeaseKeeper::Stop() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
  MutexLock lock(&mutex_);
  return !lost_;
}

void LeaseKeeper::Run() {
  for (;;) {
    {
      MutexLock lock(&mutex_);
      const auto end = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(every_);
      for (auto now = std::chrono::steady_clock::now(); !stopping_ && now < end; now = std::chrono::steady_clock::now()) changed_.WaitFor(&mutex_, end - now);
      if (stopping_) return;
    }
    if (!Renew()) {
      MutexLock lock(&mutex_);
      lost_ = true;
      return;
    }
  }
}

bool LeaseKeeper::Renew() {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(std::max(every_, absl::Seconds(1))));
  quality::v1::RenewLeaseRequest request;
  request.set_code_lot(code_lot_);
  request.set_lease_token(lease_token_);
  request.set_lease_seconds(lease_seconds_);
  quality::v1::ClaimLotResponse response;
  const grpc::StatusCode code = queue_->RenewLease(&context, request, &response).error_code();
  return code != grpc::StatusCode::ABORTED && code != grpc::StatusCode::NOT_FOUND;
}

}  // namespace egi::lot_monitor
