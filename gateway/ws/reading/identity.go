package reading

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/valyala/fastjson"
)

// IdentityOf reads the identifiers of a parsed message; whatever is not text of at most 100 characters is left out.
func IdentityOf(root *fastjson.Value) Identity {
	read := func(key string) string {
		v := get(root, key)
		if v == nil || v.Type() != fastjson.TypeString {
			return ""
		}
		b, _ := v.StringBytes()
		if len(b) > 400 || utf8.RuneCount(b) > 100 {
			return ""
		}
		return string(b)
	}
	return Identity{DeviceID: read("device_id"), SampleID: read("sample_id"), CodeLot: read("code_lot")}
}

var identifier = regexp.MustCompile(`"(device_id|sample_id|code_lot)"\s*:\s*"([^"\\\x00-\x1f]{1,100})"`)

// ScanIdentity finds identifiers in bytes that are not JSON: a frame with NaN, cut in the middle of a character, or too long.
func ScanIdentity(message []byte) Identity {
	var id Identity
	for _, m := range identifier.FindAllSubmatch(message, 8) {
		value := strings.ToValidUTF8(string(m[2]), "")
		switch string(m[1]) {
		case "device_id":
			if id.DeviceID == "" {
				id.DeviceID = value
			}
		case "sample_id":
			if id.SampleID == "" {
				id.SampleID = value
			}
		case "code_lot":
			if id.CodeLot == "" {
				id.CodeLot = value
			}
		}
	}
	return id
}

// MaxKept is how much of a refused message is kept, bytes.
const MaxKept = 64 << 10

var secrets = regexp.MustCompile(`(?i)("(?:[a-z_]*token|authorization|password|secret)"\s*:\s*)"(?:[^"\\]|\\.)*"?`)

// Keepable is the part of a refused message that may be kept: its first 64 KiB without access tokens.
func Keepable(message []byte) []byte {
	if len(message) > MaxKept {
		message = message[:MaxKept]
	}
	return secrets.ReplaceAll(bytes.Clone(message), []byte(`$1"***"`))
}
