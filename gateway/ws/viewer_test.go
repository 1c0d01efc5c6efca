package ws

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	qualityv1 "egi/gateway/gen/egi/quality/v1"
	realtimev1 "egi/gateway/gen/egi/realtime/v1"
	"google.golang.org/protobuf/proto"
)

func TestSampleArrivesAsThreeMessagesAndFlat(t *testing.T) {
	r := newRig(t)
	plain := r.viewer("/ws/realtime/")
	seeds := r.viewer("/ws/realtime?format=seeds&token=x")
	unified := r.viewer("/ws/realtime/?format=unified")
	d := r.connect("/ws/sensors/")
	d.send(nested("ESP32_LS_01", "S-1"))
	check := func(c *client, kinds ...string) {
		t.Helper()
		var last float64
		for i, kind := range kinds {
			m := c.next()
			if m["type"] != kind || m["sample_id"] != "S-1" || m["event_id"] == "" {
				t.Errorf("message %d is %v, want %s", i, m, kind)
			}
			if seq := m["seq"].(float64); last != 0 && seq != last+1 {
				t.Errorf("seq %v after %v", seq, last)
			}
			last = m["seq"].(float64)
			switch {
			case i == 0 && kind == "sensor_data":
				raw := m["data"].(map[string]any)["raw"].(map[string]any)
				if m["sensor"] != "VL53L8CH" || m["sensor_type"] != "VL53L8CH" || len(raw["distance_matrix"].([]any)) != 8 {
					t.Errorf("%v", m)
				}
			case i == 1 && kind == "sensor_data":
				if m["sensor"] != "AS7341" || m["data"].(map[string]any)["raw"].(map[string]any)["NIR"] != 603.0 {
					t.Errorf("%v", m)
				}
			case kind == "analysis_result":
				if data := m["data"].(map[string]any); data["final_score"] != 0.818 || data["weight_tof"] != 0.6 || data["confidence_level"] != 0.93 {
					t.Errorf("%v", m)
				}
			case kind == "sensor_update":
				tof := m["vl53l8ch"].(map[string]any)
				if cell := tof["raw"].(map[string]any)["distance_matrix"].([]any)[7].([]any)[7]; cell != 96.1 {
					t.Errorf("cell %v", cell)
				}
				if m["fusion"].(map[string]any)["tof_contribution"] != 0.474 || m["data"].(map[string]any)["sample_id"] != "S-1" {
					t.Errorf("%v", m["fusion"])
				}
			}
		}
	}
	check(plain, "sensor_data", "sensor_data", "analysis_result", "sensor_update")
	check(seeds, "sensor_data", "sensor_data", "analysis_result")
	check(unified, "sensor_update")
	if n := r.server.Subscribed(); n != 1 {
		t.Errorf("%d subscriptions for three sockets", n)
	}
}

func TestRawSampleTellsWhatTheServerComputedAndNullWhereNobodyKnows(t *testing.T) {
	r := newRig(t)
	seeds, unified := r.viewer("/ws/realtime?format=seeds"), r.viewer("/ws/realtime/?format=unified")
	r.server.Publish(&realtimev1.Event{Payload: &realtimev1.Event_Sample{Sample: &qualityv1.GradedSample{
		Sample: &qualityv1.Sample{SampleId: "S-raw", DeviceId: "D", Tof: &qualityv1.TofFrame{}, Spectral: &qualityv1.SpectralReading{}},
		Result: &qualityv1.Fusion{FinalScore: 0.75, FinalGrade: "A", Vl53L8ChScore: proto.Float64(0.8), As7341Score: proto.Float64(0.6),
			WeightTof: proto.Float64(0.5), WeightSpectral: proto.Float64(0.5)}, Comparison: "not_declared",
		Computed: &qualityv1.Computation{TofScore: 0.5, VolumeMm3: 495415.5, FreshnessIndex: 0.875}}}})
	tof := seeds.next()["data"].(map[string]any)["analysis"].(map[string]any)
	if tof["quality_score"] != 0.5 || tof["volume_mm3"] != 495415.5 || tof["surface_uniformity"] != nil || tof["grade"] != nil {
		t.Errorf("%v", tof)
	}
	if spectral := seeds.next()["data"].(map[string]any)["analysis"].(map[string]any); spectral["freshness_index"] != 0.875 {
		t.Errorf("%v", spectral)
	}
	m := unified.next()
	if both := m["vl53l8ch"].(map[string]any)["analysis"].(map[string]any); both["volume_mm3"] != 495415.5 || both["avg_height_mm"] != nil {
		t.Errorf("%v", both)
	}
	if fusion := m["fusion"].(map[string]any); fusion["tof_contribution"] != 0.4 || fusion["spectral_contribution"] != 0.3 {
		t.Errorf("contributions by the weights the server fused with: %v", fusion)
	}
	if fusion := m["fusion"].(map[string]any); fusion["final_score"] != 0.75 || fusion["declared_score"] != nil || fusion["confidence_level"] != nil {
		t.Errorf("%v", fusion)
	}
}

