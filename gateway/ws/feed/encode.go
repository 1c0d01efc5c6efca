package feed

import (
	"strconv"

	feedingv1 "egi/gateway/gen/egi/feeding/v1"
	qualityv1 "egi/gateway/gen/egi/quality/v1"
	realtimev1 "egi/gateway/gen/egi/realtime/v1"
)

// A Format is how a socket wants its events.
type Format int

// Formats. Both is for clients that named none: clients of either kind exist.
const (
	Both Format = iota
	Seeds
	Unified
	Gaveur // /ws/gaveur/{id}
	Notification
	formatCount
)

// ParseFormat reads the `format` query parameter.
func ParseFormat(s string) (Format, bool) {
	switch s {
	case "":
		return Both, true
	case "seeds":
		return Seeds, true
	case "unified":
		return Unified, true
	}
	return Both, false
}

// encode renders an event as the messages of a format. A message is the tail of a JSON object without its opening brace, so that
// the writer can put the connection's own counter in front of the shared bytes. last is the id of the final message, partial(k)
// that of the k-th of several.
func encode(ev *realtimev1.Event, f Format, last string, partial func(int) string) [][]byte {
	var out [][]byte
	add := func(b []byte) { out = append(out, b) }
	switch p := ev.Payload.(type) {
	case *realtimev1.Event_Sample:
		switch f {
		case Seeds, Both:
			add(tofMessage(p.Sample))
			add(spectralMessage(p.Sample))
			add(resultMessage(p.Sample))
			if f == Both {
				add(unifiedMessage(p.Sample))
			}
		case Unified:
			add(unifiedMessage(p.Sample))
		case Gaveur:
			add(resultMessage(p.Sample))
		}
	case *realtimev1.Event_Meal:
		switch f {
		case Gaveur:
			add(mealMessage("gavage_update", ev, p.Meal))
		case Seeds, Unified, Both:
			add(mealMessage("gavage_realtime", ev, p.Meal))
		}
	case *realtimev1.Event_Alert:
		kind := "alert"
		if f == Notification {
			kind = "notification"
		}
		add(alertMessage(kind, ev, p.Alert))
	case *realtimev1.Event_Device:
		if f != Gaveur && f != Notification {
			add(deviceMessage(ev, p.Device))
		}
	case *realtimev1.Event_Lot:
		if f != Notification {
			add(lotMessage(ev, p.Lot))
		}
	}
	for i, b := range out {
		id := last
		if i < len(out)-1 {
			id = partial(i + 1)
		}
		head := append(make([]byte, 0, len(b)+len(id)+32), `"event_id":`...)
		head = appendString(head, id)
		if ev.Snapshot {
			head = append(head, `,"snapshot":true`...)
		}
		head = append(head, ',')
		out[i] = append(head, b[1:]...)
	}
	return out
}

func sampleHead(kind string, s *qualityv1.GradedSample, capacity int) object {
	o := begin(make([]byte, 0, capacity))
	o.str("type", kind)
	o.stamp("timestamp", s.GetSample().GetSampleTime())
	o.str("sample_id", s.GetSample().GetSampleId())
	o.str("device_id", s.GetSample().GetDeviceId())
	o.strOrNull("site_code", s.SiteCode)
	o.intOrNull("lot_id", s.LotId)
	o.strOrNull("code_lot", s.CodeLot)
	return o
}

func tofRaw(o *object, t *qualityv1.TofFrame, optional bool) {
	o.key("raw")
	raw := begin(o.b)
	matrix := func(k string, m []float32) { raw.key(k); raw.b = appendMatrix(raw.b, m) }
	matrix("distance_matrix", t.GetDistanceMm())
	matrix("reflectance_matrix", t.GetReflectance())
	matrix("amplitude_matrix", t.GetAmplitude())
	if optional {
		raw.key("status_matrix")
		raw.b = appendIntMatrix(raw.b, t.GetTargetStatus())
		matrix("ambient_matrix", t.GetAmbient())
		raw.key("meta")
		meta := begin(raw.b)
		meta.intOrNull("integration_time", t.GetIntegrationTimeMs())
		meta.intOrNull("frames_averaged", t.GetFramesAveraged())
		raw.b = meta.end()
	}
	o.b = raw.end()
}

