// Structured logs: one JSON object a line on stderr.
#ifndef EGI_SERVER_TELEMETRY_LOG_H_
#define EGI_SERVER_TELEMETRY_LOG_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace spdlog {
class logger;
namespace sinks {
class sink;
}
}  // namespace spdlog

namespace egi::telemetry {

// (key, value) pairs added to a line. Never personal data, secrets or payloads.
using LogFields = std::vector<std::pair<std::string, std::string>>;

// Writes lines like {"time":"2026-01-02T03:04:05.678Z","level":"info","message":"...","trace_id":"..."}. Thread-safe.
class Log {
 public:
  // Lines go to `sink`.
  explicit Log(std::shared_ptr<spdlog::sinks::sink> sink);
  // Lines go to stderr.
  static std::unique_ptr<Log> ToStderr();
  ~Log();

  void Info(const std::string& message, const LogFields& fields = {}) const;
  void Warning(const std::string& message, const LogFields& fields = {}) const;
  void Error(const std::string& message, const LogFields& fields = {}) const;
  // Off unless `SetVerbose(true)`.
  void Debug(const std::string& message, const LogFields& fields = {}) const;
  void SetVerbose(bool verbose);

 private:
  std::unique_ptr<spdlog::logger> logger_;
};

// The 32 hexadecimal digits of the trace id of a W3C `traceparent`; empty when it is not one.
std::string TraceIdOf(const std::string& traceparent);

}  // namespace egi::telemetry

#endif  // EGI_SERVER_TELEMETRY_LOG_H_