func TestMealOfGaveur4ReachesSocket4AndNot5(t *testing.T) {
	r := newRig(t)
	four, five, all := r.viewer("/ws/gaveur/4"), r.viewer("/ws/gaveur/5/"), r.viewer("/ws/realtime/")
	d := r.connect("/ws/gavage")
	d.send(meal("LL2602003", 4, 5))
	d.send(meal("LL2602004", 5, 6))
	m := four.next()
	data := m["data"].(map[string]any)
	if m["type"] != "gavage_update" || data["gaveur_id"] != 4.0 || data["code_lot"] != "LL2602003" || data["gaveur_nom"] != "Gaveur 4" {
		t.Errorf("on 4: %v", m)
	}
	m = five.next()
	if m["type"] != "gavage_update" || m["data"].(map[string]any)["gaveur_id"] != 5.0 {
		t.Errorf("on 5: %v", m)
	}
	m = all.until("gavage_realtime")
	if text := fmt.Sprint(m); strings.Contains(text, "Martin") || m["data"].(map[string]any)["gaveur_nom"] != "Gaveur 4" {
		t.Errorf("a person's name is broadcast: %s", text)
	}
	if m["data"].(map[string]any)["dose_theorique"] != nil {
		t.Error("an absent dose is not null")
	}
	if _, _, err := websocket.Dial(context.Background(), r.url+"/ws/gaveur/Martin", nil); err == nil {
		t.Error("a socket without a number was accepted")
	}
}

func TestFiltersOfQueryAndSubscribe(t *testing.T) {
	r := newRig(t)
	grades := r.viewer("/ws/realtime/?format=unified&min_grade=B&site_code=LS")
	meals := r.viewer("/ws/realtime/?format=unified&data_type=gavage_only&gaveur_id=5")
	other := r.viewer("/ws/realtime/?format=unified")
	other.send(`{"type":"subscribe","filters":{"device_id":"D2","min_grade":"A+","data_type":"sqal_only"}}`)
	if m := other.next(); m["type"] != "subscribe_ack" || m["filters"].(map[string]any)["device_id"] != "D2" {
		t.Fatal(m)
	}
	other.send(`{"type":"subscribe","filters":{"min_grade":"Z","gaveur_id":"x"}}`)
	if m := other.next(); m["type"] != "error" || !strings.Contains(fmt.Sprint(m["error"]), "min_grade") || !strings.Contains(fmt.Sprint(m["error"]), "gaveur_id") {
		t.Fatal(m)
	}
	d, g := r.connect("/ws/sensors/"), r.connect("/ws/gavage")
	put := func(text string) { d.send(text); d.next() }
	grade := func(text, grade string) string {
		return strings.Replace(text, `"final_grade":"A"`, fmt.Sprintf(`"final_grade":%q`, grade), 1)
	}
	put(grade(nested("D1", "S-C"), "C"))
	put(strings.Replace(nested("D1", "S-LL"), `"LS"`, `"LL"`, 1))
	put(nested("D1", "S-A"))
	put(grade(nested("D2", "S-A"), "A"))
	put(grade(nested("D2", "S-A+"), "A+"))
	g.send(meal("LL2602003", 4, 5))
	g.send(meal("LL2602005", 5, 5))
	g.next()
	if m := grades.next(); m["sample_id"] != "S-A" || m["device_id"] != "D1" {
		t.Errorf("min_grade and site: %v", m["sample_id"])
	}
	if m := meals.next(); m["type"] != "gavage_realtime" || m["data"].(map[string]any)["gaveur_id"] != 5.0 {
		t.Errorf("meals of 5: %v", m)
	}
	if m := other.next(); m["sample_id"] != "S-A+" || m["device_id"] != "D2" {
		t.Errorf("subscribe: %v", m)
	}
	other.send(`{"type":"unsubscribe"}`)
	other.until("unsubscribe_ack")
	put(grade(nested("D2", "S-A+2"), "A+"))
	other.send(`{"type":"heartbeat"}`)
	if m := other.next(); m["type"] != "heartbeat_ack" {
		t.Errorf("after unsubscribe: %v", m)
	}
	if _, _, err := websocket.Dial(context.Background(), r.url+"/ws/realtime/?min_grade=Z", nil); err == nil {
		t.Error("a bad filter was accepted")
	}
}

