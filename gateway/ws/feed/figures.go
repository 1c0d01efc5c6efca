package feed

import qualityv1 "egi/gateway/gen/egi/quality/v1"

// figures are the results of both sensors that an event tells: what the device concluded, else what the server computed; nil = nobody knows.
type figures struct {
	volume, uniformity, tofScore             *float64
	freshness, fat, oxidation, spectralScore *float64
	tofGrade                                 string
}

func figuresOf(s *qualityv1.GradedSample) (f figures) {
	computed := s.GetComputed()
	wide := func(v float32) *float64 { w := float64(v); return &w }
	if a := s.GetSample().GetTofAnalysis(); a != nil {
		f.volume, f.uniformity, f.tofScore, f.tofGrade = &a.VolumeMm3, &a.SurfaceUniformity, &a.QualityScore, a.Grade
	} else if computed != nil {
		f.volume, f.tofScore = wide(computed.VolumeMm3), wide(computed.TofScore)
	}
	if a := s.GetSample().GetSpectralAnalysis(); a != nil {
		f.freshness, f.fat, f.oxidation, f.spectralScore = &a.FreshnessIndex, &a.FatQualityIndex, &a.OxidationIndex, &a.QualityScore
	} else if computed != nil {
		f.freshness, f.fat, f.oxidation = wide(computed.FreshnessIndex), wide(computed.FatQualityIndex), wide(computed.OxidationIndex)
		f.spectralScore = wide(computed.SpectralScore)
	}
	return f
}

// tof writes the conclusions about the frame, `full` with the details of the device.
func (f figures) tof(o *object, a *qualityv1.TofAnalysis, full bool) {
	o.key("analysis")
	in := begin(o.b)
	in.opt("volume_mm3", f.volume)
	in.opt("surface_uniformity", f.uniformity)
	in.opt("quality_score", f.tofScore)
	in.strOrNull("grade", f.tofGrade)
	if full {
		if a == nil {
			a = &qualityv1.TofAnalysis{}
		}
		in.opt("avg_height_mm", a.AvgHeightMm)
		in.opt("max_height_mm", a.MaxHeightMm)
		in.opt("min_height_mm", a.MinHeightMm)
		in.opt("height_variation_mm", a.HeightVariationMm)
		in.detail("bins_analysis", a.GetDetails())
		in.detail("reflectance_analysis", a.GetDetails())
		in.detail("amplitude_consistency", a.GetDetails())
		in.detail("stats", a.GetDetails())
		in.breakdown("score_breakdown", a.GetScoreBreakdown())
		in.defects("defects", a.GetDefects())
	}
	o.b = in.end()
}

// spectral writes the indices and the score of the spectrum.
func (f figures) spectral(in *object) {
	in.opt("freshness_index", f.freshness)
	in.opt("fat_quality_index", f.fat)
	in.opt("oxidation_index", f.oxidation)
	in.opt("quality_score", f.spectralScore)
}
