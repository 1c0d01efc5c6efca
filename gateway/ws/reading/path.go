package reading

import (
	"regexp"
	"strconv"
	"strings"
)

// senderPaths: prefixes of the contract and what a device calls them.
var senderPaths = []struct{ contract, sender string }{
	{"tof.distance_mm", "vl53l8ch.distance_matrix"}, {"tof.reflectance", "vl53l8ch.reflectance_matrix"},
	{"tof.amplitude", "vl53l8ch.amplitude_matrix"}, {"tof.target_status", "vl53l8ch.status_matrix"}, {"tof.ambient", "vl53l8ch.ambient_matrix"},
	{"tof_analysis", "vl53l8ch"}, {"tof", "vl53l8ch"}, {"spectral.channels.clear", "as7341.Clear"}, {"spectral.channels.nir", "as7341.NIR"},
	{"spectral.channels.f", "as7341.F"}, {"spectral_analysis", "as7341"}, {"spectral", "as7341"},
	{"sample_time", "timestamp"}, {"lot", "lot_id"},
}

var flatIndex = regexp.MustCompile(`_matrix\[(\d+)\]$`)

// SenderPath translates a field path of the contract (`tof.distance_mm[26]`) into the one a device knows
// (`vl53l8ch.distance_matrix[3][2]`). Other paths stay as they are.
func SenderPath(field string) string {
	field = strings.TrimPrefix(field, "sample.")
	for _, p := range senderPaths {
		rest, ok := strings.CutPrefix(field, p.contract)
		if !ok || rest != "" && rest[0] != '.' && rest[0] != '[' && !strings.HasSuffix(p.contract, ".f") {
			continue
		}
		field = p.sender + rest
		break
	}
	if m := flatIndex.FindStringSubmatchIndex(field); m != nil {
		if n, err := strconv.Atoi(field[m[2]:m[3]]); err == nil && n < side*side {
			field = field[:m[2]-1] + "[" + strconv.Itoa(n/side) + "][" + strconv.Itoa(n%side) + "]"
		}
	}
	return field
}