func TestFilterNamesItsLotByIdOrCode(t *testing.T) {
	r := newRig(t)
	id := r.viewer("/ws/realtime/?format=unified&code_lot=3")
	number := r.viewer("/ws/realtime/?format=unified")
	number.send(`{"type":"subscribe","filters":{"code_lot":3}}`)
	if m := number.next(); m["type"] != "subscribe_ack" || m["filters"].(map[string]any)["code_lot"] != "3" {
		t.Fatal(m)
	}
	g := r.connect("/ws/gavage")
	for _, code := range []string{"LL2602004", "LL2602003"} {
		g.send(meal(code, 4, 5))
		g.next()
	}
	for _, c := range []*client{id, number} {
		if m := c.next(); m["type"] != "gavage_realtime" || m["data"].(map[string]any)["code_lot"] != "LL2602003" {
			t.Errorf("%v", m)
		}
	}
	number.send(`{"type":"subscribe","filters":{"code_lot":4}}`)
	if m := number.next(); m["type"] != "error" || !strings.Contains(fmt.Sprint(m["error"]), "code_lot is 4, which is the id of no lot") {
		t.Error(m)
	}
	if _, _, err := websocket.Dial(context.Background(), r.url+"/ws/realtime/?code_lot=4", nil); err == nil {
		t.Error("an id of no lot was accepted")
	}
}

func TestSinceResumesWithoutGapOrRepeat(t *testing.T) {
	for name, length := range map[string]int{"from the ring": 1024, "from the store": 16} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, func(o *Options) { o.FeedLength = length })
			all := r.viewer("/ws/realtime/?format=seeds")
			d := r.connect("/ws/sensors/")
			for i := range 40 {
				d.send(nested("D", fmt.Sprint("S-", i)))
			}
			var ids, seen []string
			for len(seen) < 120 {
				m := all.next()
				ids = append(ids, m["event_id"].(string))
				seen = append(seen, fmt.Sprint(m["sample_id"], m["type"], m["sensor"]))
			}
			for _, cut := range []int{0, 1, 2, 3, 59, 60, 61, 118} {
				again := r.connect("/ws/realtime/?format=seeds&since=" + ids[cut])
				for i := cut + 1; i < 120; i++ {
					m := again.next()
					if got := fmt.Sprint(m["sample_id"], m["type"], m["sensor"]); got != seen[i] || m["event_id"] != ids[i] {
						t.Fatalf("after %d: message %d is %s, want %s", cut, i, got, seen[i])
					}
				}
				again.conn.CloseNow()
			}
			again := r.connect("/ws/realtime/?format=seeds&since=" + ids[10])
			d.send(nested("D", "S-live"))
			for i := 11; i < 120; i++ {
				again.next()
			}
			if m := again.next(); m["sample_id"] != "S-live" {
				t.Errorf("live after the replay: %v", m)
			}
		})
	}
}

func TestSocketsSurviveARestartOfTheServerWithoutGap(t *testing.T) {
	r := newRig(t)
	v := r.viewer("/ws/realtime/?format=unified")
	d := r.connect("/ws/sensors/")
	go func() {
		for i := range 200 {
			if i%50 == 25 {
				r.server.Kill()
				if err := r.server.Resume(); err != nil {
					t.Error(err)
				}
			}
			if d.conn.Write(d.ctx, websocket.MessageText, []byte(nested("D", fmt.Sprint("S-", i)))) != nil {
				return
			}
		}
	}()
	for i := range 200 {
		if m := v.until("sensor_update"); m["sample_id"] != fmt.Sprint("S-", i) {
			t.Fatalf("event %d is %v", i, m["sample_id"])
		}
	}
}

func TestPositionThatIsTooOldIsSaidAndClosed(t *testing.T) {
	r := newRig(t, func(o *Options) { o.FeedLength = 16 })
	v := r.viewer("/ws/realtime/")
	for range 100 {
		r.server.Publish(&realtimev1.Event{Payload: &realtimev1.Event_Lot{Lot: &realtimev1.LotEvent{CodeLot: "LL2602003", Statut: "termine"}}})
	}
	for range 100 {
		v.until("lot_status")
	}
	r.server.Forget(50)
	for _, since := range []string{"T3", "nonsense", "T100000"} {
		c := r.connect("/ws/realtime/?since=" + since)
		m := c.next()
		if m["type"] != "error" || m["code"] != "position_lost" {
			t.Errorf("%s: %v", since, m)
		}
		if _, _, err := c.conn.Read(c.ctx); websocket.CloseStatus(err) != 4409 {
			t.Errorf("%s: closed with %v", since, err)
		}
	}
}

