package ws

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"egi/gateway/ws/reading"
)

func TestBothLayoutsOfASampleAreSaved(t *testing.T) {
	r := newRig(t)
	for _, path := range []string{"/ws/sensors/", "/ws/sensors"} {
		c := r.connect(path)
		for i, text := range []string{nested("N"+path, "S-1"), flat("F"+path, "S-2")} {
			c.send(text)
			ack := c.next()
			if ack["type"] != "ack" || ack["status"] != "saved" || ack["fusion_grade"] != "A" || ack["fusion_score"] == 0.0 {
				t.Fatalf("message %d: %v", i, ack)
			}
		}
	}
	s := r.server.Sample("F/ws/sensors", "S-2")
	if s.TofAnalysis.Grade != "REJECT" || s.SpectralAnalysis.Grade != "A+" || s.Fusion.IsCompliant != nil {
		t.Errorf("grades %q %q, compliance %v", s.TofAnalysis.Grade, s.SpectralAnalysis.Grade, s.Fusion.IsCompliant)
	}
	if got := r.server.Sample("N/ws/sensors", "S-1").TofAnalysis.Details.GetFields()["expected_volume_mm3"].GetNumberValue(); got != 560000 {
		t.Errorf("expected volume %v", got)
	}
	if got := s.Tof.DistanceMm[0]; got != 96.1 {
		t.Errorf("distance %v, the twin's floats are rounded to 96.1", got)
	}
	if got := s.Tof.Reflectance[63]; got != 255 {
		t.Errorf("reflectance %v, 255.3 exceeds the range by rounding only", got)
	}
	if s.GetHumidityPct() != 48.2 || s.ConfigProfile == "" || s.Spectral.Channels.Nir != 603 {
		t.Errorf("meta or channels lost: %v", s)
	}
	if n := r.server.Sample("N/ws/sensors", "S-1"); n.Lot != "311" || n.Tof.DistanceMm[5] != 96.1 {
		t.Errorf("nested: lot %q distance %v", n.Lot, n.Tof.DistanceMm[5])
	}
}

