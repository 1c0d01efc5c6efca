package ws

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"egi/gateway/internal/fakeserver"
)

// rig is a bridge in front of a server in memory.
type rig struct {
	t      *testing.T
	server *fakeserver.Server
	bridge *Bridge
	url    string
	once   sync.Once
}

func (r *rig) stop() (err error) {
	r.once.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		err = r.bridge.Stop(ctx)
	})
	return err
}

func newRig(t *testing.T, change ...func(*Options)) *rig {
	t.Helper()
	server, err := fakeserver.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Kill)
	conn, err := server.Dial()
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Conn: conn, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Name: "gateway-test", SampleStreams: 2, FeedLength: 1024,
		PingEvery: 30 * time.Second, IdleTimeout: 90 * time.Second, Trace: func() string { return "" }}
	for _, f := range change {
		f(&o)
	}
	bridge, err := Start(o)
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(bridge)
	r := &rig{t: t, server: server, bridge: bridge, url: "ws" + strings.TrimPrefix(web.URL, "http")}
	t.Cleanup(func() {
		if err := r.stop(); err != nil && !t.Failed() {
			t.Logf("stop: %v", err)
		}
		web.Close()
		conn.Close()
	})
	return r
}

// client is a plain WebSocket client that has read its welcome.
type client struct {
	t    *testing.T
	conn *websocket.Conn
	ctx  context.Context
}

func (r *rig) dial(path string) *client {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	r.t.Cleanup(cancel)
	conn, _, err := websocket.Dial(ctx, r.url+path, nil)
	if err != nil {
		r.t.Fatalf("dial %s: %v", path, err)
	}
	conn.SetReadLimit(8 << 20)
	r.t.Cleanup(func() { conn.CloseNow() })
	return &client{r.t, conn, ctx}
}

func (r *rig) connect(path string) *client {
	r.t.Helper()
	c := r.dial(path)
	if m := c.next(); m["type"] != "connection_established" {
		r.t.Fatalf("first message of %s is %v", path, m)
	}
	return c
}

// viewer connects to the live feed and waits until it is in step.
func (r *rig) viewer(path string) *client {
	r.t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !r.bridge.Ready() {
		if time.Now().After(deadline) {
			r.t.Fatal("the live feed did not come up")
		}
		time.Sleep(time.Millisecond)
	}
	c := r.connect(path)
	c.send(`{"type":"heartbeat"}`)
	c.until("heartbeat_ack")
	return c
}

func (c *client) send(text string) {
	c.t.Helper()
	if err := c.conn.Write(c.ctx, websocket.MessageText, []byte(text)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) next() map[string]any {
	c.t.Helper()
	_, data, err := c.conn.Read(c.ctx)
	if err != nil {
		c.t.Fatalf("read: %v", err)
	}
	var m map[string]any
	if err := json.Unmarshal(data, &m); err != nil {
		c.t.Fatalf("not JSON: %v: %s", err, data)
	}
	return m
}

// until reads on to a message of the type.
func (c *client) until(kind string) map[string]any {
	c.t.Helper()
	for {
		if m := c.next(); m["type"] == kind {
			return m
		}
	}
}

// wait waits for a state of the server.
func (r *rig) wait(what string, condition func() bool) {
	r.t.Helper()
	if err := r.server.Wait(condition); err != nil {
		r.t.Fatalf("%s: %v", what, err)
	}
}

func matrix(rows, columns int, value string) string {
	row := "[" + strings.TrimSuffix(strings.Repeat(value+",", columns), ",") + "]"
	return "[" + strings.TrimSuffix(strings.Repeat(row+",", rows), ",") + "]"
}

const channelsJSON = `"F1_415nm":402,"F2_445nm":596,"F3_480nm":511,"F4_515nm":1873,"F5_555nm":905,"F6_590nm":612,"F7_630nm":1139,"F8_680nm":744,"Clear":6480,"NIR":603`

func nested(device, id string) string {
	return fmt.Sprintf(`{"sample_id":%q,"device_id":%q,"timestamp":"%s","lot_id":"311","site_code":"LS","location":"Ligne B",
"vl53l8ch":{"raw":{"distance_matrix":%s,"reflectance_matrix":%s,"amplitude_matrix":%s},
"analysis":{"volume_mm3":548200.5,"surface_uniformity":0.81,"quality_score":0.79,"grade":"A","avg_distance_mm":78.4,"expected_volume_mm3":560000}},
"as7341":{"raw":{%s},"analysis":{"freshness_index":0.88,"fat_quality_index":0.84,"oxidation_index":0.12,"quality_score":0.86,"ratio_red_nir":1.23}},
"fusion":{"final_score":0.818,"final_grade":"A","is_compliant":true,"weight_tof":0.6,"weight_spectral":0.4,"confidence_level":0.93},
"firmware_version":"v1.2.3","temperature_c":19.7,"humidity_pct":51.0}`, id, device, time.Now().UTC().Format(time.RFC3339Nano),
		matrix(8, 8, "96.1"), matrix(8, 8, "71"), matrix(8, 8, "31"), channelsJSON)
}

// flat is what the ESP32 twin of the original sends: extra blocks, French grades, no compliance.
func flat(device, id string) string {
	return fmt.Sprintf(`{"type":"sensor_data","timestamp":"%s","device_id":%q,"sample_id":%q,"vl53l8ch_raw":{"histograms":%s},
"vl53l8ch":{"distance_matrix":%s,"reflectance_matrix":%s,"amplitude_matrix":%s,"volume_mm3":537900.0,"avg_height_mm":31.2,"surface_uniformity":0.83,
"height_variation_mm":4.4,"quality_score":0.8,"grade":"REJET - Qualité insuffisante","defects":[],"bins_analysis":{},"reflectance_analysis":{"mean":3}},
"as7341":{"channels":{%s},"integration_time":100,"gain":4,"freshness_index":0.9,"fat_quality_index":0.86,"oxidation_index":0.09,
"color_uniformity":0.91,"quality_score":0.88,"grade":"A+ - Premium","defects":[]},
"fusion":{"final_score":0.832,"final_grade":"A","vl53l8ch_score":0.8,"as7341_score":0.88,"defects":[]},
"meta":{"firmware_version":"1.0.0","temperature_c":21.5,"humidity_percent":48.2,"config_profile":"foiegras_standard_barquette"}}`,
		time.Now().UTC().Format("2006-01-02T15:04:05.000000"), device, id, matrix(64, 128, "1.2345678"),
		matrix(8, 8, "96.123456"), matrix(8, 8, "255.3"), matrix(8, 8, "31.5"), strings.ToLower(channelsJSON[:len(channelsJSON)-9])+`"nir":603`)
}

func meal(lot string, gaveur, jour int) string {
	return fmt.Sprintf(`{"code_lot":%q,"gaveur_id":%d,"gaveur_nom":"Jeanne Martin","site":"LL","genetique":"pekin","jour":%d,"moment":"soir","dose_reelle":338.6,
"poids_moyen":5480.2,"nb_canards_vivants":49,"taux_mortalite":2.0,"timestamp":"2026-02-03T18:00:00Z"}`, lot, gaveur, jour)
}
