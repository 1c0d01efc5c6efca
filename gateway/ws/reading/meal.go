package reading

import (
	"math"
	"strconv"
	"strings"

	"github.com/valyala/fastjson"
	"google.golang.org/protobuf/types/known/timestamppb"

	feedingv1 "egi/gateway/gen/egi/feeding/v1"
)

// breeds are the words of the server (validate::NormaliseBreed); sockets.test.mjs holds the two lists together.
var breeds = map[string]string{"mulard": "Mulard", "barbarie": "Barbarie", "pekin": "Pékin", "pékin": "Pékin", "mixte": "Mixte"}

// Meal converts a feeding message; numbers may be text with a decimal comma ("338,6"). Of the fields of the specification only dose_theorique,
// temperature_stabule, humidite_stabule and pret_abattage may be absent.
// When violations are returned the meal is nil; the identity is what could be read.
func Meal(root *fastjson.Value) (*feedingv1.Meal, Identity, []Violation) {
	c := &collector{written: true}
	id := IdentityOf(root)
	code, number := c.mealLot(root)
	if id.CodeLot == "" {
		id.CodeLot = code
		if code == "" && number > 0 {
			id.CodeLot = strconv.Itoa(int(number))
		}
	}
	m := &feedingv1.Meal{
		CodeLot:   code,
		LotId:     number,
		GaveurNom: c.text(root, "", 100, true, "gaveur_nom"),
		Site:      c.site(root, "site"),
		Moment:    oneOf(c, root, "moment", "matin", "soir"),
	}
	if v := c.integer(root, "", 1, 2147483647, true, "gaveur_id"); v != nil {
		m.GaveurId = *v
	}
	if breed := c.text(root, "", 20, true, "genetique"); breed != "" {
		known, ok := breeds[strings.ToLower(breed)]
		if !ok {
			c.add("genetique", "is not Mulard, Barbarie, Pékin or Mixte")
		}
		m.Genetique = known
	}
	if v := c.integer(root, "", -1, 27, true, "jour"); v != nil {
		m.Jour = *v
	}
	m.DoseTheorique = c.number(root, "", 0, 1000, false, "dose_theorique")
	m.DoseReelle = c.number(root, "", 0, 1000, true, "dose_reelle")
	m.PoidsMoyen = c.number(root, "", 500, 12000, true, "poids_moyen")
	m.NbCanardsVivants = c.integer(root, "", 0, 1000000, true, "nb_canards_vivants")
	m.TauxMortalite = c.number(root, "", 0, 100, true, "taux_mortalite")
	m.TemperatureStabule = c.number(root, "", -20, 50, false, "temperature_stabule")
	m.HumiditeStabule = c.number(root, "", 0, 100, false, "humidite_stabule")
	if t := c.time(root, "", "timestamp"); !t.IsZero() {
		m.Timestamp = timestamppb.New(t)
	}
	if v := c.boolean(root, "", false, "pret_abattage"); v != nil {
		m.PretAbattage = *v
	}
	if v := c.integer(root, "", 0, 1000000, false, "nb_canards_initial"); v != nil {
		m.NbCanardsInitial = *v
	}
	if v := c.integer(root, "", 0, 54, false, "repas"); v != nil {
		m.Repas = *v
	}
	if v, _ := first(root, "sent_at"); v != nil {
		if t := c.time(root, "", "sent_at"); !t.IsZero() {
			m.SentAt = timestamppb.New(t)
		}
	}
	m.NbMorts = c.integer(root, "", 0, 1000000, false, "nb_morts")
	m.SaisiPar = c.text(root, "", 100, false, "saisi_par")
	m.RaisonCorrection = c.text(root, "", 500, false, "raison_correction")
	m.RequestId = c.text(root, "", 100, false, "request_id")
	if violations := c.result(); len(violations) > 0 {
		return nil, id, violations
	}
	return m, id, nil
}

// mealLot reads the code or the integer id of the lot: of code_lot, lot_id, or both, which the server then compares.
func (c *collector) mealLot(root *fastjson.Value) (code string, id int32) {
	for _, key := range []string{"code_lot", "lot_id"} {
		v := get(root, key)
		if v == nil {
			continue
		}
		var name string
		if v.Type() == fastjson.TypeNumber {
			if n := c.integer(root, "", 1, math.MaxInt32, true, key); n != nil {
				name = strconv.Itoa(int(*n))
			}
		} else {
			name = strings.TrimSpace(c.text(root, "", 20, true, key))
		}
		n, err := strconv.ParseInt(name, 10, 32)
		switch {
		case name == "":
		case err == nil && id != 0 && int32(n) != id || err != nil && code != "" && name != code:
			c.add(key, "is "+name+", but code_lot names another lot; name one lot")
		case err == nil:
			id = int32(n)
		default:
			code = name
		}
	}
	if get(root, "code_lot") == nil && get(root, "lot_id") == nil {
		c.text(root, "", 20, true, "code_lot")
	}
	return code, id
}

// Site brings a site to its spelling, as the server does (validate::NormaliseSite): capitals without surrounding spaces, MG is MT.
// The empty string when it is no site.
func Site(text string) string {
	switch site := strings.ToUpper(strings.TrimSpace(text)); site {
	case "LL", "LS", "MT":
		return site
	case "MG":
		return "MT"
	}
	return ""
}

// site reads a site.
func (c *collector) site(root *fastjson.Value, key string) string {
	s := c.text(root, "", 100, true, key)
	site := Site(s)
	if s != "" && site == "" {
		c.add(key, "is not one of LL, LS, MT")
	}
	return site
}

// oneOf reads a word of a closed list; the empty string when it is not one.
func oneOf(c *collector, root *fastjson.Value, key string, words ...string) string {
	s := c.text(root, "", 100, true, key)
	if s == "" {
		return ""
	}
	for _, word := range words {
		if s == word {
			return s
		}
	}
	c.add(key, "is not one of "+strings.Join(words, ", "))
	return ""
}
