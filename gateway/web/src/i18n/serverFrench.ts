// Sentences of the server that the page shows, by their English text.
const MORE_DATA = "Choisissez une période ou une base plus longue, ou donnez la moyenne et sigma";

export const french: Record<string, string> = {
  "{{0}} samples are in no complete subgroup and are not charted.": "{{0}} échantillons n'appartiennent à aucun sous-groupe complet et ne sont pas tracés.",
  "Samples of {{0}} devices are mixed, so their differences count as spread: choose one device_id.":
    "Les échantillons de {{0}} appareils sont mêlés, leurs différences comptent comme dispersion : choisissez un seul appareil.",
  "The limits come from only {{0}} samples: they are a trial until there are {{1}}.":
    "Les limites ne viennent que de {{0}} échantillons : elles sont provisoires jusqu'à {{1}}.",
  "The samples are not normally distributed (Anderson-Darling, p < {{0}}): the indices and their intervals are only a hint.":
    "Les échantillons ne suivent pas une loi normale (Anderson-Darling, p < {{0}}) : les indices et leurs intervalles ne sont qu'indicatifs.",
  "capability needs at least {{0}} samples, there are {{1}}": "la capabilité demande au moins {{0}} échantillons, il y en a {{1}}",
  "capability needs a specification limit: give lsl, usl or both": "la capabilité demande une limite de spécification",
  "capability needs spread, all samples are equal": "la capabilité demande une dispersion, tous les échantillons sont égaux",
  "no control limits from {{0}} samples of the baseline: {{1}} values are too few to estimate a spread: at least {{2}} are needed. Choose a longer period or baseline, or give mean and sigma":
    `Pas de limites de contrôle : {{0}} échantillons, il en faut au moins {{2}}. ${MORE_DATA}.`,
  "no control limits from {{0}} samples of the baseline: no subgroup is complete. Choose a longer period or baseline, or give mean and sigma":
    `Pas de limites de contrôle : aucun sous-groupe complet parmi {{0}} échantillons. ${MORE_DATA}.`,
  "no control limits from {{0}} samples of the baseline: all values equal {{1}}: without spread there are no control limits. Choose a longer period or baseline, or give mean and sigma":
    `Pas de limites de contrôle : les {{0}} échantillons valent tous {{1}}. ${MORE_DATA}.`,
  "golden sample drifts: the average of its checks is {{0}} %, outside {{1}} .. {{2}} %; calibrate the station":
    "l'échantillon étalon dérive : la moyenne de ses vérifications est de {{0}} %, hors de {{1}} à {{2}} % ; étalonnez la station",
  "white reference drifts: the average of its checks is {{0}} %, outside {{1}} .. {{2}} %; calibrate the station":
    "la référence blanche dérive : la moyenne de ses vérifications est de {{0}} %, hors de {{1}} à {{2}} % ; étalonnez la station",
  "calibration {{0}} is valid from {{1}} only": "l'étalonnage {{0}} n'est valable qu'à partir du {{1}}",
  "calibration {{0}} expired on {{1}}; calibrate the station": "l'étalonnage {{0}} a expiré le {{1}} ; étalonnez la station",
  "golden sample check {{0}} of {{1}} failed": "vérification {{0}} de l'échantillon étalon échouée le {{1}}",
  "white reference check {{0}} of {{1}} failed": "vérification {{0}} de la référence blanche échouée le {{1}}",
  "{{0}} is {{1}} % from its reference (tolerance {{2}} %)": "{{0}} à {{1}} % de sa référence (tolérance {{2}} %)",
  "{{0}} scatters by {{1}} % (limit {{2}} %)": "{{0}} dispersé de {{1}} % (limite {{2}} %)",
  "and {{0}} more": "et {{0}} autres",
};
