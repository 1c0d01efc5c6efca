package reading

import (
	"math"
	"os"
	"testing"

	"github.com/valyala/fastjson"
)

func seed(f *testing.F, names ...string) {
	f.Helper()
	for _, name := range names {
		text, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	for _, text := range []string{`{}`, `[]`, `{"vl53l8ch":{"raw":[]},"as7341":1,"fusion":null}`, `{"device_id":"D","x":NaN}`, `{"lot_id":1e400}`, "{\"a\":\"\xc3"} {
		f.Add([]byte(text))
	}
}

func FuzzNormaliseSample(f *testing.F) {
	seed(f, "nested.json", "flat.json")
	f.Fuzz(func(t *testing.T, text []byte) {
		ScanIdentity(text)
		if len(Keepable(text)) > MaxKept+len(text) {
			t.Fatal("the kept part grows")
		}
		root, err := fastjson.ParseBytes(text)
		if err != nil {
			return
		}
		s, _, violations := Sample(root)
		if (s == nil) != (len(violations) > 0) {
			t.Fatalf("sample %v with violations %v", s != nil, violations)
		}
		if s == nil {
			return
		}
		for _, m := range [][]float32{s.Tof.DistanceMm, s.Tof.Reflectance, s.Tof.Amplitude} {
			if len(m) != 64 {
				t.Fatalf("%d cells", len(m))
			}
			for _, v := range m {
				if !(v >= 0 && v <= 4095) || math.IsInf(float64(v), 0) {
					t.Fatalf("cell %v", v)
				}
			}
		}
		if s.SampleId == "" || s.DeviceId == "" || s.SampleTime == nil || s.Spectral.Channels == nil || s.Fusion.FinalGrade == "" {
			t.Fatalf("incomplete: %v", s)
		}
	})
}

func FuzzNormaliseMeal(f *testing.F) {
	seed(f, "meal.json")
	f.Fuzz(func(t *testing.T, text []byte) {
		root, err := fastjson.ParseBytes(text)
		if err != nil {
			return
		}
		m, _, violations := Meal(root)
		if (m == nil) != (len(violations) > 0) {
			t.Fatalf("meal %v with violations %v", m != nil, violations)
		}
		if m != nil && (m.CodeLot == "" || m.GaveurId < 1 || m.Jour < -1 || m.Jour > 27 || m.DoseReelle == nil || m.Timestamp == nil || m.Genetique == "") {
			t.Fatalf("incomplete: %v", m)
		}
	})
}

func TestSenderPathsAreThoseOfTheMessage(t *testing.T) {
	for contract, want := range map[string]string{
		"tof.distance_mm[26]": "vl53l8ch.distance_matrix[3][2]", "tof.target_status[0]": "vl53l8ch.status_matrix[0][0]", "tof.distance_mm": "vl53l8ch.distance_matrix",
		"spectral.channels.clear": "as7341.Clear", "spectral.channels.f5_555nm": "as7341.F5_555nm", "spectral_analysis.freshness_index": "as7341.freshness_index",
		"tof_analysis.grade": "vl53l8ch.grade", "sample_time": "timestamp", "lot": "lot_id", "lot_abattage": "lot_abattage", "fusion.final_score": "fusion.final_score",
		"sample.tof.ambient[63]": "vl53l8ch.ambient_matrix[7][7]",
	} {
		if got := SenderPath(contract); got != want {
			t.Errorf("%s is %s, want %s", contract, got, want)
		}
	}
}

func BenchmarkSample(b *testing.B) {
	text, err := os.ReadFile("testdata/nested.json")
	if err != nil {
		b.Fatal(err)
	}
	var p fastjson.Parser
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		root, err := p.ParseBytes(text)
		if err != nil {
			b.Fatal(err)
		}
		if _, _, violations := Sample(root); violations != nil {
			b.Fatal(violations)
		}
	}
}
