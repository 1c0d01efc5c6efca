// Package decimal reads numbers as people write them in France: "338,6", "5 480,2" with spaces that do not break, "-1,5".
package decimal

import (
	"regexp"
	"strconv"
	"strings"
)

// Groups of three digits may be set apart by a space, a no-break space (U+00A0), a narrow one (U+202F) or a thin one (U+2009).
var (
	written    = regexp.MustCompile(`^[+-]?(\d+|\d{1,3}([ \x{00A0}\x{202F}\x{2009}]\d{3})+)([.,]\d+)?$`)
	separators = strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", "\u2009", "", ",", ".")
)

// Parse reads one number; ok is false for anything else, "1.234,5" included, which could mean two numbers.
func Parse(text string) (value float64, ok bool) {
	text = strings.Trim(text, " \t\u00a0\u202f\u2009")
	if len(text) > 40 || !written.MatchString(text) {
		return 0, false
	}
	value, err := strconv.ParseFloat(separators.Replace(text), 64)
	return value, err == nil
}
