#include "tests/load/ingest_load.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "egi/quality/v1/ingest.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "tests/load/sample_pool.h"

namespace egi::load {
namespace {

using quality::v1::SampleIngestService;
using quality::v1::StreamSamplesRequest;
using quality::v1::StreamSamplesResponse;

// One stream: a thread that writes within the window and a thread that reads acknowledgements.
class LoadStream {
 public:
  LoadStream(const IngestLoadOptions& options, std::string producer_id)
      : options_(options),
        producer_id_(std::move(producer_id)),
        stub_(SampleIngestService::NewStub(grpc::CreateCustomChannel(options.server, grpc::InsecureChannelCredentials(), OwnConnection()))) {}

  // Runs to the end and leaves the outcome in status(), acknowledged() and latencies_ms().
  void Run() {
    stream_ = stub_->StreamSamples(&context_);
    status_ = Open();
    if (!status_.ok()) return;
    std::thread reader([this] { ReadAcks(); });
    Write();
    reader.join();
    const grpc::Status finished = stream_->Finish();
    if (status_.ok() && !finished.ok()) status_ = absl::UnavailableError(absl::StrCat(producer_id_, ": ", finished.error_message()));
    if (status_.ok() && acknowledged_ < written_) {
      status_ = absl::DataLossError(absl::StrCat(producer_id_, ": ", written_ - acknowledged_, " samples were never acknowledged"));
    }
  }

  const absl::Status& status() const { return status_; }
  int64_t acknowledged() const { return acknowledged_; }
  std::vector<double>& latencies_ms() { return latencies_ms_; }

 private:
  static grpc::ChannelArguments OwnConnection() {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return arguments;
  }

  absl::Status Open() {
    StreamSamplesRequest request;
    request.mutable_open()->set_producer_id(producer_id_);
    StreamSamplesResponse response;
    if (!stream_->Write(request) || !stream_->Read(&response) || !response.has_opened()) {
      const grpc::Status finished = stream_->Finish();
      return absl::UnavailableError(absl::StrCat(producer_id_, ": the server did not open the stream: ", finished.error_message()));
    }
    window_ = std::min(options_.window, response.opened().max_outstanding());
    window_ = std::max(window_, options_.batch);
    return absl::OkStatus();
  }

  void Write() {
    ReusableBatch batch(producer_id_, options_.batch);
    const absl::Time end = absl::Now() + options_.duration;
    int64_t next = 1;
    while (absl::Now() < end) {
      {
        std::unique_lock<std::mutex> lock(mutex_);
        credit_.wait(lock, [&] { return closed_ || next - 1 + options_.batch - acknowledged_ <= window_; });
        if (closed_) break;
        in_flight_.push_back({next + options_.batch - 1, absl::Now()});
        written_ = next + options_.batch - 1;
      }
      if (!stream_->Write(batch.Renew(next, absl::Now()))) break;
      next += options_.batch;
    }
    stream_->WritesDone();
  }

  void ReadAcks() {
    StreamSamplesResponse response;
    while (stream_->Read(&response)) {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (response.has_rejections()) {
        status_ = absl::InvalidArgumentError(
            absl::StrCat(producer_id_, ": sample refused: ", response.rejections().rejections(0).status().message()));
      }
      if (!response.has_ack()) continue;
      acknowledged_ = response.ack().committed_sequence();
      const absl::Time now = absl::Now();
      while (!in_flight_.empty() && in_flight_.front().last_sequence <= acknowledged_) {
        latencies_ms_.push_back(absl::ToDoubleMilliseconds(now - in_flight_.front().sent));
        in_flight_.pop_front();
      }
      credit_.notify_one();
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    closed_ = true;
    credit_.notify_one();
  }

  struct InFlight {
    int64_t last_sequence;
    absl::Time sent;
  };

  const IngestLoadOptions options_;
  const std::string producer_id_;
  const std::unique_ptr<SampleIngestService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<StreamSamplesRequest, StreamSamplesResponse>> stream_;
  int window_ = 0;
  std::mutex mutex_;
  std::condition_variable credit_;
  std::deque<InFlight> in_flight_;
  bool closed_ = false;
  int64_t written_ = 0;
  int64_t acknowledged_ = 0;
  absl::Status status_;
  std::vector<double> latencies_ms_;
};

// Acknowledges every batch at once.
class EchoService final : public SampleIngestService::Service {
  grpc::Status StreamSamples(grpc::ServerContext*, grpc::ServerReaderWriter<StreamSamplesResponse, StreamSamplesRequest>* stream) override {
    StreamSamplesRequest request;
    StreamSamplesResponse response;
    while (stream->Read(&request)) {
      if (request.has_open()) {
        response.mutable_opened()->set_max_outstanding(1'000'000);
      } else {
        response.mutable_ack()->set_committed_sequence(request.batch().first_sequence() + request.batch().samples_size() - 1);
      }
      if (!stream->Write(response)) break;
    }
    return grpc::Status::OK;
  }
};

}  // namespace

absl::StatusOr<Result> MeasureIngest(const std::string& name, const IngestLoadOptions& options) {
  const absl::Time start = absl::Now();
  const std::string run = absl::StrCat("BENCH_", getpid(), "_", absl::ToUnixMillis(start), "_");
  std::vector<std::unique_ptr<LoadStream>> streams;
  std::vector<std::thread> threads;
  for (int i = 0; i < options.streams; ++i) {
    streams.push_back(std::make_unique<LoadStream>(options, absl::StrCat(run, i)));
    threads.emplace_back([stream = streams.back().get()] { stream->Run(); });
  }
  for (std::thread& thread : threads) thread.join();
  const double seconds = absl::ToDoubleSeconds(absl::Now() - start);

  int64_t acknowledged = 0;
  std::vector<double> latencies_ms;
  for (const auto& stream : streams) {
    if (!stream->status().ok()) return stream->status();
    acknowledged += stream->acknowledged();
    latencies_ms.insert(latencies_ms.end(), stream->latencies_ms().begin(), stream->latencies_ms().end());
  }
  return Result{.name = name,
                .value = acknowledged / seconds,
                .unit = "samples/s",
                .p50_ms = Quantile(latencies_ms, 0.5),
                .p99_ms = Quantile(latencies_ms, 0.99),
                .runs = 1};
}

absl::StatusOr<Result> MeasureRawGrpc(const IngestLoadOptions& options) {
  EchoService service;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return absl::UnavailableError("cannot listen on a loopback port");
  IngestLoadOptions raw = options;
  raw.server = absl::StrCat("127.0.0.1:", port);
  return MeasureIngest("raw_grpc_batched", raw);
}

}  // namespace egi::load
