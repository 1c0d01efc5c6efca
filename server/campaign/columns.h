// The columns of campaign files: names, other names they go by, and the layouts that are written (specification: domain.md sections 15.1 and 15.2).
#ifndef EGI_SERVER_CAMPAIGN_COLUMNS_H_
#define EGI_SERVER_CAMPAIGN_COLUMNS_H_

#include <array>
#include <string>
#include <vector>

namespace egi::campaign {

// Meals the layout has room for.
inline constexpr int kMeals = 27;

// The columns with personal data. Their cells are never printed, logged or sent outside GaveurContact.
inline constexpr std::array<const char*, 11> kPersonalColumns = {"Eleveur",    "Gaveur",  "Civilite",   "RaisonSociale", "NomUsage", "Adresse1",
                                                                 "Adresse2",   "CodePostal", "Commune", "Telephone1",    "Email"};
bool IsPersonal(const std::string& column);
// A column of a layout, by its canonical name.
bool IsKnown(const std::string& column);

// "feedTarget_", 3 -> "feedTarget_3". The first delta column is written without underscore.
std::string TargetColumn(int meal);
std::string RealColumn(int meal);
std::string VariationColumn(int meal);
std::string CumulativeColumn(int meal);
std::string DeltaColumn(int meal);

// The name of the 174-column file for a column of one of its relatives: `DoseSecheReelle_3` -> `feedCornReal_3`, `delta_feed_1` -> `delta_feed1`,
// `code_lot` -> `Code_lot`, in any case; any other name unchanged.
std::string CanonicalColumn(const std::string& name);

// The region in the spelling of the 174-column file: MAUBOURGET -> MAUBOURGUET, HERBIERS and VENDEE -> PAYS DE LOIRE; any other text unchanged.
std::string CanonicalRegion(const std::string& region);

enum class Layout {
  k174,  // the reference file: `;`, Windows-1252, dd/mm/yyyy
  k199,  // the same and what else is known of a lot, liver weights first
  k100,  // the older export: `,`, UTF-8, ISO dates, doses under other names, no derived columns of meals
};

// "campaign174", "campaign199" or "campaign100".
std::string LayoutName(Layout layout);

// Column names in order, under the names of the 174-column file.
const std::vector<std::string>& LayoutColumns(Layout layout);

// The name a layout writes for a column of LayoutColumns: the older export has its own for doses.
std::string WrittenColumn(Layout layout, const std::string& column);

// Columns that only the wider layouts have, in their order; the last ones are ours and say what the platform knows of the lot.
inline constexpr std::array<const char*, 25> kExtendedColumns = {
    "Poids_de_foies_moyen", "Ecart_Type_Foie_Lot", "Poids_moyen_de_PCE", "Production_foie_kg",   "Date_fin_lot",     "Date_abattage", "Statut",
    "Genetique",            "Nb_repas",            "Nb_repas_sautes",    "Origine",              "Duree_prevue",     "Jour_actuel",   "Dernier_repas",
    "Poids_moyen_initial",  "Poids_moyen_final",   "Nb_vivants",         "Taux_mortalite",       "Objectif_mais",    "Objectif_poids", "Classe_itm",
    "Site_code",            "Gaveur_id",           "Lot_id",             "Mis_a_jour"};

}  // namespace egi::campaign

#endif  // EGI_SERVER_CAMPAIGN_COLUMNS_H_
