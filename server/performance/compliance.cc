#include "server/performance/compliance.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "server/performance/itm.h"
#include "server/performance/strain.h"

namespace egi::performance {
namespace {

using feeding::v1::ComplianceRule;
using feeding::v1::ItmFigure;
using feeding::v1::LabelCompliance;

constexpr char kMet[] = "conforme";
constexpr char kOnTrack[] = "en_bonne_voie";
constexpr char kUncertain[] = "inconnu";
constexpr char kThreatened[] = "compromis";
constexpr char kMissed[] = "non_conforme";

// Figures of the rules (sensors.md section 4).
constexpr double kEuLiverG = 300;
constexpr double kPgiLiverG = 350;
constexpr int kPgiDays = 10;
constexpr int kPgiMeals = 20;
constexpr int kPgiAgeMulard = 81;
constexpr int kPgiAgeBarbarie = 82;

// A figure in French, e.g. "14,2".
std::string French(double value) { return absl::StrReplaceAll(absl::StrFormat("%.4g", value), {{".", ","}}); }

ComplianceRule NewRule(const char* name, std::string asks, const char* unit) {
  ComplianceRule rule;
  rule.set_regle(name);
  rule.set_libelle(std::move(asks));
  rule.set_unite(unit);
  return rule;
}

void Judge(ComplianceRule& rule, const char* verdict, const std::string& message) {
  rule.set_statut(verdict);
  rule.set_message(message);
}

ComplianceRule SpeciesRule(Species species, bool told, bool ended) {
  ComplianceRule rule = NewRule("espece", "Canard de Barbarie ou mulard (Cairina moschata, ou croisée avec Anas)", "");
  switch (species) {
    case Species::kMulard:
      Judge(rule, kMet, told ? "Mulard." : "Mulard, d'après la souche : un croisement de deux lignées.");
      break;
    case Species::kBarbarie:
      Judge(rule, kMet, "Barbarie.");
      break;
    case Species::kPekin:
      Judge(rule, kMissed, "Pékin : le foie d'un Anas ne peut pas être appelé foie gras.");
      break;
    case Species::kMixed:
      Judge(rule, ended ? kUncertain : kThreatened, "Lot mixte : un lot d'abattage ne compte qu'une espèce ; séparer les Pékins avant l'abattage.");
      break;
    case Species::kUnknown:
      Judge(rule, kUncertain, "Génétique inconnue : la renseigner.");
      break;
  }
  return rule;
}

// The age at the first day is a fact from the beginning. Where the species is not known the stricter of the two bounds must hold.
ComplianceRule AgeRule(Species species, const std::optional<int>& age) {
  const bool exact = species == Species::kMulard || species == Species::kBarbarie;
  const int limit = species == Species::kMulard ? kPgiAgeMulard : kPgiAgeBarbarie;
  ComplianceRule rule = NewRule("age", absl::StrCat("Au moins ", limit, " jours à la mise en gavage"), "jours");
  rule.mutable_limite()->set_value(limit);
  if (!age.has_value()) {
    Judge(rule, kUncertain, "Âge à la mise en gavage inconnu : le renseigner.");
    return rule;
  }
  rule.mutable_valeur()->set_value(*age);
  rule.mutable_prevu()->set_value(*age);
  if (*age >= limit) {
    Judge(rule, kMet, absl::StrCat(*age, " jours."));
  } else if (!exact && *age >= kPgiAgeMulard) {
    Judge(rule, kUncertain, absl::StrCat(*age, " jours : assez pour des mulards, trop peu pour des Barbarie ; renseigner la génétique."));
  } else {
    Judge(rule, kMissed, absl::StrCat("Mis en gavage ", limit - *age, " jour(s) trop tôt."));
  }
  return rule;
}

// A count that grows during the gavage: days and meals. `planned` is what it will be at the end, absent without a plan.
ComplianceRule CountRule(ComplianceRule rule, int limit, std::optional<int> now, std::optional<int> planned, bool ended) {
  rule.mutable_limite()->set_value(limit);
  if (now.has_value()) rule.mutable_valeur()->set_value(*now);
  if (planned.has_value()) rule.mutable_prevu()->set_value(*planned);
  const std::string& unit = rule.unite();
  if (now.has_value() && *now >= limit) {
    Judge(rule, kMet, absl::StrCat(*now, " ", unit, "."));
  } else if (ended) {
    if (now.has_value()) {
      Judge(rule, kMissed, absl::StrCat(*now, " ", unit, " au lieu de ", limit, "."));
    } else {
      Judge(rule, kUncertain, absl::StrCat("Nombre de ", unit, " inconnu."));
    }
  } else if (!planned.has_value()) {
    Judge(rule, kUncertain, "Durée prévue inconnue : la renseigner.");
  } else if (*planned >= limit) {
    Judge(rule, kOnTrack, absl::StrCat(now.value_or(0), " ", unit, " sur ", limit, ", ", *planned, " prévus."));
  } else {
    Judge(rule, kThreatened,
          absl::StrCat("Le plan mène à ", *planned, " ", unit, " : prolonger le gavage d'au moins ", limit - *planned, " ", unit, "."));
  }
  return rule;
}

ComplianceRule DaysRule(const LotFacts& facts) {
  std::optional<int> now = facts.days_fed;
  if (facts.Ended()) now = facts.real_days.has_value() ? facts.real_days : facts.days_fed > 0 ? now : std::nullopt;
  return CountRule(NewRule("duree", absl::StrCat("Au moins ", kPgiDays, " jours de gavage"), "jours"), kPgiDays, now,
                   facts.Ended() ? now : facts.planned_days, facts.Ended());
}

// A finished lot without a stored meal was imported without them: their number is not known.
ComplianceRule MealsRule(const LotFacts& facts) {
  std::optional<int> now = facts.meals_given;
  if (facts.Ended() && facts.meals_given == 0) now.reset();
  std::optional<int> planned;
  if (facts.planned_days.has_value()) planned = facts.meals_given + facts.meals_left;
  return CountRule(NewRule("repas", absl::StrCat("Au moins ", kPgiMeals, " repas"), "repas"), kPgiMeals, now, facts.Ended() ? now : planned, facts.Ended());
}

// The spread the share of light livers is told with.
double SigmaFor(const LotFacts& facts) {
  const auto sigma = SigmaOf(facts);
  return sigma.has_valeur() && sigma.valeur().value() > 0 ? sigma.valeur().value() : kUsualSigma;
}

// The rule holds for each liver, and a lot is judged by their mean; the share below the limit says how far that is apart.
ComplianceRule LiverRule(const LotFacts& facts, const ItmFigure& itm, double limit) {
  ComplianceRule rule = NewRule("poids_foie", absl::StrCat("Foies d'au moins ", limit, " g"), "g");
  rule.mutable_limite()->set_value(limit);
  if (!itm.has_poids_foie_g()) {
    Judge(rule, kUncertain, itm.nature() == kUnknown ? "Ni poids de foie ni plan : renseigner la durée prévue." : "Poids de foie inconnu.");
    return rule;
  }
  const double weight = itm.poids_foie_g().value();
  const double share = ShareBelow(limit, weight, SigmaFor(facts));
  rule.mutable_prevu()->set_value(weight);
  rule.mutable_part_sous_limite_pct()->set_value(share);
  const std::string light = absl::StrCat("environ ", French(share), " % des foies sous ", French(limit), " g");
  const bool enough = weight >= limit;
  if (itm.nature() == kProjected) {
    Judge(rule, enough ? kOnTrack : kThreatened, absl::StrCat("Poids attendu ", French(weight), " g ; ", light, "."));
    return rule;
  }
  rule.mutable_valeur()->set_value(weight);
  Judge(rule, enough ? kMet : kMissed,
        absl::StrCat(itm.nature() == kSensed ? "Poids moyen estimé " : "Poids moyen ", French(weight), " g ; ", light, "."));
  return rule;
}

int Rank(const std::string& verdict) {
  return static_cast<int>(std::find(std::begin(kVerdicts), std::end(kVerdicts), verdict) - std::begin(kVerdicts));
}

LabelCompliance Conclude(const char* label, const char* name, std::vector<ComplianceRule> rules) {
  LabelCompliance compliance;
  compliance.set_label(label);
  compliance.set_libelle(name);
  compliance.set_nb_regles(static_cast<int>(rules.size()));
  std::string worst = kMet;
  int kept = 0;
  for (ComplianceRule& rule : rules) {
    if (Rank(rule.statut()) < Rank(worst)) worst = rule.statut();
    if (rule.statut() == kMet || rule.statut() == kOnTrack) ++kept;
    *compliance.add_regles() = std::move(rule);
  }
  compliance.set_statut(worst);
  compliance.set_nb_regles_tenues(kept);
  return compliance;
}

}  // namespace

std::vector<LabelCompliance> ComplianceOf(const LotFacts& facts, const ItmFigure& itm) {
  const Species species = SpeciesOf(facts.genetique, facts.souche);
  const ComplianceRule birds = SpeciesRule(species, !facts.genetique.empty(), facts.Ended());
  std::vector<LabelCompliance> labels;
  labels.push_back(Conclude(kEu, "Foie gras (UE 543/2008)", {birds, LiverRule(facts, itm, kEuLiverG)}));
  labels.push_back(Conclude(kPgi, "IGP Canard à foie gras du Sud-Ouest",
                            {birds, AgeRule(species, facts.age_days), DaysRule(facts), MealsRule(facts), LiverRule(facts, itm, kPgiLiverG)}));
  return labels;
}

double ShareBelow(double limit_g, double mean_g, double cv) {
  return 50 * std::erfc((mean_g - limit_g) / (cv * mean_g) / std::sqrt(2.0));
}

}  // namespace egi::performance
