// The sections of a profile, read one by one into plain data.
#ifndef EGI_SERVER_ANALYSE_PROFILE_SECTIONS_H_
#define EGI_SERVER_ANALYSE_PROFILE_SECTIONS_H_

#include "server/analyse/profile.h"
#include "server/analyse/yaml_section.h"

namespace egi::analyse {

// Reads product, container, liver and both sensors of a profile, and derives the grid, the empty distance and the expected volume.
void ReadSetupSections(YamlSection& profile, AnalysisProfile* target);

// Reads the rules of the analysis: those of the whole document, or what one profile changes of them.
void ReadAnalysisSections(YamlSection& section, AnalysisProfile* target);

}  // namespace egi::analyse

#endif  // EGI_SERVER_ANALYSE_PROFILE_SECTIONS_H_
