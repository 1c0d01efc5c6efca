package reading

import (
	"math"
	"strconv"
	"strings"

	"github.com/valyala/fastjson"

	qualityv1 "egi/gateway/gen/egi/quality/v1"
)

// side of the frame; another resolution is refused.
const side = 8

// matrix reads exactly 8x8 numbers in 0..max, row by row. A value outside the range by rounding only (less than 0.5) is the
// bound itself. coarse rounds to one decimal.
func (c *collector) matrix(parent *fastjson.Value, path, key string, max float64, required, coarse bool) []float32 {
	v := get(parent, key)
	if v == nil {
		if required {
			c.add(join(path, key), "is missing, 8 rows of 8 numbers are expected")
		}
		return nil
	}
	if v.Type() != fastjson.TypeArray {
		c.add(join(path, key), "is "+typeName(v)+", 8 rows of 8 numbers are expected")
		return nil
	}
	rows, _ := v.Array()
	if len(rows) != side {
		c.add(join(path, key), "has "+strconv.Itoa(len(rows))+" rows, 8 expected")
		return nil
	}
	out := make([]float32, 0, side*side)
	before := len(c.violations) + c.omitted
	for y, row := range rows {
		if row.Type() != fastjson.TypeArray {
			c.add(cell(path, key, y, -1), "is "+typeName(row)+", 8 numbers are expected")
			continue
		}
		cells, _ := row.Array()
		if len(cells) != side {
			c.add(cell(path, key, y, -1), "has "+strconv.Itoa(len(cells))+" columns, 8 expected")
			continue
		}
		for x, value := range cells {
			f, ok := finite(value)
			switch {
			case !ok:
				c.add(cell(path, key, y, x), notANumber(value))
				continue
			case f <= -0.5 || f >= max+0.5:
				c.add(cell(path, key, y, x), "is "+strconv.FormatFloat(f, 'g', -1, 64)+", expected "+span(0, max))
				continue
			}
			if coarse {
				f = math.Round(f*10) / 10
			}
			out = append(out, float32(math.Min(math.Max(f, 0), max)))
		}
	}
	if len(c.violations)+c.omitted != before {
		return nil
	}
	return out
}

func cell(path, key string, y, x int) string {
	s := join(path, key) + "[" + strconv.Itoa(y) + "]"
	if x >= 0 {
		s += "[" + strconv.Itoa(x) + "]"
	}
	return s
}

// channelNames are the ten channels as the seeds write them; a device may write F5_555, f5 or clear.
var channelNames = [10]string{"F1_415nm", "F2_445nm", "F3_480nm", "F4_515nm", "F5_555nm", "F6_590nm", "F7_630nm", "F8_680nm", "Clear", "NIR"}

func channelIndex(key []byte) int {
	if len(key) >= 2 && (key[0] == 'F' || key[0] == 'f') && key[1] >= '1' && key[1] <= '8' && (len(key) == 2 || key[2] == '_') {
		return int(key[1] - '1')
	}
	switch {
	case strings.EqualFold(string(key), "clear"):
		return 8
	case strings.EqualFold(string(key), "nir"):
		return 9
	}
	return -1
}

func (c *collector) channels(block *fastjson.Value, path string) *qualityv1.SpectralChannels {
	if block == nil || block.Type() != fastjson.TypeObject {
		c.add(path, "is not an object of ten channels")
		return nil
	}
	var counts [10]float64
	var seen [10]bool
	o, _ := block.Object()
	o.Visit(func(key []byte, v *fastjson.Value) {
		i := channelIndex(key)
		if i < 0 || v.Type() == fastjson.TypeNull {
			return
		}
		seen[i] = true
		f, ok := finite(v)
		switch {
		case !ok:
			c.add(join(path, string(key)), notANumber(v))
		case f < 0 || f > 65535:
			c.add(join(path, string(key)), "is "+strconv.FormatFloat(f, 'g', -1, 64)+", expected 0..65535")
		}
		counts[i] = f
	})
	for i, ok := range seen {
		if !ok {
			c.add(join(path, channelNames[i]), "is missing, a number is expected")
		}
	}
	return &qualityv1.SpectralChannels{
		F1_415Nm: counts[0], F2_445Nm: counts[1], F3_480Nm: counts[2], F4_515Nm: counts[3], F5_555Nm: counts[4],
		F6_590Nm: counts[5], F7_630Nm: counts[6], F8_680Nm: counts[7], Clear: counts[8], Nir: counts[9],
	}
}

// defects reads a list of objects {type, x, y | pos, severity, description} or of plain words.
func (c *collector) defects(parent *fastjson.Value, path, key string, max int) []*qualityv1.Defect {
	v := get(parent, key)
	if v == nil {
		return nil
	}
	items, err := v.Array()
	if err != nil {
		c.add(join(path, key), "is "+typeName(v)+", a list is expected")
		return nil
	}
	if len(items) > max {
		c.add(join(path, key), "has "+strconv.Itoa(len(items))+" defects, at most "+strconv.Itoa(max)+" are accepted")
		return nil
	}
	var out []*qualityv1.Defect
	for i, item := range items {
		at := join(path, key) + "[" + strconv.Itoa(i) + "]"
		switch item.Type() {
		case fastjson.TypeString:
			word, _ := item.StringBytes()
			out = append(out, &qualityv1.Defect{Type: cut(string(word), 50)})
		case fastjson.TypeObject:
			d := &qualityv1.Defect{
				Type:        c.text(item, at, 50, true, "type"),
				Severity:    orZero(c.number(item, at, 0, 1, false, "severity")),
				Description: c.text(item, at, 200, false, "description"),
			}
			if x := c.integer(item, at, 0, side-1, false, "x"); x != nil {
				d.X = *x
			}
			if y := c.integer(item, at, 0, side-1, false, "y"); y != nil {
				d.Y = *y
			}
			out = append(out, d)
		default:
			c.add(at, "is "+typeName(item)+", an object is expected")
		}
	}
	return out
}

func cut(s string, max int) string {
	if r := []rune(s); len(r) > max {
		return string(r[:max])
	}
	return s
}