func channels(o *object, k string, c *qualityv1.SpectralChannels) {
	o.key(k)
	raw := begin(o.b)
	raw.num("F1_415nm", c.GetF1_415Nm())
	raw.num("F2_445nm", c.GetF2_445Nm())
	raw.num("F3_480nm", c.GetF3_480Nm())
	raw.num("F4_515nm", c.GetF4_515Nm())
	raw.num("F5_555nm", c.GetF5_555Nm())
	raw.num("F6_590nm", c.GetF6_590Nm())
	raw.num("F7_630nm", c.GetF7_630Nm())
	raw.num("F8_680nm", c.GetF8_680Nm())
	raw.num("Clear", c.GetClear())
	raw.num("NIR", c.GetNir())
	o.b = raw.end()
}

func tofMessage(s *qualityv1.GradedSample) []byte {
	o := sampleHead("sensor_data", s, 2048)
	o.str("sensor", "VL53L8CH")
	o.str("sensor_type", "VL53L8CH")
	o.key("data")
	data := begin(o.b)
	tofRaw(&data, s.GetSample().GetTof(), false)
	figuresOf(s).tof(&data, nil, false)
	o.b = data.end()
	return o.end()
}

func spectralMessage(s *qualityv1.GradedSample) []byte {
	o := sampleHead("sensor_data", s, 768)
	o.str("sensor", "AS7341")
	o.str("sensor_type", "AS7341")
	o.key("data")
	data := begin(o.b)
	channels(&data, "raw", s.GetSample().GetSpectral().GetChannels())
	data.key("analysis")
	in := begin(data.b)
	figuresOf(s).spectral(&in)
	data.b = in.end()
	o.b = data.end()
	return o.end()
}

func resultMessage(s *qualityv1.GradedSample) []byte {
	o := sampleHead("analysis_result", s, 640)
	o.key("data")
	data := begin(o.b)
	fusion(&data, s)
	o.b = data.end()
	return o.end()
}

func fusion(o *object, s *qualityv1.GradedSample) {
	r, declared := s.GetResult(), s.GetSample().GetFusion()
	o.num("final_score", r.GetFinalScore())
	o.str("final_grade", r.GetFinalGrade())
	o.bool("is_compliant", r.GetIsCompliant())
	tof, spectral := weights(r)
	o.num("weight_tof", tof)
	o.num("weight_spectral", spectral)
	confidence := r.ConfidenceLevel
	if confidence == nil && declared != nil {
		confidence = declared.ConfidenceLevel
	}
	o.opt("confidence_level", confidence)
}

// weights are those the server fused with; the usual ones for results that do not tell them.
func weights(r *qualityv1.Fusion) (tof, spectral float64) {
	tof, spectral = 0.6, 0.4
	if r.WeightTof != nil {
		tof = *r.WeightTof
	}
	if r.WeightSpectral != nil {
		spectral = *r.WeightSpectral
	}
	return tof, spectral
}

func unifiedMessage(s *qualityv1.GradedSample) []byte {
	o := sampleHead("sensor_update", s, 4096)
	sample := s.GetSample()
	o.key("vl53l8ch")
	tof := begin(o.b)
	tofRaw(&tof, sample.GetTof(), true)
	known := figuresOf(s)
	known.tof(&tof, sample.GetTofAnalysis(), true)
	o.b = tof.end()
	o.key("as7341")
	spectral := begin(o.b)
	channels(&spectral, "raw", sample.GetSpectral().GetChannels())
	spectral.key("analysis")
	a := sample.GetSpectralAnalysis()
	in := begin(spectral.b)
	channels(&in, "channels", sample.GetSpectral().GetChannels())
	in.detail("spectral_ratios", a.GetDetails())
	in.key("quality_metrics")
	in.b = append(in.b, '{', '}')
	in.key("color_uniformity")
	if a.GetColorUniformity() == 0 && (a == nil || a.ColorUniformity == nil) {
		in.b = append(in.b, "null"...)
	} else {
		in.b = appendFloat(in.b, a.GetColorUniformity())
	}
	in.defects("defects", a.GetDefects())
	known.spectral(&in)
	in.breakdown("score_breakdown", a.GetScoreBreakdown())
	spectral.b = in.end()
	o.b = spectral.end()
	o.key("fusion")
	fused := begin(o.b)
	unifiedFusion(&fused, s)
	o.b = fused.end()
	// `data` repeats what the first draft of the message carried under this key: the reading without its matrices.
	o.key("data")
	data := begin(o.b)
	data.stamp("timestamp", sample.GetSampleTime())
	data.str("device_id", sample.GetDeviceId())
	data.str("sample_id", sample.GetSampleId())
	data.num("fusion_final_score", s.GetResult().GetFinalScore())
	data.str("fusion_final_grade", s.GetResult().GetFinalGrade())
	o.b = data.end()
	return o.end()
}

