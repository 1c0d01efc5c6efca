package feed

import (
	"fmt"
	"strconv"
	"strings"

	realtimev1 "egi/gateway/gen/egi/realtime/v1"
	"egi/gateway/ws/reading"
)

// A Filter is what one socket wants; the zero value wants everything. CodeLot is a code once LotID is 0.
type Filter struct {
	DeviceID string
	SiteCode string
	CodeLot  string
	GaveurID int32
	MinGrade string
	DataType string
	// AlertsOnly is set by the notifications socket.
	AlertsOnly bool
}

var rank = map[string]int{"A+": 5, "A": 4, "B": 3, "C": 2, "REJECT": 1}

// Set changes one criterion by its public name. Unknown names are ignored; a bad value is an error.
func (f *Filter) Set(name, value string) error {
	switch name {
	case "device_id":
		f.DeviceID = value
	case "site_code":
		site := reading.Site(value)
		if value != "" && site == "" {
			return fmt.Errorf("site_code is %q, one of LL, LS, MT is expected", value)
		}
		f.SiteCode = site
	case "code_lot":
		f.CodeLot = value
	case "gaveur_id":
		if value == "" {
			f.GaveurID = 0
			return nil
		}
		n, err := strconv.ParseInt(value, 10, 32)
		if err != nil || n < 1 {
			return fmt.Errorf("gaveur_id is %q, a number above 0 is expected", value)
		}
		f.GaveurID = int32(n)
	case "min_grade":
		// A plus sign in an address that was not escaped arrives as a space.
		if value == "A " {
			value = "A+"
		}
		value = strings.ToUpper(value)
		if value != "" && rank[value] == 0 {
			return fmt.Errorf("min_grade is %q, one of A+, A, B, C, REJECT is expected", value)
		}
		f.MinGrade = value
	case "data_type":
		switch value {
		case "", "all", "sqal_only", "gavage_only":
		default:
			return fmt.Errorf("data_type is %q, one of all, sqal_only, gavage_only is expected", value)
		}
		f.DataType = value
	}
	return nil
}

// Names of the criteria that Set understands.
var Names = []string{"device_id", "site_code", "min_grade", "data_type", "code_lot", "gaveur_id"}

// LotID is the integer id by which the filter names its lot; 0 when it names none, or by code.
func (f *Filter) LotID() int32 {
	n, err := strconv.ParseInt(f.CodeLot, 10, 32)
	if err != nil || n < 1 {
		return 0
	}
	return int32(n)
}

// Match applies the filter, whose lot is named by code, to a decoded event.
func (f *Filter) Match(ev *realtimev1.Event) bool {
	if *f == (Filter{}) {
		return true
	}
	var device, site, lot string
	var gaveur int32
	sqal := true
	switch p := ev.Payload.(type) {
	case *realtimev1.Event_Sample:
		s := p.Sample
		if f.MinGrade != "" && rank[s.GetResult().GetFinalGrade()] < rank[f.MinGrade] {
			return false
		}
		device, site, lot, gaveur = s.GetSample().GetDeviceId(), s.SiteCode, s.CodeLot, s.GaveurId
	case *realtimev1.Event_Meal:
		m := p.Meal.GetMeal()
		sqal = false
		site, lot, gaveur = m.GetSite(), m.GetCodeLot(), m.GetGaveurId()
	case *realtimev1.Event_Alert:
		a := p.Alert
		sqal = a.Origin != "EURALIS"
		device, site, lot, gaveur = a.DeviceId, a.SiteCode, a.CodeLot, a.GaveurId
	case *realtimev1.Event_Device:
		device, site = p.Device.DeviceId, p.Device.SiteCode
	case *realtimev1.Event_Lot:
		sqal = false
		site, lot, gaveur = p.Lot.SiteCode, p.Lot.CodeLot, p.Lot.GaveurId
	}
	if f.AlertsOnly && ev.GetAlert() == nil ||
		f.DataType == "sqal_only" && !sqal || f.DataType == "gavage_only" && sqal ||
		f.SiteCode != "" && site != f.SiteCode ||
		f.CodeLot != "" && lot != f.CodeLot ||
		f.GaveurID != 0 && gaveur != f.GaveurID {
		return false
	}
	// A filter on a device says nothing about meals, lots and feeding alerts.
	return f.DeviceID == "" || !sqal || device == f.DeviceID
}
