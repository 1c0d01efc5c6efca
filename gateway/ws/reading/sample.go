package reading

import (
	"math"
	"strconv"
	"strings"

	"github.com/valyala/fastjson"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	qualityv1 "egi/gateway/gen/egi/quality/v1"
)

// Sample converts a sensor message of either layout: nested (raw and analysis blocks) or flat, with what the device concluded or raw data
// only. Blocks that no reader needs are ignored. When violations are returned the sample is nil; the identity is what could be read.
func Sample(root *fastjson.Value) (*qualityv1.Sample, Identity, []Violation) {
	c := &collector{}
	id := IdentityOf(root)
	s := &qualityv1.Sample{
		SampleId:    c.text(root, "", 100, true, "sample_id"),
		DeviceId:    c.text(root, "", 100, true, "device_id"),
		Lot:         c.lot(root),
		Location:    c.text(root, "", 100, false, "location"),
		LotAbattage: c.text(root, "", 50, false, "lot_abattage"),
	}
	if get(root, "site_code") != nil {
		s.SiteCode = c.site(root, "site_code")
	}
	if t := c.time(root, "", "timestamp"); !t.IsZero() {
		s.SampleTime = timestamppb.New(t)
	}
	analysed := concludes(root)
	c.tof(root, s, analysed)
	c.spectral(root, s, analysed)
	if analysed {
		c.fusion(root, s)
	}
	c.meta(root, s)
	if violations := c.result(); len(violations) > 0 {
		return nil, id, violations
	}
	return s, id, nil
}

// conclusions are the fields of a flat block that its device concluded.
var conclusions = map[string][]string{
	"vl53l8ch": {"analysis", "volume_mm3", "surface_uniformity", "quality_score", "grade"},
	"as7341":   {"analysis", "freshness_index", "fat_quality_index", "oxidation_index", "quality_score", "grade"},
}

// concludes reports whether the device tells any result. One that tells none sends raw data only, and the server measures; one that tells
// some must tell all.
func concludes(root *fastjson.Value) bool {
	if get(root, "fusion") != nil {
		return true
	}
	for block, keys := range conclusions {
		for _, key := range keys {
			if get(get(root, block), key) != nil {
				return true
			}
		}
	}
	return false
}

// lot accepts an integer, a numeric string, a code, or nothing; an absent lot is never guessed.
func (c *collector) lot(root *fastjson.Value) string {
	v, key := first(root, "lot_id", "code_lot")
	if v == nil {
		return ""
	}
	if v.Type() == fastjson.TypeNumber {
		n := c.integer(root, "", 1, math.MaxInt32, true, key)
		if n == nil {
			return ""
		}
		return strconv.Itoa(int(*n))
	}
	return strings.TrimSpace(c.text(root, "", 50, false, key))
}

// grade recognises a grade by its first word; long French forms ("REJET - Qualité insuffisante") are what real devices send.
func (c *collector) grade(parent *fastjson.Value, path, key string, required bool) string {
	s := c.text(parent, path, 200, required, key)
	words := strings.Fields(s)
	if len(words) == 0 {
		if required && s != "" {
			c.add(join(path, key), "is empty")
		}
		return ""
	}
	switch word := strings.ToUpper(strings.TrimRight(words[0], "-:,;.")); word {
	case "A+", "A", "B", "C", "REJECT":
		return word
	case "REJET":
		return "REJECT"
	}
	c.add(join(path, key), "is not a grade, one of A+ A B C REJECT is expected")
	return ""
}