func unifiedFusion(o *object, s *qualityv1.GradedSample) {
	fusion(o, s)
	tof, spectral := s.GetSample().GetTofAnalysis().GetQualityScore(), s.GetSample().GetSpectralAnalysis().GetQualityScore()
	if r := s.GetResult(); r.Vl53L8ChScore != nil && r.As7341Score != nil {
		tof, spectral = *r.Vl53L8ChScore, *r.As7341Score
	}
	o.num("tof_score", tof)
	o.num("spectral_score", spectral)
	byTof, bySpectral := weights(s.GetResult())
	o.num("tof_contribution", round4(byTof*tof))
	o.num("spectral_contribution", round4(bySpectral*spectral))
	o.num("vl53l8ch_score", tof)
	o.num("as7341_score", spectral)
	list := s.GetResult().GetDefects()
	if len(list) == 0 {
		list = s.GetSample().GetFusion().GetDefects()
	}
	o.defects("combined_defects", list)
	o.int("num_defects", int32(len(s.GetSample().GetTofAnalysis().GetDefects())+len(s.GetSample().GetSpectralAnalysis().GetDefects())))
	comparison(o, s)
	o.key("metrics")
	o.b = append(o.b, '{', '}')
	o.key("foie_gras_metrics")
	o.b = append(o.b, '{', '}')
}

// comparison tells what the device declared beside what the server measured again on the raw data; computed is null when the profile is unknown.
func comparison(o *object, s *qualityv1.GradedSample) {
	if f := s.GetSample().GetFusion(); f != nil {
		o.num("declared_score", f.GetFinalScore())
		o.strOrNull("declared_grade", f.GetFinalGrade())
	} else {
		o.strOrNull("declared_score", "")
		o.strOrNull("declared_grade", "")
	}
	o.strOrNull("comparison", s.GetComparison())
	o.bool("score_disagrees", s.GetScoreDisagrees())
	c := s.GetComputed()
	if c == nil {
		o.strOrNull("computed", "")
		return
	}
	o.key("computed")
	in := begin(o.b)
	in.num32("tof_score", c.GetTofScore())
	in.num32("spectral_score", c.GetSpectralScore())
	in.num32("fused_score", c.GetFusedScore())
	in.str("grade", c.GetGrade())
	in.num32("volume_mm3", c.GetVolumeMm3())
	in.num32("freshness_index", c.GetFreshnessIndex())
	in.num32("oxidation_index", c.GetOxidationIndex())
	in.num32("fat_quality_index", c.GetFatQualityIndex())
	in.num32("confidence_level", c.GetConfidenceLevel())
	in.strOrNull("limiting_sensor", c.GetLimitingSensor())
	o.b = in.end()
}

func round4(f float64) float64 {
	n, _ := strconv.ParseFloat(strconv.FormatFloat(f, 'f', 4, 64), 64)
	return n
}

// feederName never is a person's name: broadcasts carry no personal data.
func feederName(id int32) string { return "Gaveur " + strconv.Itoa(int(id)) }

func mealMessage(kind string, ev *realtimev1.Event, r *feedingv1.RecordedMeal) []byte {
	m := r.GetMeal()
	o := begin(make([]byte, 0, 640))
	o.str("type", kind)
	o.key("data")
	d := begin(o.b)
	d.str("code_lot", m.GetCodeLot())
	d.int("gaveur_id", m.GetGaveurId())
	d.str("gaveur_nom", feederName(m.GetGaveurId()))
	d.str("site", m.GetSite())
	d.str("genetique", m.GetGenetique())
	d.int("jour", m.GetJour())
	d.str("moment", m.GetMoment())
	d.opt("dose_theorique", m.DoseTheorique)
	d.opt("dose_reelle", m.DoseReelle)
	d.opt("poids_moyen", m.PoidsMoyen)
	d.key("nb_canards_vivants")
	if m.NbCanardsVivants == nil {
		d.b = append(d.b, "null"...)
	} else {
		d.b = strconv.AppendInt(d.b, int64(*m.NbCanardsVivants), 10)
	}
	d.opt("taux_mortalite", m.TauxMortalite)
	d.stamp("timestamp", m.GetTimestamp())
	d.bool("pret_abattage", m.GetPretAbattage())
	d.int("lot_id", r.GetLotId())
	d.int("gavage_id", r.GetGavageId())
	d.bool("corrected", r.GetCorrected())
	o.b = d.end()
	o.stamp("timestamp", ev.GetCommitTime())
	return o.end()
}

