// Incidents as YAML: {type, lot|site|all, from: {jour, moment}, duration, intensity, measure}, see simulators.md section 1.8.
#ifndef EGI_SIMULATORS_FEEDING_INCIDENT_FILE_H_
#define EGI_SIMULATORS_FEEDING_INCIDENT_FILE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "simulators/feeding/incident.h"
#include "yaml-cpp/yaml.h"

namespace egi::feeding_simulator {

// Reads the incidents of a file: a list, or a document with a list under `incidents` (its other keys are another reader's). A duration is a number with
// h, d or meals ("36h", "2d", "3 meals"); without `from` an incident begins with J0 matin. Errors: NOT_FOUND (no such file), INVALID_ARGUMENT with one line
// for each fault, telling line and key.
absl::StatusOr<std::vector<Incident>> ReadIncidentFile(const std::string& path);

// The same from a text; `name` stands for the file in errors.
absl::StatusOr<std::vector<Incident>> ParseIncidents(const std::string& yaml, const std::string& name);

// Reads a list that is part of a larger document, for other readers of YAML. Faults are added to `faults`, each with its line and key.
std::vector<Incident> ReadIncidents(const YAML::Node& list, const std::string& key, std::vector<std::string>* faults);

// "36h", "2d", "1 meal", "3 meals". Errors: INVALID_ARGUMENT.
absl::StatusOr<absl::Duration> ParseIncidentDuration(const std::string& text);

}  // namespace egi::feeding_simulator

#endif  // EGI_SIMULATORS_FEEDING_INCIDENT_FILE_H_
