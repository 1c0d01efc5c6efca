#include "server/app/config.h"

#include <cstdint>
#include <fstream>
#include <sstream>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/text_format.h"
#include "server/base/rich_status.h"

namespace egi::app {
namespace {

// Keeps where the text cannot be read.
class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    if (text.empty()) text = absl::StrCat("line ", line + 1, ", column ", column + 1, ": ", message);
  }
  std::string text;
};

// Fills one field in and checks it against its range.
class Checker {
 public:
  template <typename Message>
  void Range(Message* message, int32_t (Message::*get)() const, void (Message::*set)(int32_t), const char* name, int32_t low,
             int32_t high, int32_t fallback) {
    const int32_t value = (message->*get)();
    if (value == 0) {
      (message->*set)(fallback);
    } else if (value < low || value > high) {
      violations.emplace_back(name, absl::StrCat("is ", value, ", must be ", low, " to ", high));
    }
  }
  template <typename Message>
  void Range(Message* message, double (Message::*get)() const, void (Message::*set)(double), const char* name, double low, double high,
             double fallback) {
    const double value = (message->*get)();
    if (value == 0) {
      (message->*set)(fallback);
    } else if (!(value >= low && value <= high)) {
      violations.emplace_back(name, absl::StrCat("is ", value, ", must be ", low, " to ", high));
    }
  }
  std::vector<FieldViolation> violations;
};

void CheckAlerts(AlertsConfig* alerts, Checker* check) {
  using A = AlertsConfig;
  check->Range(alerts, &A::clear_after_samples, &A::set_clear_after_samples, "alerts.clear_after_samples", 1, 1000, 3);
  check->Range(alerts, &A::clear_after_meals, &A::set_clear_after_meals, "alerts.clear_after_meals", 1, 100, 1);
  check->Range(alerts, &A::score_margin, &A::set_score_margin, "alerts.score_margin", 0.0001, 0.2, 0.02);
  check->Range(alerts, &A::index_margin, &A::set_index_margin, "alerts.index_margin", 0.0001, 0.4, 0.05);
  check->Range(alerts, &A::disagreement_margin, &A::set_disagreement_margin, "alerts.disagreement_margin", 0.0001, 0.02, 0.005);
  check->Range(alerts, &A::dose_margin_pct, &A::set_dose_margin_pct, "alerts.dose_margin_pct", 0.01, 9, 1.0);
  check->Range(alerts, &A::weight_margin_g, &A::set_weight_margin_g, "alerts.weight_margin_g", 0.1, 70, 10.0);
  check->Range(alerts, &A::temperature_margin_c, &A::set_temperature_margin_c, "alerts.temperature_margin_c", 0.01, 3, 0.5);
  check->Range(alerts, &A::humidity_margin_pct, &A::set_humidity_margin_pct, "alerts.humidity_margin_pct", 0.01, 12, 1.0);
  check->Range(alerts, &A::mortality_margin_pct, &A::set_mortality_margin_pct, "alerts.mortality_margin_pct", 0.01, 2, 0.1);
  check->Range(alerts, &A::silence_warning_h, &A::set_silence_warning_h, "alerts.silence_warning_h", 6, 72, 18.0);
  check->Range(alerts, &A::silence_critical_h, &A::set_silence_critical_h, "alerts.silence_critical_h", 6, 168, 30.0);
  check->Range(alerts, &A::meal_grace_h, &A::set_meal_grace_h, "alerts.meal_grace_h", 0.1, 12, 2.0);
}

}  // namespace