func TestNewDashboardGetsThePresentState(t *testing.T) {
	r := newRig(t)
	first := r.viewer("/ws/realtime/?format=unified")
	d, g := r.connect("/ws/sensors/"), r.connect("/ws/gavage")
	d.send(nested("D1", "S-1"))
	d.next()
	g.send(meal("LL2602003", 4, 5))
	g.next()
	r.server.Publish(&realtimev1.Event{Payload: &realtimev1.Event_Alert{Alert: &realtimev1.AlertEvent{AlertId: 9001, Origin: "SQAL", AlertType: "quality_low", SiteCode: "LS"}}})
	first.until("alert")
	short := r.connect("/ws/realtime/")
	if m := short.next(); m["type"] != "latest_sample" || m["data"].(map[string]any)["fusion_final_grade"] != "A" {
		t.Errorf("%v", m)
	}
	full := r.connect("/ws/realtime/?format=unified")
	for _, want := range []string{"latest_sample", "sensor_update", "gavage_realtime", "alert"} {
		m := full.next()
		if m["type"] != want || want != "latest_sample" && m["snapshot"] != true {
			t.Errorf("snapshot: %v, want %s", m, want)
		}
	}
	n := r.connect("/ws/notifications/")
	if m := n.next(); m["type"] != "init" || m["unread_count"] != 0.0 || len(m["notifications"].([]any)) != 0 {
		t.Errorf("%v", m)
	}
	if m := n.next(); m["type"] != "notification" || m["data"].(map[string]any)["alert_id"] != 9001.0 {
		t.Errorf("%v", m)
	}
}

func TestOtherEventsKeepTheirShapes(t *testing.T) {
	r := newRig(t)
	v := r.viewer("/ws/realtime/")
	r.server.Publish(&realtimev1.Event{Payload: &realtimev1.Event_Device{Device: &realtimev1.DeviceEvent{DeviceId: "D\"1", Status: "offline", BufferSize: 3}}})
	r.server.Publish(&realtimev1.Event{Payload: &realtimev1.Event_Lot{Lot: &realtimev1.LotEvent{CodeLot: "LL2602003", Statut: "termine", GaveurId: 4}}})
	m := v.next()
	if data := m["data"].(map[string]any); m["type"] != "device_status" || data["device_id"] != `D"1` || data["status"] != "offline" || data["buffer_size"] != 3.0 {
		t.Errorf("%v", m)
	}
	if m = v.next(); m["type"] != "lot_status" || m["data"].(map[string]any)["statut"] != "termine" {
		t.Errorf("%v", m)
	}
}

func TestServerPingsDashboards(t *testing.T) {
	r := newRig(t, func(o *Options) { o.PingEvery = 20 * time.Millisecond })
	for _, path := range []string{"/ws/realtime/", "/ws/gaveur/4"} {
		if m := r.connect(path).until("ping"); m["timestamp"] == nil || m["seq"] == nil {
			t.Errorf("%v", m)
		}
	}
}

func TestStalledDashboardDelaysNobodyAndMissesNothing(t *testing.T) {
	r := newRig(t, func(o *Options) { o.FeedLength = 64 })
	stalled := r.viewer("/ws/realtime/?format=unified")
	live := r.viewer("/ws/realtime/?format=unified")
	d := r.connect("/ws/sensors/")
	const n = 4000 // far more than the socket buffers and the ring hold
	go func() {
		for i := range n {
			if err := d.conn.Write(d.ctx, websocket.MessageText, []byte(nested("D", fmt.Sprint("S-", i)))); err != nil {
				t.Error("sender:", err)
				return
			}
		}
	}()
	for i := range n {
		if m := live.until("sensor_update"); m["sample_id"] != fmt.Sprint("S-", i) {
			t.Fatalf("live: event %d is %v", i, m["sample_id"])
		}
	}
	for i := range n {
		if m := stalled.until("sensor_update"); m["sample_id"] != fmt.Sprint("S-", i) {
			t.Fatalf("stalled: event %d is %v", i, m["sample_id"])
		}
	}
}

func TestDashboardThatTakesNothingLosesItsConnection(t *testing.T) {
	r := newRig(t, func(o *Options) { o.WriteDeadline = 100 * time.Millisecond })
	for !r.bridge.Ready() {
		time.Sleep(time.Millisecond)
	}
	conn, err := net.Dial("tcp", strings.TrimPrefix(r.url, "ws://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET /ws/realtime/ HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	d := r.connect("/ws/sensors/")
	deadline := time.Now().Add(15 * time.Second)
	for i := 0; r.bridge.viewers.Load() == 0 && time.Now().Before(deadline); i++ {
		time.Sleep(time.Millisecond)
	}
	for i := 0; r.bridge.viewers.Load() > 0; i++ {
		if time.Now().After(deadline) {
			t.Fatal("the stalled socket is still open")
		}
		d.send(nested("D", fmt.Sprint("S-", i)))
		d.next()
	}
}