func TestRawDataWithoutAnyConclusionIsASample(t *testing.T) {
	r := newRig(t)
	c := r.connect("/ws/sensors/")
	without := func(text string, keys ...string) string {
		var m map[string]any
		if err := json.Unmarshal([]byte(text), &m); err != nil {
			t.Fatal(err)
		}
		delete(m, "fusion")
		for _, block := range []string{"vl53l8ch", "as7341"} {
			for _, key := range keys {
				delete(m[block].(map[string]any), key)
			}
		}
		out, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	results := []string{"volume_mm3", "avg_height_mm", "surface_uniformity", "height_variation_mm", "freshness_index", "fat_quality_index",
		"oxidation_index", "color_uniformity", "quality_score", "grade"}
	for id, text := range map[string]string{"N-raw": without(nested("D", "N-raw"), "analysis"), "F-raw": without(flat("D", "F-raw"), results...)} {
		c.send(text)
		if ack := c.next(); ack["status"] != "saved" {
			t.Fatalf("%s: %v", id, ack)
		}
		s := r.server.Sample("D", id)
		if s.TofAnalysis != nil || s.SpectralAnalysis != nil || s.Fusion != nil || len(s.Tof.DistanceMm) != 64 || s.Spectral.Channels.Nir != 603 {
			t.Errorf("%s: %v", id, s)
		}
	}
	// Who concludes something concludes all of it.
	c.send(without(nested("D", "N-half")))
	if m := c.next(); m["type"] != "error" || !strings.Contains(m["error"].(string), "fusion is missing") {
		t.Errorf("half a conclusion: %v", m)
	}
}

func TestRepeatIsDuplicateAndOtherContentIsRefused(t *testing.T) {
	r := newRig(t)
	c := r.connect("/ws/sensors/")
	text := nested("D", "S-1")
	c.send(text)
	c.send(text)
	c.send(strings.Replace(text, "548200.5", "548300.5", 1))
	if m := c.next(); m["status"] != "saved" {
		t.Fatal(m)
	}
	if m := c.next(); m["status"] != "duplicate" {
		t.Fatal(m)
	}
	if m := c.next(); m["type"] != "error" || m["status"] != "rejected" || m["code"] != "already_exists" {
		t.Fatal(m)
	}
}

func TestLostAnswerOfOurOwnAttemptIsSaved(t *testing.T) {
	r := newRig(t)
	c := r.connect("/ws/sensors/")
	r.server.LoseAcks(1)
	c.send(nested("D", "S-1"))
	if m := c.next(); m["type"] != "ack" || m["status"] != "saved" {
		t.Fatal(m)
	}
	if r.server.Samples() != 1 {
		t.Fatal("stored twice")
	}
}

func TestReadingsSurviveARestartOfTheServer(t *testing.T) {
	r := newRig(t)
	c := r.connect("/ws/sensors/")
	const n = 300
	go func() {
		for i := range n {
			if i == 100 {
				r.server.Kill()
				if err := r.server.Resume(); err != nil {
					t.Error(err)
				}
			}
			if err := c.conn.Write(c.ctx, websocket.MessageText, []byte(nested("D", fmt.Sprint("S-", i)))); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	for i := range n {
		if m := c.next(); m["type"] != "ack" || m["status"] != "saved" || m["sample_id"] != fmt.Sprint("S-", i) {
			t.Fatalf("%d: %v", i, m)
		}
	}
	r.wait("all stored", func() bool { return r.server.Samples() == n })
}

func TestMessagesSentBeforeACloseAreKept(t *testing.T) {
	r := newRig(t)
	const n = 50
	for i := range n {
		c := r.dial("/ws/gavage")
		c.send(meal(fmt.Sprintf("LL26020%02d", i), 4, 5))
		if i%2 == 0 {
			c.conn.CloseNow() // no close frame, the welcome unread
		} else {
			go c.conn.Close(websocket.StatusNormalClosure, "")
		}
	}
	r.wait("all meals stored", func() bool { return r.server.Meals() == n })
}

func TestClientThatNeverReadsItsAcksIsServed(t *testing.T) {
	r := newRig(t)
	c := r.dial("/ws/sensors/")
	const n = 3000
	for i := range n {
		c.send(nested("D", fmt.Sprint("S-", i)))
	}
	r.wait("all stored", func() bool { return r.server.Samples() == n })
}

func TestStalledServerStopsTheSocketNotTheMemory(t *testing.T) {
	r := newRig(t)
	r.server.Stall(true)
	c := r.connect("/ws/sensors/")
	sent := make(chan int, 1)
	go func() {
		ctx, cancel := context.WithTimeout(c.ctx, 2*time.Second)
		defer cancel()
		i := 0
		for ; i < 100000; i++ {
			if c.conn.Write(ctx, websocket.MessageText, []byte(nested("D", fmt.Sprint("S-", i)))) != nil {
				break
			}
		}
		sent <- i
	}()
	accepted := <-sent
	if waiting := r.bridge.intake.Waiting(); waiting > 500+256+110 {
		t.Errorf("%d readings wait in memory", waiting)
	}
	if accepted >= 100000 {
		t.Error("the socket was never slowed")
	}
	r.server.Stall(false)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := r.bridge.intake.Drain(ctx); err != nil {
		t.Error("what was taken is stored: ", err)
	}
}

func TestControlMessages(t *testing.T) {
	r := newRig(t)
	c := r.connect("/ws/sensors/")
	for _, x := range []struct{ send, want string }{
		{`{"type":"esp32_hello","device_id":"ESP32_LL_01","mac":"24:0A:C4:00:00:01","location":"Ligne A","firmware":"1.2.3","sensors":{"vl53l8ch":"0x29"}}`, "hello_ack"},
		{`{"type":"ping"}`, "pong"},
		{`{"type":"heartbeat","device_id":"ESP32_LL_01","timestamp":"2026-02-03T09:12:40Z","status":"online","uptime":3605,"stats":{"measurements_sent":720,"measurements_buffered":3,"nack_count":5,"acquisition_failures":1,"measurements_dropped":4,"boot_count":7},"buffer_size":2}`, "heartbeat_ack"},
		{`{"type":"heartbeat"}`, "heartbeat_ack"},
		{`{"type":"dance"}`, "error"},
		{`{"type":"ping"}`, "pong"},
	} {
		c.send(x.send)
		if m := c.next(); m["type"] != x.want {
			t.Errorf("%s: %v", x.send, m)
		}
	}
	r.wait("heartbeats arrive", func() bool { return len(r.server.Heartbeats()) == 2 })
	h := r.server.Heartbeats()[1]
	if h.BufferSize != 2 || h.UptimeS != 3605 || h.MeasurementsSent != 720 || h.NackCount != 5 || h.AcquisitionFailures != 1 ||
		h.MeasurementsDropped != 4 || h.BootCount != 7 {
		t.Errorf("heartbeat %v", h)
	}
}

func TestBadSamplesGetTheirErrorAndAreKept(t *testing.T) {
	r := newRig(t, func(o *Options) { o.SampleStreams = 1 })
	good := nested("D", "S-bad")
	cut := func(old, new string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("fixture has no %s", old)
		}
		return strings.Replace(good, old, new, 1)
	}
	eight := matrix(8, 8, "96.1")
	for _, x := range []struct {
		name, message string
		want          []string
		kept          bool
	}{
		{"7 rows", cut(eight, matrix(7, 8, "96.1")), []string{"vl53l8ch.raw.distance_matrix has 7 rows, 8 expected"}, true},
		{"9 columns", cut(eight, matrix(8, 9, "1")), []string{"vl53l8ch.raw.distance_matrix[0] has 9 columns, 8 expected"}, true},
		{"16x16", cut(eight, matrix(16, 16, "1")), []string{"has 16 rows, 8 expected"}, true},
		{"NaN", cut("96.1", "NaN"), []string{"vl53l8ch.raw.distance_matrix[0][0] is not a finite number"}, true},
		{"Infinity", cut("96.1", "-Infinity"), []string{"Infinity is not a JSON number"}, true},
		{"text for a number", cut("0.79", `"0.79"`), []string{"vl53l8ch.analysis.quality_score is text, a number is expected"}, true},
		{"text in the matrix", cut("96.1", `"96"`), []string{"vl53l8ch.raw.distance_matrix[0][0] is text"}, true},
		{"out of range", cut("96.1", "4001"), []string{"distance_matrix[0][0] is 4001, expected 0..4000"}, true},
		{"score 1.2", cut("0.818", "1.2"), []string{"fusion.final_score is 1.2, expected 0..1"}, true},
		{"wrong grade", cut(`"grade":"A"`, `"grade":"D"`), []string{"vl53l8ch.analysis.grade is not a grade"}, true},
		{"two faults", strings.Replace(cut(`"grade":"A"`, `"grade":"Z"`), `"Clear":6480,`, "", 1), []string{"grade", "as7341.raw.Clear is missing"}, true},
		{"no timestamp", cut(`"timestamp":`, `"time":`), []string{"timestamp is missing"}, true},
		{"no compliance", cut(`"is_compliant":true,`, ""), []string{"fusion.is_compliant is missing"}, true},
		{"lot 1.5", cut(`"311"`, "1.5"), []string{"lot_id is 1.5, a whole number"}, true},
		{"unknown site", cut(`"LS"`, `"XX"`), []string{"site_code is not one of LL, LS, MT"}, true},
		{"not JSON", `{"device_id":"D","sample_id":"S-bad",`, []string{"the message is not JSON"}, true},
		{"half a character", `{"device_id":"D","sample_id":"S-bad","location":"caf` + "\xc3" + `"}`, []string{"not UTF-8"}, true},
		{"2 MiB", `{"device_id":"D","sample_id":"S-bad","x":"` + strings.Repeat("a", 2<<20) + `"}`, []string{"frame of 2097", "at most 1048576"}, true},
		{"no identity", `{"a":1}`, []string{"sample_id is missing", "device_id is missing", "vl53l8ch is missing"}, false},
		{"a list", `[1,2]`, []string{"not a JSON object"}, false},
		{"nothing", ``, []string{"not JSON"}, false},
		{"future", strings.Replace(good, time.Now().UTC().Format("2006-"), "2996-", 1), []string{"timestamp is more than 5 min in the future"}, false},
		{"unknown lot", cut(`"311"`, `999`), []string{"lot_id is unknown"}, false},
	} {
		t.Run(x.name, func(t *testing.T) {
			c := r.connect("/ws/sensors/")
			before := len(r.server.Rejected())
			// Text frames that are not text are what a broken device sends; the library does not look at the bytes.
			c.send(x.message)
			m := c.next()
			text, _ := m["error"].(string)
			for _, want := range x.want {
				if m["type"] != "error" || !strings.Contains(text, want) {
					t.Errorf("%v, want %q", m, want)
				}
			}
			if len(fmt.Sprint(m["data"])) > 120 {
				t.Error("more than identifiers is echoed")
			}
			if x.kept {
				r.wait("kept", func() bool { return len(r.server.Rejected()) == before+1 })
				kept := r.server.Rejected()[before]
				if kept.DeviceId != "D" || kept.SampleId != "S-bad" || kept.Reason == "" || len(kept.Payload) == 0 || len(kept.Payload) > 64<<10 || kept.Transport != "ws" {
					t.Errorf("kept as %.300v", kept)
				}
			}
			c.send(nested("D-"+x.name, "S-good"))
			if m := c.next(); m["status"] != "saved" {
				t.Errorf("the socket did not go on: %v", m)
			}
		})
	}
}

func TestMealsAreSavedWithoutTheFourOptionalFields(t *testing.T) {
	r := newRig(t)
	for i, path := range []string{"/ws/gavage", "/ws/gavage/"} {
		c := r.connect(path)
		text := meal(fmt.Sprint("LL260200", i), 4, 5)
		c.send(text)
		if m := c.next(); m["type"] != "ack" || m["status"] != "saved" || m["jour"] != 5.0 || m["moment"] != "soir" || m["poids_moyen"] != 5480.2 {
			t.Fatal(m)
		}
		c.send(text)
		if m := c.next(); m["status"] != "duplicate" {
			t.Fatal(m)
		}
		for _, written := range []string{`"338,6"`, `"338.6"`} {
			c.send(strings.Replace(text, "338.6", written, 1))
			if m := c.next(); m["type"] != "ack" || m["status"] != "duplicate" {
				t.Errorf("%s is another dose: %v", written, m)
			}
		}
		for bad, want := range map[string]string{
			strings.Replace(text, "338.6", `"338,6 g"`, 1):                           "dose_reelle is text that is not a number",
			strings.Replace(text, `"jour":5`, `"jour":28`, 1):                        "jour is 28, expected -1..27",
			strings.Replace(text, `"soir"`, `"midi"`, 1):                             "moment is not one of matin, soir",
			strings.Replace(text, `"poids_moyen":5480.2,`, "", 1):                    "poids_moyen is missing",
			strings.Replace(text, `"pekin"`, `"Oie"`, 1):                             "genetique is not Mulard, Barbarie, Pékin or Mixte",
			strings.Replace(text, `"nb_canards_vivants":49`, `"x":1`, 1):             "nb_canards_vivants is missing",
			strings.Replace(text, `"gaveur_id":4`, `"gaveur_id":"4"`, 1):             "gaveur_id is text",
			strings.Replace(text, `"taux_mortalite":2.0`, `"taux_mortalite":101`, 1): "expected 0..100",
		} {
			c.send(bad)
			if m := c.next(); m["type"] != "error" || !strings.Contains(fmt.Sprint(m["error"]), want) {
				t.Errorf("%v, want %q", m, want)
			}
		}
	}
	r.wait("kept", func() bool { return len(r.server.Rejected()) == 16 })
}

// domain.md section 3.1.
func TestSiteMgIsMt(t *testing.T) {
	r := newRig(t)
	c := r.connect("/ws/gavage")
	for i, site := range []string{"MG", "mt", " MT "} {
		c.send(strings.Replace(meal(fmt.Sprint("MT260210", i), 4, 5), `"site":"LL"`, fmt.Sprintf(`"site":%q`, site), 1))
		if m := c.next(); m["status"] != "saved" {
			t.Errorf("%q: %v", site, m)
		}
	}
	c.send(strings.Replace(meal("MT2602103", 4, 5), `"site":"LL"`, `"site":"XX"`, 1))
	if m := c.next(); !strings.Contains(fmt.Sprint(m["error"]), "site is not one of LL, LS, MT") {
		t.Error(m)
	}
	for text, want := range map[string]string{"MG": "MT", "mg": "MT", "ls": "LS", "XX": "", "": ""} {
		if got := reading.Site(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

func TestMealNamesItsLotByIdOrCode(t *testing.T) {
	r := newRig(t)
	c := r.connect("/ws/gavage")
	text := meal("LL2602003", 4, 5)
	for _, x := range []struct{ lot, ack string }{
		{`"code_lot":17`, "17"}, {`"code_lot":"18"`, "18"}, {`"lot_id":19`, "19"}, {`"lot_id":"LL2602004"`, "LL2602004"},
		{`"code_lot":"LL2602003","lot_id":20`, "LL2602003"}, {`"code_lot":"LL2602005","lot_id":"LL2602005"`, "LL2602005"},
	} {
		c.send(strings.Replace(text, `"code_lot":"LL2602003"`, x.lot, 1))
		if m := c.next(); m["status"] != "saved" || m["code_lot"] != x.ack {
			t.Errorf("%s: %v", x.lot, m)
		}
	}
	for lot, want := range map[string]string{
		`"code_lot":17,"lot_id":18`:                   "lot_id is 18, but code_lot names another lot",
		`"code_lot":"LL2602003","lot_id":"LL2602004"`: "lot_id is LL2602004, but code_lot names another lot",
		`"code_lot":-1`:                               "code_lot is -1",
		`"lot_id":1.5`:                                "lot_id",
		`"x":1`:                                       "code_lot is missing",
	} {
		c.send(strings.Replace(text, `"code_lot":"LL2602003"`, lot, 1))
		if m := c.next(); m["type"] != "error" || !strings.Contains(fmt.Sprint(m["error"]), want) {
			t.Errorf("%s: %v, want %q", lot, m, want)
		}
	}
}

func TestTokensNeverReachTheRejectedMessages(t *testing.T) {
	r := newRig(t)
	c := r.connect("/ws/sensors/?token=query-secret")
	c.send(`{"device_id":"D","sample_id":"S","token":"body-secret","access_token":"other-secret"}`)
	c.next()
	r.wait("kept", func() bool { return len(r.server.Rejected()) == 1 })
	if text := fmt.Sprint(r.server.Rejected()[0]) + string(r.server.Rejected()[0].Payload); strings.Contains(text, "secret") {
		t.Error(text)
	}
}

func TestRateLimitSlowsAndLosesNothing(t *testing.T) {
	r := newRig(t, func(o *Options) { o.Rate, o.Burst = 100, 10 })
	c := r.connect("/ws/sensors/")
	begin := time.Now()
	for i := range 40 {
		c.send(nested("D", fmt.Sprint("S-", i)))
	}
	for range 40 {
		if m := c.next(); m["status"] != "saved" {
			t.Fatal(m)
		}
	}
	if took := time.Since(begin); took < 280*time.Millisecond {
		t.Errorf("40 messages took %v at 100/s after a burst of 10", took)
	}
}

func TestSilentSocketIsClosed(t *testing.T) {
	r := newRig(t, func(o *Options) { o.PingEvery, o.IdleTimeout = 20*time.Millisecond, 50*time.Millisecond })
	c := r.connect("/ws/sensors/")
	time.Sleep(200 * time.Millisecond) // a client that does not read answers no ping
	for {
		if _, _, err := c.conn.Read(c.ctx); err != nil {
			if websocket.CloseStatus(err) != websocket.StatusPolicyViolation {
				t.Errorf("closed with %v", err)
			}
			return
		}
	}
}

func TestStopAcknowledgesWhatWasSent(t *testing.T) {
	r := newRig(t)
	c := r.connect("/ws/sensors/")
	for i := range 200 {
		c.send(nested("D", fmt.Sprint("S-", i)))
	}
	stopped := make(chan error, 1)
	c.next()
	go func() { stopped <- r.stop() }()
	acks := 1
	for {
		_, _, err := c.conn.Read(c.ctx)
		if err != nil {
			if websocket.CloseStatus(err) != websocket.StatusGoingAway {
				t.Errorf("closed with %v", err)
			}
			break
		}
		acks++
	}
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
	if acks < r.server.Samples() {
		t.Errorf("%d acknowledged, %d stored", acks, r.server.Samples())
	}
}
