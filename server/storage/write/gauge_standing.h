// The standing of an enrolled device in the database, and what follows when it changes.
#ifndef EGI_SERVER_STORAGE_WRITE_GAUGE_STANDING_H_
#define EGI_SERVER_STORAGE_WRITE_GAUGE_STANDING_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "egi/quality/v1/gauge.pb.h"
#include "egi/realtime/v1/events.pb.h"
#include "pqxx/pqxx"
#include "server/gauge/rules.h"
#include "server/gauge/standing.h"

namespace egi::storage::write {

// Checks since a calibration, at most the newest 500 of the kind. Throws what libpqxx throws, as everything here.
std::vector<gauge::ChartedCheck> ReadCharted(pqxx::transaction_base& transaction, const std::string& device_id, int32_t calibration_id,
                                             const std::string& kind);

// Holds back every other writer of this device's calibrations and checks until the transaction ends. False: no such device.
bool LockGaugeDevice(pqxx::transaction_base& transaction, const std::string& device_id);

// Judges the device anew under its calibration in force. When the standing changed it is written, the station is told, and the alert opened or closed; the
// events to append are added to `events`. Call it under LockGaugeDevice. Errors: FAILED_PRECONDITION (DEVICE_RETIRED).
absl::Status Reassess(pqxx::transaction_base& transaction, const quality::v1::Calibration& calibration, const gauge::GaugeRules& rules, absl::Time now,
                      std::vector<realtime::v1::Event>* events);

}  // namespace egi::storage::write

#endif  // EGI_SERVER_STORAGE_WRITE_GAUGE_STANDING_H_
