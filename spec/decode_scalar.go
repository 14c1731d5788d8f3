package spec

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// Source is the text that a scalar was written as, for suggestions.
func (v *Value) Source() string {
	switch s := v.Scalar.(type) {
	case nil:
		return "null"
	case string:
		return s
	default:
		if v.text != nil {
			return v.text.src.text[v.Range.Start.Offset:v.Range.End.Offset]
		}
		return fmt.Sprint(s)
	}
}

// text decodes fixed text: no template.
func (d *decoder) text(v *Value, f field) *String {
	s, ok := v.String()
	if !ok {
		bad := d.wrongType(v, f, "text")
		switch {
		case f.enum != nil:
			bad.Detail += "; it is " + orList(f.enum)
		case v.Kind == BoolKind || v.Kind == IntKind || v.Kind == FloatKind:
			bad.Correct(strconv.Quote(v.Source()))
			bad.Detail += "; write " + bad.Suggestion()
		}
		return nil
	}
	out := &String{Value: s, Node: v}
	switch {
	case strings.Contains(s, "${"):
		d.add(ruleFixed, v.Range, "%q is fixed: ${…} is not evaluated here", f.key)
	case f.enum != nil:
		if !d.checkEnum(v, s, f) {
			return nil
		}
	case f.format != "":
		d.checkForm(v, s, f.format)
	}
	return out
}

func (d *decoder) checkEnum(v *Value, s string, f field) bool {
	for _, allowed := range f.enum {
		if s == allowed {
			return true
		}
	}
	if isLater(f.key, s) {
		d.add(ruleLater, v.Range, "%q is not supported by this version", s)
		return false
	}
	bad := d.add(ruleEnum, v.Range, "%q cannot be %q", f.key, s)
	if guess, ok := diag.Nearest(s, f.enum); ok {
		bad.SuggestWord(s, guess)
		bad.Detail += fmt.Sprintf("; did you mean %q?", guess)
	} else {
		bad.Detail += "; it must be " + orList(f.enum)
	}
	return false
}

// orList joins words for a sentence: "a", "b" or "c".
func orList(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = strconv.Quote(w)
	}
	if len(quoted) < 2 {
		return strings.Join(quoted, "")
	}
	return strings.Join(quoted[:len(quoted)-1], ", ") + " or " + quoted[len(quoted)-1]
}

func (d *decoder) boolean(v *Value, f field) *Bool {
	if b, ok := v.Scalar.(bool); ok {
		return &Bool{Value: b, Node: v}
	}
	bad := d.wrongType(v, f, "true or false")
	s, _ := v.String()
	switch strings.ToLower(s) {
	case "yes", "on", "y", "true":
		bad.Correct("true")
	case "no", "off", "n", "false":
		bad.Correct("false")
	default:
		return nil
	}
	bad.Detail += "; write " + bad.Suggestion()
	return nil
}

func (d *decoder) integer(v *Value, f field) *Int {
	if n, ok := v.Scalar.(int64); ok {
		d.checkBounds(v, float64(n), f)
		return &Int{Value: n, Node: v}
	}
	bad := d.wrongType(v, f, "a whole number")
	if s, ok := v.String(); ok && plain(s).kind == IntKind {
		bad.Correct(s)
		bad.Detail += "; leave out the quotes"
	}
	return nil
}

func (d *decoder) number(v *Value, f field) *Number {
	var n float64
	switch s := v.Scalar.(type) {
	case int64:
		n = float64(s)
	case float64:
		n = s
	default:
		bad := d.wrongType(v, f, "a number")
		if s, ok := v.String(); ok && plain(s).kind >= IntKind && plain(s).kind <= FloatKind {
			bad.Correct(s)
			bad.Detail += "; leave out the quotes"
		}
		return nil
	}
	d.checkBounds(v, n, f)
	return &Number{Value: n, Node: v}
}

// checkBounds checks a number against its tags; a duration counts in seconds.
func (d *decoder) checkBounds(v *Value, n float64, f field) {
	limit := func(text string) float64 {
		out, _ := strconv.ParseFloat(text, 64)
		return out
	}
	b := f.bounds
	if (b.above == "" || n > limit(b.above)) && (b.min == "" || n >= limit(b.min)) && (b.max == "" || n <= limit(b.max)) {
		return
	}
	d.add(ruleBounds, v.Range, "%q must be %s, and is %s", f.key, b.words(), v.Source())
}

const durationForms = "a duration such as 10s, 5m or 1h30m, or a number of seconds"

func (d *decoder) duration(v *Value, f field) *Duration {
	span, ok := durationOf(v)
	if !ok {
		d.wrongDuration(v, f)
		return nil
	}
	d.checkBounds(v, span.Seconds(), f)
	return &Duration{Value: span, Node: v}
}

func (d *decoder) wrongDuration(v *Value, f field) {
	bad := d.wrongType(v, f, durationForms)
	if s, ok := v.String(); ok {
		if guess, ok := goDuration(s); ok {
			bad.Suggest(guess)
			bad.Detail += "; did you mean " + guess + "?"
		}
	}
}

// durationOf reads Go's notation, and plain numbers as seconds.
func durationOf(v *Value) (time.Duration, bool) {
	switch s := v.Scalar.(type) {
	case int64:
		return seconds(float64(s))
	case float64:
		return seconds(s)
	case string:
		span, err := time.ParseDuration(s)
		return span, err == nil
	default:
		return 0, false
	}
}

func seconds(n float64) (time.Duration, bool) {
	if math.Abs(n) > math.MaxInt64/float64(time.Second) {
		return 0, false
	}
	return time.Duration(n * float64(time.Second)), true
}

var otherDuration = regexp.MustCompile(`^([0-9]+) *([A-Za-zµ]*)$`)

// goDuration translates what other notations write.
func goDuration(text string) (string, bool) {
	m := otherDuration.FindStringSubmatch(strings.TrimSpace(text))
	if m == nil {
		return "", false
	}
	n, err := strconv.Atoi(m[1])
	if err != nil || n > 100_000 {
		return "", false
	}
	switch strings.TrimSuffix(strings.ToLower(m[2]), "s") {
	case "", "sec", "second":
		return m[1] + "s", true
	case "m", "min", "minute":
		return m[1] + "m", true
	case "h", "hr", "hour":
		return m[1] + "h", true
	case "d", "day":
		return strconv.Itoa(24*n) + "h", true
	case "w", "week":
		return strconv.Itoa(7*24*n) + "h", true
	default:
		return "", false
	}
}

// expr decodes an expression: text, or a literal that is CEL as it stands.
func (d *decoder) expr(v *Value, f field) *Expr {
	switch v.Kind {
	case Null, ListKind, MapKind:
		d.wrongType(v, f, "a CEL expression")
		return nil
	case StringKind:
	default:
		return &Expr{Text: v.Source(), Node: v}
	}
	s, _ := v.String()
	trimmed := strings.TrimSpace(s)
	switch {
	case trimmed == "":
		d.add(ruleEmpty, v.Range, "%q needs a CEL expression", f.key)
		return nil
	case strings.HasPrefix(trimmed, "${") && strings.HasSuffix(trimmed, "}"):
		inner := strings.TrimSpace(trimmed[2 : len(trimmed)-1])
		bad := d.add(ruleExpr, v.Range, "%q is an expression already: leave out ${ and }", f.key)
		// Two expressions in one text are nothing that can be unwrapped.
		bad.Correct(strconv.Quote(inner)).Safe = !strings.Contains(inner, "${")
		return nil
	}
	return &Expr{Text: s, Node: v}
}
