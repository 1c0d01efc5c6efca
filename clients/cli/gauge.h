// egictl gauge: calibrations, checks, drift and studies of the stations.
#ifndef EGI_CLIENTS_CLI_GAUGE_H_
#define EGI_CLIENTS_CLI_GAUGE_H_

#include <optional>
#include <string>

#include "clients/cli/session.h"

namespace egi::cli {

struct GaugeCalibrateOptions {
  std::string device;
  std::string file;         // JSON of CreateCalibrationRequest: white_reference, or readings of it
  std::string by;           // who calibrated
  std::string reason;
  std::string valid_until;  // RFC 3339 or a date; empty = 30 days
};
int RunGaugeCalibrate(const Session& session, const GaugeCalibrateOptions& options);

struct GaugeCheckOptions {
  std::string device;
  std::string file;  // JSON of RecordGaugeCheckRequest: kind, reference, readings, frames or volumes_mm3
  std::string by;
};
// Exit code 1 when the check failed.
int RunGaugeCheck(const Session& session, const GaugeCheckOptions& options);

struct GaugeMeasureOptions {
  std::string device;
  std::string kind = "white_reference";  // or golden_sample
  std::string reference;                 // which tile or sample lies under the sensors
  std::string by;
  int readings = 5;
  double volume_mm3 = 0;  // golden sample: its true volume
  bool calibrate = false;
  std::optional<double> distance_offset_mm;  // with calibrate
  int timeout_s = 60;
};
// Has the station measure a reference, and waits for what became of the readings. Exit code 1 when the check failed or the station refused, 3 when it has
// not answered in time.
int RunGaugeMeasure(const Session& session, const GaugeMeasureOptions& options);

struct GaugeStatusOptions {
  std::string device;  // empty = all enrolled ones
};
// Exit code 1 when a device must not grade.
int RunGaugeStatus(const Session& session, const GaugeStatusOptions& options);

struct GaugeDriftOptions {
  std::string device;
  std::string kind;  // white_reference or golden_sample
};
int RunGaugeDrift(const Session& session, const GaugeDriftOptions& options);

struct GaugeStudyOptions {
  std::string file;  // CSV: part, appraiser, value; the first line names the columns
  std::string name;
  std::string characteristic;
  std::string unit;
  std::string by;
  double tolerance = 0;  // 0 = none
};
// Exit code 1 when the gauge is unacceptable.
int RunGaugeStudy(const Session& session, const GaugeStudyOptions& options);

}  // namespace egi::cli

#endif  // EGI_CLIENTS_CLI_GAUGE_H_
