// Severities of alerts in all the words that the front ends use for them (domain.md section 9).
#ifndef EGI_SERVER_API_SEVERITY_WORDS_H_
#define EGI_SERVER_API_SEVERITY_WORDS_H_

#include <string>

#include "server/api/fields.h"

namespace egi::api {

// A filter `value` of `field` as alerts of the feeding store it: info, warning, important or critique; empty stays empty. Notes any other word.
std::string FrenchSeverity(const std::string& field, const std::string& value, Fields& fields);

// The same as alerts of the quality store it: info, warning, important or critical.
std::string EnglishSeverity(const std::string& field, const std::string& value, Fields& fields);

}  // namespace egi::api

#endif  // EGI_SERVER_API_SEVERITY_WORDS_H_
