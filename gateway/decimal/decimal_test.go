package decimal

import "testing"

func TestNumbersAsPeopleWriteThem(t *testing.T) {
	for text, want := range map[string]float64{
		"338,6": 338.6, "338.6": 338.6, "338": 338, "-1,5": -1.5, "+2,0": 2, " 20,8 ": 20.8, "5 480,2": 5480.2, "5\u00a0480,2": 5480.2, "5\u202f480": 5480, "1\u20092\u2009": 0, "0,0": 0,
	} {
		got, ok := Parse(text)
		if text == "1\u20092\u2009" {
			if ok {
				t.Errorf("%q is not a number", text)
			}
			continue
		}
		if !ok || got != want {
			t.Errorf("%q: %v %v, want %v", text, got, ok, want)
		}
	}
}

func TestOtherTextIsNoNumber(t *testing.T) {
	for _, text := range []string{"", ",5", "5,", "1.234,5", "1,234.5", "1,2,3", "12 34", "NaN", "Inf", "1e3", "0x10", "338,6 g", "--1", "٣", "99999999999999999999999999999999999999999"} {
		if got, ok := Parse(text); ok {
			t.Errorf("%q was read as %v", text, got)
		}
	}
}