absl::StatusOr<ServerConfig> ParseConfig(const std::string& text) {
  ServerConfig config;
  FirstError error;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  if (!parser.ParseFromString(text, &config)) return absl::InvalidArgumentError(error.text);
  Checker check;
  IngestConfig* ingest = config.mutable_ingest();
  using I = IngestConfig;
  check.Range(ingest, &I::max_outstanding_items, &I::set_max_outstanding_items, "ingest.max_outstanding_items", 1, 100'000, 4000);
  check.Range(ingest, &I::max_streams, &I::set_max_streams, "ingest.max_streams", 1, 100'000, 4000);
  check.Range(ingest, &I::admission_mib, &I::set_admission_mib, "ingest.admission_mib", 1, 1024, 64);
  check.Range(config.mutable_persist(), &PersistConfig::max_rows, &PersistConfig::set_max_rows, "persist.max_rows", 1, 100'000, 2000);
  PublishConfig* publish = config.mutable_publish();
  using P = PublishConfig;
  check.Range(publish, &P::max_subscribers, &P::set_max_subscribers, "publish.max_subscribers", 1, 100'000, 2000);
  check.Range(publish, &P::log_events, &P::set_log_events, "publish.log_events", 1, 1'000'000, 20'000);
  check.Range(publish, &P::log_mib, &P::set_log_mib, "publish.log_mib", 1, 1024, 32);
  check.Range(publish, &P::poll_interval_ms, &P::set_poll_interval_ms, "publish.poll_interval_ms", 10, 10'000, 200);
  check.Range(publish, &P::resume_window_hours, &P::set_resume_window_hours, "publish.resume_window_hours", 1, 720, 24);
  DatabaseConfig* database = config.mutable_database();
  using D = DatabaseConfig;
  check.Range(database, &D::max_connections, &D::set_max_connections, "database.max_connections", 1, 100, 6);
  check.Range(database, &D::statement_timeout_s, &D::set_statement_timeout_s, "database.statement_timeout_s", 1, 600, 30);
  check.Range(database, &D::start_timeout_s, &D::set_start_timeout_s, "database.start_timeout_s", 1, 600, 30);
  check.Range(config.mutable_devices(), &DevicesConfig::silent_after_s, &DevicesConfig::set_silent_after_s, "devices.silent_after_s", 1,
              86'400, 300);
  check.Range(config.mutable_feeding(), &FeedingConfig::settle_s, &FeedingConfig::set_settle_s, "feeding.settle_s", 1, 86'400, 600);
  check.Range(&config, &ServerConfig::drain_timeout_s, &ServerConfig::set_drain_timeout_s, "drain_timeout_s", 1, 300, 10);
  GaugeConfig* gauge = config.mutable_gauge();
  using G = GaugeConfig;
  check.Range(gauge, &G::white_tolerance_pct, &G::set_white_tolerance_pct, "gauge.white_tolerance_pct", 0.1, 50, 5);
  check.Range(gauge, &G::white_repeatability_pct, &G::set_white_repeatability_pct, "gauge.white_repeatability_pct", 0.1, 50, 2);
  check.Range(gauge, &G::golden_tolerance_pct, &G::set_golden_tolerance_pct, "gauge.golden_tolerance_pct", 0.1, 50, 5);
  check.Range(gauge, &G::golden_repeatability_pct, &G::set_golden_repeatability_pct, "gauge.golden_repeatability_pct", 0.1, 50, 3);
  check.Range(gauge, &G::drift_lambda, &G::set_drift_lambda, "gauge.drift_lambda", 0.01, 1, 0.2);
  check.Range(gauge, &G::drift_width, &G::set_drift_width, "gauge.drift_width", 1, 6, 2.86);
  CheckAlerts(config.mutable_alerts(), &check);
  if (!check.violations.empty()) return InvalidFields(check.violations);
  return config;
}

absl::StatusOr<ServerConfig> LoadConfig(const std::string& path) {
  if (path.empty()) return ParseConfig("");
  std::ifstream file(path);
  if (!file) return absl::NotFoundError(absl::StrCat("cannot open ", path, "; check --config"));
  std::ostringstream text;
  text << file.rdbuf();
  auto config = ParseConfig(text.str());
  if (!config.ok()) return absl::InvalidArgumentError(absl::StrCat(path, ": ", config.status().message()));
  return config;
}

absl::Status CheckLoopback(const std::string& address, const std::string& flag) {
  const size_t colon = address.rfind(':');
  int port = -1;
  if (colon == std::string::npos || !absl::SimpleAtoi(address.substr(colon + 1), &port) || port < 0 || port > 65535) {
    return absl::InvalidArgumentError(absl::StrCat(flag, "=", address, ": must be HOST:PORT, for example 127.0.0.1:50051"));
  }
  const std::string host = address.substr(0, colon);
  const bool ipv4_loopback = absl::StartsWith(host, "127.") && host.find_first_not_of("0123456789.") == std::string::npos;
  if (!ipv4_loopback && host != "[::1]" && host != "localhost") {
    return absl::InvalidArgumentError(
        absl::StrCat(flag, "=", address, ": this server has no TLS and no authentication yet, so it listens on this machine only; use ",
                     "127.0.0.1:", port, " and put a proxy with TLS in front of it"));
  }
  return absl::OkStatus();
}

}  // namespace egi::app