func (c *collector) tof(root *fastjson.Value, s *qualityv1.Sample, analysed bool) {
	const path = "vl53l8ch"
	block := c.object(root, "", path)
	if block == nil {
		return
	}
	raw, rawPath := get(block, "raw"), path+".raw"
	analysis, analysisPath := get(block, "analysis"), path+".analysis"
	if raw == nil || get(raw, "distance_matrix") == nil && get(block, "distance_matrix") != nil {
		raw, rawPath = block, path
	}
	if analysis == nil {
		analysis, analysisPath = block, path
	}
	if analysed && get(block, "raw") != nil && rawPath != path && analysisPath == path {
		analysis = c.object(block, path, "analysis")
		analysisPath = path + ".analysis"
	}
	// The twin of the original sends computed floats: they are rounded to the resolution the matrices are kept in.
	twin := get(root, "vl53l8ch_raw") != nil
	f := &qualityv1.TofFrame{
		DistanceMm:  c.matrix(raw, rawPath, "distance_matrix", 4000, true, twin),
		Reflectance: c.matrix(raw, rawPath, "reflectance_matrix", 255, true, twin),
		Amplitude:   c.matrix(raw, rawPath, "amplitude_matrix", 4095, true, twin),
		Ambient:     c.matrix(raw, rawPath, "ambient_matrix", 4095, false, twin),
	}
	if status := c.matrix(raw, rawPath, "status_matrix", 255, false, false); status != nil {
		f.TargetStatus = make([]int32, len(status))
		for i, v := range status {
			f.TargetStatus[i] = int32(math.Round(float64(v)))
		}
	}
	if v := c.integer(raw, rawPath, 0, 1000, false, "integration_time", "integration_time_ms"); v != nil {
		f.IntegrationTimeMs = *v
	}
	f.SensorTemperatureC = float32Of(c.number(raw, rawPath, -60, 150, false, "temperature_c", "sensor_temperature_c"))
	if v := c.integer(raw, rawPath, 0, 100000, false, "frames_averaged"); v != nil {
		f.FramesAveraged = *v
	}
	s.Tof = f
	if !analysed || analysis == nil {
		return
	}
	s.TofAnalysis = &qualityv1.TofAnalysis{
		VolumeMm3:         orZero(c.number(analysis, analysisPath, 0, 5e6, true, "volume_mm3")),
		AvgHeightMm:       c.number(analysis, analysisPath, -1e4, 1e4, false, "avg_height_mm"),
		MaxHeightMm:       c.number(analysis, analysisPath, -1e4, 1e4, false, "max_height_mm"),
		MinHeightMm:       c.number(analysis, analysisPath, -1e4, 1e4, false, "min_height_mm"),
		SurfaceUniformity: orZero(c.number(analysis, analysisPath, 0, 1, true, "surface_uniformity")),
		HeightVariationMm: c.number(analysis, analysisPath, 0, 1e4, false, "height_variation_mm"),
		QualityScore:      orZero(c.number(analysis, analysisPath, 0, 1, true, "quality_score")),
		Grade:             c.grade(analysis, analysisPath, "grade", true),
		Defects:           c.defects(analysis, analysisPath, "defects", 64),
		ScoreBreakdown:    breakdown(analysis),
		Details:           details(analysis, "bins_analysis", "reflectance_analysis", "amplitude_consistency", "stats"),
	}
	// Without it the server would hold the liver against another volume than the station did.
	if v := c.number(analysis, analysisPath, 0, 5e6, false, "expected_volume_mm3"); v != nil {
		if s.TofAnalysis.Details == nil {
			s.TofAnalysis.Details = &structpb.Struct{Fields: map[string]*structpb.Value{}}
		}
		s.TofAnalysis.Details.Fields["expected_volume_mm3"] = structpb.NewNumberValue(*v)
	}
}

func (c *collector) spectral(root *fastjson.Value, s *qualityv1.Sample, analysed bool) {
	const path = "as7341"
	block := c.object(root, "", path)
	if block == nil {
		return
	}
	raw, rawPath := block, path
	if v := get(block, "raw"); v != nil && v.Type() == fastjson.TypeObject {
		if o, _ := v.Object(); o.Len() > 0 {
			raw, rawPath = v, path+".raw"
		}
	}
	analysis, analysisPath := get(block, "analysis"), path+".analysis"
	if analysis == nil {
		analysis, analysisPath = block, path
		if analysed && rawPath != path {
			analysis, analysisPath = c.object(block, path, "analysis"), path+".analysis"
		}
	}
	channels, channelsPath := raw, rawPath
	if v := get(raw, "channels"); v != nil {
		channels, channelsPath = v, rawPath+".channels"
	} else if v := get(block, "channels"); v != nil {
		channels, channelsPath = v, path+".channels"
	}
	reading := &qualityv1.SpectralReading{Channels: c.channels(channels, channelsPath)}
	if v := c.number(raw, rawPath, 0, 1000, false, "integration_time", "integration_time_ms"); v != nil {
		reading.IntegrationTimeMs = int32(math.Round(*v))
	}
	reading.Gain = float32(orZero(c.number(raw, rawPath, 0, 512, false, "gain")))
	s.Spectral = reading
	if !analysed || analysis == nil {
		return
	}
	s.SpectralAnalysis = &qualityv1.SpectralAnalysis{
		FreshnessIndex:  orZero(c.number(analysis, analysisPath, 0, 1, true, "freshness_index")),
		FatQualityIndex: orZero(c.number(analysis, analysisPath, 0, 1, true, "fat_quality_index")),
		OxidationIndex:  orZero(c.number(analysis, analysisPath, 0, 1, true, "oxidation_index")),
		ColorUniformity: c.number(analysis, analysisPath, 0, 1, false, "color_uniformity"),
		QualityScore:    orZero(c.number(analysis, analysisPath, 0, 1, true, "quality_score")),
		Grade:           c.grade(analysis, analysisPath, "grade", false),
		Defects:         c.defects(analysis, analysisPath, "defects", 64),
		ScoreBreakdown:  breakdown(analysis),
		Details:         details(analysis, "spectral_ratios", "spectral_analysis", "color_analysis"),
	}
}

