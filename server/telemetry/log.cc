#include "server/telemetry/log.h"

#include <algorithm>

#include "nlohmann/json.hpp"
#include "spdlog/logger.h"
#include "spdlog/pattern_formatter.h"
#include "spdlog/sinks/stdout_sinks.h"

namespace egi::telemetry {
namespace {

// The inside of a JSON object: "message":"...","key":"value". Bytes that are not UTF-8 are replaced, never fatal.
std::string Body(const std::string& message, const LogFields& fields) {
  nlohmann::ordered_json object;
  object["message"] = message;
  for (const auto& [key, value] : fields) {
    if (!value.empty()) object[key] = value;
  }
  const std::string json = object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  return json.substr(1, json.size() - 2);
}

bool IsLowerHex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

}  // namespace

Log::Log(std::shared_ptr<spdlog::sinks::sink> sink) : logger_(std::make_unique<spdlog::logger>("egi", std::move(sink))) {
  logger_->set_formatter(std::make_unique<spdlog::pattern_formatter>(
      R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})", spdlog::pattern_time_type::utc));
  logger_->flush_on(spdlog::level::trace);
}

Log::~Log() = default;

std::unique_ptr<Log> Log::ToStderr() { return std::make_unique<Log>(std::make_shared<spdlog::sinks::stderr_sink_mt>()); }

void Log::Info(const std::string& message, const LogFields& fields) const { logger_->info("{}", Body(message, fields)); }

void Log::Warning(const std::string& message, const LogFields& fields) const {
  logger_->warn("{}", Body(message, fields));
}

void Log::Error(const std::string& message, const LogFields& fields) const { logger_->error("{}", Body(message, fields)); }

void Log::Debug(const std::string& message, const LogFields& fields) const {
  if (logger_->should_log(spdlog::level::debug)) logger_->debug("{}", Body(message, fields));
}

void Log::SetVerbose(bool verbose) { logger_->set_level(verbose ? spdlog::level::debug : spdlog::level::info); }

// https://www.w3.org/TR/trace-context/#traceparent-header: version "-" 32 hex "-" 16 hex "-" 2 hex.
std::string TraceIdOf(const std::string& traceparent) {
  if (traceparent.size() < 55 || traceparent[2] != '-' || traceparent[35] != '-' || traceparent[52] != '-') return "";
  const std::string id = traceparent.substr(3, 32);
  if (!std::all_of(id.begin(), id.end(), IsLowerHex) || id == std::string(32, '0')) return "";
  return id;
}

}  // namespace egi::telemetry
