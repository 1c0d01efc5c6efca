// profiles.yaml as built into the program.
#ifndef EGI_SERVER_ANALYSE_BUILTIN_PROFILES_H_
#define EGI_SERVER_ANALYSE_BUILTIN_PROFILES_H_

#include <string>

namespace egi::analyse {

std::string BuiltInProfiles();

}  // namespace egi::analyse

#endif  // EGI_SERVER_ANALYSE_BUILTIN_PROFILES_H_
