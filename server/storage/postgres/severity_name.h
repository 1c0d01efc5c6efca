// The words for a severity.
#ifndef EGI_SERVER_STORAGE_POSTGRES_SEVERITY_NAME_H_
#define EGI_SERVER_STORAGE_POSTGRES_SEVERITY_NAME_H_

#include "server/analyse/verdict.h"

namespace egi::storage {

// In alertes_euralis.
inline const char* FrenchSeverity(analyse::Severity severity) {
  constexpr const char* kNames[] = {"info", "warning", "important", "critique"};
  return kNames[static_cast<int>(severity)];
}

// In events.
inline const char* EventSeverity(analyse::Severity severity) {
  return severity == analyse::Severity::kCritical ? "critical" : FrenchSeverity(severity);
}

}  // namespace egi::storage

#endif  // EGI_SERVER_STORAGE_POSTGRES_SEVERITY_NAME_H_
