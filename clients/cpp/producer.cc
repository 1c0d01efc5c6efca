#include "clients/cpp/producer.h"

#include <algorithm>
#include <random>
#include <utility>
#include <vector>

#include "absl/strings/str_join.h"
#include "clients/cpp/grpc_ingest.h"
#include "clients/cpp/memory_buffer.h"

namespace egi::client {
namespace {

std::vector<std::string> Violations(const ProducerOptions& options, bool needs_server) {
  std::vector<std::string> wrong;
  const std::string& id = options.producer_id;
  if (needs_server && options.server.empty()) wrong.push_back("server: HOST:PORT is missing");
  const bool printable = std::all_of(id.begin(), id.end(), [](char c) { return static_cast<unsigned char>(c) >= 32 && c != 127; });
  if (id.empty() || id.size() > 100 || !printable) wrong.push_back("producer_id: 1 to 100 printable characters are needed");
  if (!options.when_full) wrong.push_back("when_full: choose kBlock or kRefuseNewest");
  if (options.buffer_limit_bytes < (64 << 10)) wrong.push_back("buffer_limit_bytes: at least 65536");
  if (options.window < 1 || options.window > 100'000) wrong.push_back("window: 1 to 100000");
  if (options.batch_items < 1 || options.batch_items > 1000) wrong.push_back("batch_items: 1 to 1000");
  if (options.ephemeral && !options.spool_dir.empty()) wrong.push_back("ephemeral: a producer with a spool keeps its sequence");
  return wrong;
}

std::function<double()> SystemRandom() {
  return [engine = std::mt19937_64(std::random_device{}())]() mutable { return std::uniform_real_distribution<double>(0, 1)(engine); };
}

}  // namespace

absl::StatusOr<std::unique_ptr<IngestProducer>> MakeIngestProducer(const ProducerOptions& options, const std::string& kind,
                                                                   IngestProducer::Callbacks callbacks,
                                                                   std::unique_ptr<IngestConnection> connection) {
  if (const auto wrong = Violations(options, connection == nullptr); !wrong.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("producer options: ", absl::StrJoin(wrong, "; ")));
  }
  std::unique_ptr<Buffer> buffer;
  if (options.spool_dir.empty()) {
    buffer = std::make_unique<MemoryBuffer>(options.buffer_limit_bytes);
  } else {
    auto spool = Spool::Create({options.spool_dir, options.producer_id, kind, options.buffer_limit_bytes, options.sync});
    if (!spool.ok()) return spool.status();
    buffer = std::move(*spool);
  }
  if (connection == nullptr) {
    connection = kind == "sample" ? MakeSampleConnection(options.server) : MakeMealConnection(options.server);
  }
  IngestProducer::Options untyped;
  untyped.open.set_producer_id(options.producer_id);
  untyped.open.set_ephemeral(options.ephemeral);
  untyped.open.set_want_results(options.want_results);
  untyped.open.set_firmware_version(options.firmware_version);
  untyped.open.set_config_profile(options.config_profile);
  untyped.open.set_trace_parent(options.trace_parent);
  untyped.when_full = *options.when_full;
  untyped.window = options.window;
  untyped.batch_items = options.batch_items;
  untyped.backoff = options.backoff;
  untyped.random = options.random ? options.random : SystemRandom();
  untyped.sleeper = options.sleeper ? options.sleeper : std::make_shared<SystemSleeper>();
  return IngestProducer::Start(std::move(untyped), std::move(callbacks), std::move(buffer), std::move(connection));
}

}  // namespace egi::client
