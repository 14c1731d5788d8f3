package graph

import (
	"strings"
	"unicode"
)

// glyphs are the widths of characters of Helvetica and Arial, in thousandths
// of the font's size.
var glyphs = func() map[rune]float64 {
	widths := map[rune]float64{}
	for _, class := range []struct {
		characters string
		width      float64
	}{
		{"ijl'|", 220}, {"I!.,:;/\\[] ftr()-{}`\"", 320}, {"*^°", 420}, {"cksvxyzJ", 510},
		{"+<=>~…→", 590}, {"wCDGHNORU&", 740}, {"QO", 790}, {"mMW%", 890}, {"@", 1020},
	} {
		for _, r := range class.characters {
			widths[r] = class.width
		}
	}
	return widths
}()

const (
	usualGlyph = 560.0
	wideGlyph  = 1000.0
	capital    = 680.0
	// boldness is how much wider a bold text is.
	boldness = 1.07
)

// width is about that of a text, rather more than less.
func width(s string, size float64, bold bool) float64 {
	sum := 0.0
	for _, r := range s {
		w, known := glyphs[r]
		switch {
		case known:
		case unicode.Is(unicode.Mn, r):
			w = 0
		case r >= 0x1100 && (unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana) || r >= 0x1f000):
			w = wideGlyph
		case unicode.IsUpper(r):
			w = capital
		default:
			w = usualGlyph
		}
		sum += w
	}
	if bold {
		sum *= boldness
	}
	return sum * size / 1000 * 1.03
}

// fitting is a text that is cut where it is wider than that.
func fitting(s string, size float64, bold bool, most float64) string {
	if width(s, size, bold) <= most {
		return s
	}
	runes := []rune(s)
	for len(runes) > 1 && width(string(runes)+"…", size, bold) > most {
		runes = runes[:len(runes)-1]
	}
	return strings.TrimRight(string(runes), " ,") + "…"
}