func alertMessage(kind string, ev *realtimev1.Event, a *realtimev1.AlertEvent) []byte {
	o := begin(make([]byte, 0, 512))
	o.str("type", kind)
	o.stamp("timestamp", ev.GetCommitTime())
	o.key("data")
	d := begin(o.b)
	d.int("alert_id", a.AlertId)
	d.str("origin", a.Origin)
	d.str("alert_type", a.AlertType)
	d.str("severity", a.Severity)
	d.strOrNull("device_id", a.DeviceId)
	d.strOrNull("sample_id", a.SampleId)
	d.strOrNull("site_code", a.SiteCode)
	d.strOrNull("code_lot", a.CodeLot)
	d.intOrNull("gaveur_id", a.GaveurId)
	d.str("message", a.Message)
	d.structure("data_context", a.DataContext)
	d.bool("is_acknowledged", a.IsAcknowledged)
	d.strOrNull("acknowledged_by", a.AcknowledgedBy)
	d.stamp("time", a.Time)
	d.str("state", a.State)
	d.int("occurrences", a.Occurrences)
	d.stamp("last_time", a.LastTime)
	d.stamp("shelved_until", a.ShelvedUntil)
	d.strOrNull("shelved_by", a.ShelvedBy)
	d.stamp("closed_at", a.ClosedTime)
	d.strOrNull("close_reason", a.CloseReason)
	o.b = d.end()
	return o.end()
}

func deviceMessage(ev *realtimev1.Event, v *realtimev1.DeviceEvent) []byte {
	o := begin(make([]byte, 0, 256))
	o.str("type", "device_status")
	at := ev.GetCommitTime()
	if at == nil { // a device state is not a transaction
		at = v.LastSeen
	}
	o.stamp("timestamp", at)
	o.key("data")
	d := begin(o.b)
	d.str("device_id", v.DeviceId)
	d.str("status", v.Status)
	d.stamp("last_seen", v.LastSeen)
	d.int("buffer_size", v.BufferSize)
	d.strOrNull("site_code", v.SiteCode)
	o.b = d.end()
	return o.end()
}

func lotMessage(ev *realtimev1.Event, l *realtimev1.LotEvent) []byte {
	o := begin(make([]byte, 0, 256))
	o.str("type", "lot_status")
	o.stamp("timestamp", ev.GetCommitTime())
	o.key("data")
	d := begin(o.b)
	d.str("code_lot", l.CodeLot)
	d.int("lot_id", l.LotId)
	d.str("statut", l.Statut)
	d.strOrNull("site_code", l.SiteCode)
	d.intOrNull("gaveur_id", l.GaveurId)
	o.b = d.end()
	return o.end()
}

// LatestSample is the newest reading in short, for the beginning of a connection.
func (e *Entry) LatestSample(timestamp string) []byte {
	s := e.Event.GetSample()
	o := begin(make([]byte, 0, 384))
	o.str("event_id", e.id)
	o.str("type", "latest_sample")
	o.str("timestamp", timestamp)
	o.key("data")
	d := begin(o.b)
	d.str("sample_id", s.GetSample().GetSampleId())
	d.str("device_id", s.GetSample().GetDeviceId())
	d.stamp("timestamp", s.GetSample().GetSampleTime())
	d.strOrNull("site_code", s.GetSiteCode())
	d.strOrNull("code_lot", s.GetCodeLot())
	d.num("fusion_final_score", s.GetResult().GetFinalScore())
	d.str("fusion_final_grade", s.GetResult().GetFinalGrade())
	o.b = d.end()
	return o.end()[1:]
}