func (c *collector) fusion(root *fastjson.Value, s *qualityv1.Sample) {
	const path = "fusion"
	block := c.object(root, "", path)
	if block == nil {
		return
	}
	// Compliance is required in the nested layout only; the flat one never had it, and it is then computed.
	nested := get(get(root, "vl53l8ch"), "analysis") != nil
	s.Fusion = &qualityv1.Fusion{
		FinalScore:      orZero(c.number(block, path, 0, 1, true, "final_score")),
		FinalGrade:      c.grade(block, path, "final_grade", true),
		IsCompliant:     c.boolean(block, path, nested, "is_compliant"),
		WeightTof:       c.number(block, path, 0, 1, false, "weight_tof"),
		WeightSpectral:  c.number(block, path, 0, 1, false, "weight_spectral"),
		ConfidenceLevel: c.number(block, path, 0, 1, false, "confidence_level"),
		Vl53L8ChScore:   c.number(block, path, 0, 1, false, "vl53l8ch_score", "tof_score"),
		As7341Score:     c.number(block, path, 0, 1, false, "as7341_score", "spectral_score"),
		Defects:         c.defects(block, path, "defects", 128),
	}
}

func (c *collector) meta(root *fastjson.Value, s *qualityv1.Sample) {
	meta := get(root, "meta")
	if meta != nil && meta.Type() != fastjson.TypeObject {
		c.add("meta", "is "+typeName(meta)+", an object is expected")
		return
	}
	either := func(key string) (*fastjson.Value, string) {
		if get(root, key) != nil {
			return root, ""
		}
		return meta, "meta"
	}
	block, path := either("firmware_version")
	s.FirmwareVersion = c.text(block, path, 50, false, "firmware_version")
	block, path = either("config_profile")
	s.ConfigProfile = c.text(block, path, 50, false, "config_profile")
	block, path = either("temperature_c")
	s.TemperatureC = c.number(block, path, -40, 85, false, "temperature_c")
	if block, path = either("humidity_pct"); get(block, "humidity_pct") == nil {
		block, path = either("humidity_percent")
	}
	s.HumidityPct = c.number(block, path, 0, 100, false, "humidity_pct", "humidity_percent")
}

func orZero(v *float64) float64 {
	if v == nil {
		return 0
	}
	return *v
}

func float32Of(v *float64) *float32 {
	if v == nil {
		return nil
	}
	f := float32(*v)
	return &f
}

// breakdown reads the components of a score; anything that is not an object of numbers is left out.
func breakdown(analysis *fastjson.Value) map[string]float64 {
	v := get(analysis, "score_breakdown")
	if v == nil || v.Type() != fastjson.TypeObject {
		return nil
	}
	o, _ := v.Object()
	if o.Len() == 0 || o.Len() > 32 {
		return nil
	}
	out := make(map[string]float64, o.Len())
	o.Visit(func(k []byte, part *fastjson.Value) {
		if f, ok := finite(part); ok {
			out[string(k)] = f
		}
	})
	return out
}

// maxDetail bounds one free-form block of a device, bytes of JSON; larger ones (histograms) are ignored.
const maxDetail = 16 << 10

// details keeps the named free-form blocks as sent.
func details(analysis *fastjson.Value, keys ...string) *structpb.Struct {
	var out *structpb.Struct
	for _, key := range keys {
		v := get(analysis, key)
		if v == nil || v.Type() != fastjson.TypeObject {
			continue
		}
		if o, _ := v.Object(); o.Len() == 0 {
			continue
		}
		text := v.MarshalTo(nil)
		block := &structpb.Value{}
		if len(text) > maxDetail || block.UnmarshalJSON(text) != nil {
			continue
		}
		if out == nil {
			out = &structpb.Struct{Fields: map[string]*structpb.Value{}}
		}
		out.Fields[key] = block
	}
	return out
}
