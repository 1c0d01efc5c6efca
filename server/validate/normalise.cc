#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"
#include "server/validate/checks.h"
#include "server/validate/validate.h"

namespace egi::validate {
namespace {

// Values whose nearest integer lies in [0, max] are brought into it: a device that rounds differently is not refused.
void ClampRounding(google::protobuf::RepeatedField<float>* matrix, float max) {
  for (float& value : *matrix) {
    if (value < 0.f && value >= -0.5f) value = 0.f;
    if (value > max && value <= max + 0.5f) value = max;
  }
}

// The same for a figure of 0..1 that left it by a sum of floating-point errors.
double ClampUnit(double value) {
  constexpr double kRounding = 1e-6;
  if (value < 0 && value >= -kRounding) return 0;
  if (value > 1 && value <= 1 + kRounding) return 1;
  return value;
}

// First token of a grade in capitals; REJET is REJECT. "REJET - Qualité insuffisante" becomes "REJECT".
void NormaliseGrade(std::string* grade) {
  if (*grade == "A" || *grade == "A+" || *grade == "B" || *grade == "C" || *grade == "REJECT" || grade->empty()) return;
  const absl::string_view text = absl::StripLeadingAsciiWhitespace(*grade);
  std::string token = absl::AsciiStrToUpper(text.substr(0, text.find_first_of(" \t-:;,(")));
  *grade = absl::StartsWith(token, "REJET") ? "REJECT" : token;
}

// Capitals without surrounding spaces; MG is an old spelling of MT (domain.md section 3.1).
void NormaliseSite(std::string* site) {
  absl::AsciiStrToUpper(site);
  absl::StripAsciiWhitespace(site);
  if (*site == "MG") *site = "MT";
}

}  // namespace

void NormaliseBreed(std::string* breed) {
  if (IsBreed(*breed)) return;
  absl::StripAsciiWhitespace(breed);
  const std::string lower = absl::AsciiStrToLower(*breed);  // leaves the bytes of é and É alone
  if (lower == "mulard") *breed = "Mulard";
  if (lower == "barbarie") *breed = "Barbarie";
  if (lower == "mixte") *breed = "Mixte";
  if (lower == "pekin" || lower == "pékin" || lower == "pÉkin" || lower == "pe\u0301kin") *breed = "Pékin";
}

bool IsBreed(const std::string& text) { return text == "Mulard" || text == "Barbarie" || text == "Pékin" || text == "Mixte"; }

void NormaliseSample(quality::v1::Sample* sample) {
  if (!sample->site_code().empty()) NormaliseSite(sample->mutable_site_code());
  if (sample->has_tof()) {
    quality::v1::TofFrame* tof = sample->mutable_tof();
    ClampRounding(tof->mutable_distance_mm(), 4000.f);
    ClampRounding(tof->mutable_reflectance(), 255.f);
    ClampRounding(tof->mutable_amplitude(), 4095.f);
    ClampRounding(tof->mutable_ambient(), 4095.f);
  }
  if (sample->has_tof_analysis()) {
    quality::v1::TofAnalysis* analysis = sample->mutable_tof_analysis();
    NormaliseGrade(analysis->mutable_grade());
    analysis->set_quality_score(ClampUnit(analysis->quality_score()));
    analysis->set_surface_uniformity(ClampUnit(analysis->surface_uniformity()));
  }
  if (sample->has_spectral_analysis()) {
    quality::v1::SpectralAnalysis* analysis = sample->mutable_spectral_analysis();
    if (!analysis->grade().empty()) NormaliseGrade(analysis->mutable_grade());
    analysis->set_quality_score(ClampUnit(analysis->quality_score()));
    analysis->set_freshness_index(ClampUnit(analysis->freshness_index()));
    analysis->set_fat_quality_index(ClampUnit(analysis->fat_quality_index()));
    analysis->set_oxidation_index(ClampUnit(analysis->oxidation_index()));
  }
  if (sample->has_fusion()) {
    NormaliseGrade(sample->mutable_fusion()->mutable_final_grade());
    sample->mutable_fusion()->set_final_score(ClampUnit(sample->fusion().final_score()));
  }
}

void NormaliseMeal(feeding::v1::Meal* meal) {
  if (int32_t id = 0; !meal->code_lot().empty() && meal->code_lot()[0] != '+' && absl::SimpleAtoi(meal->code_lot(), &id) && id > 0 &&
                      (meal->lot_id() == 0 || meal->lot_id() == id)) {
    meal->set_lot_id(id);
    meal->clear_code_lot();
  }
  if (!meal->site().empty()) NormaliseSite(meal->mutable_site());
  if (meal->site().empty() && IsLotCode(meal->code_lot())) meal->set_site(meal->code_lot().substr(0, 2));
  if (!meal->genetique().empty()) NormaliseBreed(meal->mutable_genetique());
  if (meal->moment() != "matin" && meal->moment() != "soir") {
    absl::AsciiStrToLower(meal->mutable_moment());
    absl::StripAsciiWhitespace(meal->mutable_moment());
  }
}

}  // namespace egi::validate
