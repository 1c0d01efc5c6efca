#!/usr/bin/env python3
"""Writes lots_gavage_synthetic.csv: a campaign file of the 174-column layout without any real person, farm or figure.

The seed is fixed, so that the file is the same on every machine:  python3 data/make_synthetic_campaign.py > data/lots_gavage_synthetic.csv
It holds, on purpose, every peculiarity an importer must survive: Windows-1252 letters, empty meals, a meal skipped inside a series,
doses with a typing error, a prescribed dose of 1 g, Sigma 0 (not measured), a loss of 19 %, a wrong count of collected birds.

Its codes are of the month 00 of the year 99: the platform gives none such ({SITE}{YYMM}{NNN}), and the field's begin with 48 or 49. So an import of this file
never changes a real lot.
"""
import datetime
import random
import sys

SEED = 20240102
MEALS = 27
ZONES = {"LL": "BRETAGNE", "LS": "PAYS DE LOIRE", "MT": "MAUBOURGUET"}
STRAINS = ["CF80* - M15 V2E SFM", "MMG AS - PKL*", "MMG AS - PKLC"]


def header():
    names = ["CodeLot"]
    for i in range(1, MEALS + 1):
        names += [f"feedTarget_{i}", f"feedCornReal_{i}"]
    names += ["total_cornTarget", "total_cornReal"]
    for i in range(1, MEALS + 1):
        names += [f"corn_variation_{i}", f"cumulCorn_{i}", "delta_feed1" if i == 1 else f"delta_feed_{i}"]
    return names + (
        "QteTotalTest duree_gavage GEO saison Eleveur ProdIgpFR Code_plan_alimentation Four_Alim_Elev Four_Alim_Gav "
        "Code_plan_alimentation_compl Gaveur Debut_du_lot Nombre_enleve Nb_MEG Quantite_accrochee Lot_GAV Lot_PAG Age_des_animaux "
        "Duree_du_lot Conso_Gav_Z1 Souche dPctgPerteGav ITM ITM_cut Sigma Sigma_cut Civilite RaisonSociale NomUsage Adresse1 Adresse2 "
        "CodePostal Commune Telephone1 Email Code_lot").split()


def doses(rng, meals, gap, typo, tiny_target):
    """(prescribed, real) by meal; (None, 0) where no meal was given."""
    plan = []
    for i in range(1, MEALS + 1):
        if i > meals or i == gap:
            plan.append((None, 0))
            continue
        target = round(min(230 + 22 * (i - 1), 500) / 5) * 5
        real = target + rng.choice([0, 0, 0, -10, 5, 12])
        if i == typo:
            target = real = 770
        if i == tiny_target:
            target = 1
        plan.append((target, real))
    return plan


def fill_derived(row, plan):
    """Derived columns with the habits of the real files: the first variation is always 0, cells after a gap are empty."""
    total, previous, seen_gap, last = 0, None, False, max(i for i, (_, real) in enumerate(plan) if real)
    for i, (target, real) in enumerate(plan):
        n = i + 1
        delta = "delta_feed1" if n == 1 else f"delta_feed_{n}"
        row[f"feedTarget_{n}"] = "" if target is None else target
        row[f"feedCornReal_{n}"] = real
        if not real:
            row[f"corn_variation_{n}"] = row[f"cumulCorn_{n}"] = row[delta] = ""
            seen_gap = seen_gap or i < last
            previous = None
            continue
        total += real
        row[f"corn_variation_{n}"] = 0 if n == 1 else real - target
        row[f"cumulCorn_{n}"] = "" if seen_gap else total
        row[delta] = 0 if n == 1 else "" if previous is None else real - previous
        previous = real
    row["total_cornTarget"] = sum(t for t, _ in plan if t)
    row["total_cornReal"] = row["QteTotalTest"] = total
    row["Conso_Gav_Z1"] = f"{total / 1000:g}"


def itm_class(itm):
    return next((c for limit, c in ((12.5, "A"), (14, "B"), (15.5, "C"), (17, "D")) if itm <= limit), "E")


def lot(rng, number, site, quirks):
    days = quirks.get("days", 10)
    start = datetime.date(2024, 1, 2) + datetime.timedelta(days=number % 8)
    code = f"{site}9900{number:03d}"
    feeder = quirks.get("feeder", number)
    placed = 600 + 40 * number
    hung = round(placed * (1 - quirks.get("loss", 0.01 + 0.001 * number)))
    itm = round(rng.uniform(12.2, 18.0), 2)
    sigma = 0 if quirks.get("sigma") == 0 else round(rng.uniform(0.13, 0.21), 9)
    row = {"CodeLot": code, "Lot_GAV": code, "Code_lot": code, "duree_gavage": days, "Duree_du_lot": days, "GEO": ZONES[site], "saison": "winter",
           "Eleveur": f"Éleveur {1 + number % 3:02d}", "ProdIgpFR": "GRAS IGP MÉDIAN", "Code_plan_alimentation": "" if number % 4 == 0 else "Plan A",
           "Four_Alim_Elev": "Fournisseur 1", "Four_Alim_Gav": "Fournisseur 2", "Code_plan_alimentation_compl": "Plan gavage 1",
           "Gaveur": f"Gaveur {feeder:02d}" + (" " if number == 5 else ""), "Debut_du_lot": start.strftime("%d/%m/%Y"),
           "Nombre_enleve": quirks.get("collected", placed), "Nb_MEG": placed, "Quantite_accrochee": hung, "Lot_PAG": f"{site}237{number:02d}01"[:9],
           "Age_des_animaux": 80 + number, "Souche": STRAINS[number % 3], "dPctgPerteGav": f"{(placed - hung) / placed:.9f}".rstrip("0").rstrip("."),
           "ITM": f"{itm:g}", "ITM_cut": itm_class(itm), "Sigma": f"{sigma:g}" if sigma == 0 else f"{sigma:.9f}", "Sigma_cut": "A" if sigma else "nan",
           "Civilite": "SARL" if number % 2 else "", "RaisonSociale": f"Société fictive n° {feeder}", "NomUsage": f"Gaveur {feeder:02d}",
           "Adresse1": f"{feeder} rue de l'Exemple", "Adresse2": "", "CodePostal": "00 000", "Commune": "Françonville-sur-Exemple",
           "Telephone1": "00-00-00-00-00", "Email": f"gaveur{feeder:02d}@example.org"}
    fill_derived(row, doses(rng, quirks.get("meals", 2 * days), quirks.get("gap"), quirks.get("typo"), quirks.get("tiny_target")))
    return row


def main():
    rng = random.Random(SEED)
    plan = [("LL", {}), ("LL", {"days": 9}), ("LL", {"days": 9, "meals": 19, "sigma": 0}), ("LS", {"gap": 19, "meals": 22}), ("LS", {"typo": 7}),
            ("LS", {"sigma": 0}), ("LS", {"days": 11, "feeder": 4}), ("MT", {"loss": 0.19}), ("MT", {"collected": 100}),
            ("MT", {"days": 12, "meals": 22}), ("MT", {"tiny_target": 19}), ("MT", {"sigma": 0, "meals": 21})]
    names = header()
    rows = [names] + [[str(row[name]) for name in names] for row in (lot(rng, i + 1, site, quirks) for i, (site, quirks) in enumerate(plan))]
    sys.stdout.buffer.write("".join(";".join(cells) + "\n" for cells in rows).encode("windows-1252"))


main()
