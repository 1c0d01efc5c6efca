#include "server/finance/account.h"

#include <algorithm>

namespace egi::finance {
namespace {

using supervision::v1::Amounts;
using supervision::v1::CostShare;
using supervision::v1::Price;

void Note(const Price* price, Uses* uses) {
  if (price == nullptr || uses == nullptr) return;
  auto& use = uses->prices[{{price->type_prix(), price->grade()}, price->id()}];
  use.first = *price;
  ++use.second;
}

// EUR, 0 when nothing is charged.
double Charge(const char* kind, const LotFacts& lot, const PriceBook& book, Uses* uses) {
  const Price* price = book.On(kind, "", lot.end_day);
  Note(price, uses);
  return price == nullptr ? 0 : price->prix();
}

// EUR/kg by the shares of the lot's grades; absent unless each of them has a price.
std::optional<double> MixedPrice(const LotFacts& lot, const PriceBook& book, Uses* uses) {
  double sum = 0;
  int livers = 0;
  std::vector<const Price*> prices;
  std::vector<std::string> without;
  for (const auto& [grade, count] : lot.grades) {
    if (count <= 0) continue;
    const Price* price = book.On(kLiver, grade, lot.end_day);
    price == nullptr ? without.push_back(grade) : prices.push_back(price);
    if (price != nullptr) sum += count * price->prix();
    livers += count;
  }
  if (prices.empty()) return std::nullopt;
  if (!without.empty()) {
    if (uses != nullptr) uses->grades_without_price.insert(without.begin(), without.end());
    return std::nullopt;
  }
  for (const Price* price : prices) Note(price, uses);
  return sum / livers;
}

template <typename Value>
void SetRatio(double part, double whole, Value* value) {
  value->set_value(part / whole);
}

}  // namespace

std::string WhyLeftOut(const LotFacts& lot) {
  if (!lot.itm.has_value() || *lot.itm <= 0) return "pas_d_itm_final";
  if (!lot.placed.has_value() || !lot.hung.has_value()) return "canards_inconnus";
  if (!lot.corn_kg.has_value() || *lot.corn_kg <= 0) return "mais_inconnu";
  if (lot.end_day.empty() || !lot.days.has_value()) return "dates_inconnues";
  return "";
}

std::string ExplainLeftOut(const std::string& why) {
  if (why == "pas_d_itm_final") return "L'ITM n'est pas encore final : enregistrez l'abattage avec le poids moyen des foies.";
  if (why == "canards_inconnus") return "Le nombre de canards mis en gavage ou accrochés manque : enregistrez l'abattage ou corrigez le lot.";
  if (why == "mais_inconnu") return "Le maïs consommé par canard manque : saisissez les repas ou importez le lot.";
  if (why == "dates_inconnues") return "Le premier jour ou la durée du gavage manque : corrigez le lot.";
  return "";
}

Amounts AccountOf(const LotFacts& lot, const PriceBook& book, Uses* uses) {
  Amounts sums;
  sums.set_nb_lots(1);
  sums.set_nb_canards_meg(*lot.placed);
  sums.set_nb_canards_accroches(*lot.hung);
  sums.set_production_kg(*lot.hung * *lot.corn_kg / *lot.itm);
  sums.set_mais_kg(*lot.placed * *lot.corn_kg);

  if (const auto mixed = MixedPrice(lot, book, uses); mixed.has_value()) {
    sums.set_chiffre_affaires(sums.production_kg() * *mixed);
    sums.set_nb_lots_prix_par_grade(1);
  } else {
    sums.set_chiffre_affaires(sums.production_kg() * Charge(kLiver, lot, book, uses));
  }
  const double corn = Charge(kCorn, lot, book, uses);
  const double labour = Charge(kLabour, lot, book, uses) * *lot.days / 10;
  const double bird = Charge(kReadyBird, lot, book, uses);
  sums.set_cout_mais(sums.mais_kg() * corn);
  sums.set_cout_gavage(*lot.placed * labour);
  sums.set_cout_canards(*lot.placed * bird);
  double transport = *lot.hung * Charge(kBirdTransport, lot, book, uses);
  if (const Price* km = book.On(kKmTransport, "", lot.end_day); km != nullptr) {
    if (lot.km.has_value()) {
      Note(km, uses);
      transport += *lot.km * km->prix();
      sums.set_nb_lots_km(1);
    } else if (uses != nullptr) {
      ++uses->lots_without_km;
    }
  }
  sums.set_cout_transport(transport);
  sums.set_cout_total(sums.cout_mais() + sums.cout_gavage() + transport + sums.cout_canards());
  const int lost = std::max(0, *lot.placed - *lot.hung);
  sums.set_dont_pertes(lost * (*lot.corn_kg * corn + labour + bird));
  sums.set_sensibilite_itm(sums.production_kg() * corn);
  return sums;
}

void Add(const Amounts& lot, Amounts& sums) {
  sums.set_nb_lots(sums.nb_lots() + lot.nb_lots());
  sums.set_nb_canards_meg(sums.nb_canards_meg() + lot.nb_canards_meg());
  sums.set_nb_canards_accroches(sums.nb_canards_accroches() + lot.nb_canards_accroches());
  sums.set_production_kg(sums.production_kg() + lot.production_kg());
  sums.set_mais_kg(sums.mais_kg() + lot.mais_kg());
  sums.set_chiffre_affaires(sums.chiffre_affaires() + lot.chiffre_affaires());
  sums.set_cout_mais(sums.cout_mais() + lot.cout_mais());
  sums.set_cout_gavage(sums.cout_gavage() + lot.cout_gavage());
  sums.set_cout_transport(sums.cout_transport() + lot.cout_transport());
  sums.set_cout_canards(sums.cout_canards() + lot.cout_canards());
  sums.set_cout_total(sums.cout_total() + lot.cout_total());
  sums.set_dont_pertes(sums.dont_pertes() + lot.dont_pertes());
  sums.set_sensibilite_itm(sums.sensibilite_itm() + lot.sensibilite_itm());
  sums.set_nb_lots_prix_par_grade(sums.nb_lots_prix_par_grade() + lot.nb_lots_prix_par_grade());
  sums.set_nb_lots_km(sums.nb_lots_km() + lot.nb_lots_km());
}

void SetRatios(Amounts& sums) {
  sums.set_marge(sums.chiffre_affaires() - sums.cout_total());
  if (sums.chiffre_affaires() > 0) SetRatio(100 * sums.marge(), sums.chiffre_affaires(), sums.mutable_taux_marge());
  if (sums.production_kg() > 0) {
    SetRatio(sums.mais_kg(), sums.production_kg(), sums.mutable_ratio_mais_foie());
    SetRatio(sums.cout_total(), sums.production_kg(), sums.mutable_cout_production_eur_kg());
  }
}

std::vector<CostShare> SplitOf(const Amounts& sums) {
  std::vector<CostShare> shares;
  for (const auto& [name, eur] : {std::pair{"mais", sums.cout_mais()}, std::pair{"gavage", sums.cout_gavage()},
                                  std::pair{"transport", sums.cout_transport()}, std::pair{"canards", sums.cout_canards()}}) {
    CostShare share;
    share.set_poste(name);
    share.set_montant(eur);
    if (sums.cout_total() > 0) SetRatio(100 * eur, sums.cout_total(), share.mutable_part_pct());
    shares.push_back(std::move(share));
  }
  return shares;
}

}  // namespace egi::finance
