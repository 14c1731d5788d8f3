package conform

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/api/resource"
	openapi "k8s.io/kube-openapi/pkg/validation/spec"
	"k8s.io/kube-openapi/pkg/validation/strfmt"

	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// contains is for lists that may be nil.
func contains(list []string, word string) bool { return slices.Contains(list, word) }

// wrongType reports a value of another type.
func (c *checker) wrongType(v *spec.Value, t *schema.Type, at where) *diag.Diagnostic {
	is := v.Kind.String()
	switch v.Kind {
	case spec.StringKind:
		is += fmt.Sprintf(" (%s)", short(v.Source()))
	case spec.BoolKind, spec.IntKind, spec.FloatKind:
		is += " (" + v.Source() + ")"
	}
	return c.report(ruleType, start(v.Range), "%s must be %s, and is %s", at, words(t), is)
}

// short quotes a text, cut where it is long.
func short(s string) string {
	if runes := []rune(s); len(runes) > 40 {
		s = string(runes[:40]) + "…"
	}
	return strconv.Quote(s)
}

// invalid reports a value that the schema excludes.
func (c *checker) invalid(v *spec.Value, at where, format string, args ...any) *diag.Diagnostic {
	return c.report(ruleValue, start(v.Range), "%s %s", at, fmt.Sprintf(format, args...))
}

// text checks a string: a constant, or what its expressions make.
func (c *checker) text(v *spec.Value, t *schema.Type, at where) {
	text := c.Texts(v)
	if text.IsConstant {
		c.constantText(v, text.Constant, t, at)
		return
	}
	if why := mismatch(text.Type, t, at.String()); why != "" {
		c.report(ruleType, v.Range, "%s", why)
		return
	}
	if at.mode != Whole || t.Kind() != schema.Object {
		return
	}
	if name := absent(text.Type, t, at.given); name != "" {
		c.report(ruleMissing, v.Range, "%s needs %q, which the value of this expression never has", at.of(t), name)
	}
}

// constantText checks a text without expressions.
func (c *checker) constantText(v *spec.Value, s string, t *schema.Type, at where) {
	if t.Quantity() {
		c.amount(v, s, at)
		return
	}
	switch t.Kind() {
	case schema.String:
	case schema.IntOrString:
	case schema.Bytes:
		if _, err := base64.StdEncoding.DecodeString(s); err != nil {
			c.invalid(v, at, "must be text in base64, and is %s%s", short(s), c.hint())
		}
	case schema.Timestamp:
		c.time(v, s, t, at)
	case schema.Duration:
		if _, err := strfmt.ParseDuration(s); err != nil {
			c.invalid(v, at, "must be %s, and is %s", words(t), short(s))
		}
	case schema.Any:
		return
	default:
		c.noText(v, s, t, at)
		return
	}
	if t.Schema() != nil {
		c.textLimits(v, s, t.Schema(), at)
	}
}

// hint knows the usual mistake in Secrets.
func (c *checker) hint() string {
	if c.root.Name() == "v1.Secret" {
		return "; plain text goes into stringData"
	}
	return ""
}

// noText reports text where something else is needed. What is a number but for its
// quotes has one right form.
func (c *checker) noText(v *spec.Value, s string, t *schema.Type, at where) {
	bad := c.wrongType(v, t, at)
	right := false
	switch t.Kind() {
	case schema.Int:
		_, err := strconv.ParseInt(s, 10, 64)
		right = err == nil && !strings.HasPrefix(s, "+") && (s == "0" || !strings.HasPrefix(strings.TrimPrefix(s, "-"), "0"))
	case schema.Double:
		_, err := strconv.ParseFloat(s, 64)
		right = err == nil && strings.Trim(s, "-.0123456789") == "" && !strings.HasPrefix(s, "0")
	case schema.Bool:
		right = s == "true" || s == "false"
	}
	if right {
		bad.Correct(s)
		bad.Detail += "; leave out the quotes"
		return
	}
	if t.Kind() == schema.Bool {
		switch strings.ToLower(s) {
		case "yes", "on", "y":
			bad.Correct("true")
		case "no", "off", "n":
			bad.Correct("false")
		default:
			return
		}
		bad.Detail += "; write " + bad.Suggestion()
	}
}

func (c *checker) time(v *spec.Value, s string, t *schema.Type, at where) {
	var err error
	switch {
	case t.Schema() != nil && t.Schema().Format == "date":
		_, err = time.Parse(time.DateOnly, s)
	case s == "":
		err = errors.New("empty")
	default:
		_, err = strfmt.ParseDateTime(s)
	}
	if err != nil {
		c.invalid(v, at, "must be %s, and is %s", words(t), short(s))
	}
}

// amount checks a quantity.
func (c *checker) amount(v *spec.Value, s string, at where) {
	if _, err := resource.ParseQuantity(s); err == nil {
		return
	}
	bad := c.invalid(v, at, "must be an amount such as 100Mi or 0.5, and is %s", short(s))
	if guess := amountLike(s); guess != "" {
		bad.Detail += fmt.Sprintf("; did you mean %q?", guess)
		bad.Suggest(guess)
	}
}

var byteUnit = regexp.MustCompile(`^([0-9.]+) *([kKmMgGtT])(i?)[bB]?$`)

// amountLike is what a unit in another spelling was meant to be: 10GB, 10 gi.
func amountLike(s string) string {
	m := byteUnit.FindStringSubmatch(s)
	if m == nil {
		return ""
	}
	unit := strings.ToUpper(m[2])
	if unit == "K" && m[3] == "" {
		unit = "k"
	}
	return m[1] + unit + m[3]
}

// scalar checks a number or a boolean.
func (c *checker) scalar(v *spec.Value, t *schema.Type, at where) {
	if t.Quantity() {
		if v.Kind == spec.BoolKind {
			c.wrongType(v, t, at)
		}
		return
	}
	switch t.Kind() {
	case schema.Any:
		return
	case schema.Bool:
		if v.Kind != spec.BoolKind {
			c.wrongType(v, t, at)
			return
		}
	case schema.Int, schema.IntOrString, schema.Double:
		c.number(v, t, at)
		return
	case schema.String, schema.Bytes, schema.Timestamp, schema.Duration:
		bad := c.wrongType(v, t, at)
		if t.Kind() == schema.String {
			bad.Correct(strconv.Quote(v.Source()))
			bad.Detail += "; write " + bad.Suggestion()
		}
		return
	default:
		c.wrongType(v, t, at)
		return
	}
	if t.Schema() != nil {
		c.oneOf(v, v.Scalar, t.Schema(), at)
	}
}

// number checks a number, which a boolean is not.
func (c *checker) number(v *spec.Value, t *schema.Type, at where) {
	n, ok := numeric(v.Scalar)
	if !ok || t.Kind() != schema.Double && n != math.Trunc(n) {
		c.wrongType(v, t, at)
		return
	}
	s := t.Schema()
	if s == nil {
		return
	}
	if t.Kind() == schema.IntOrString && s.Format == "int-or-string" || s.Format == "int32" {
		if n < math.MinInt32 || n > math.MaxInt32 {
			c.invalid(v, at, "must fit into 32 bits, and is %s", v.Source())
			return
		}
	}
	c.bounds(v, n, s, at)
	c.oneOf(v, v.Scalar, s, at)
}

func numeric(scalar any) (float64, bool) {
	switch n := scalar.(type) {
	case int64:
		return float64(n), true
	case float64:
		return n, true
	}
	return 0, false
}

func (c *checker) bounds(v *spec.Value, n float64, s *openapi.Schema, at where) {
	switch {
	case s.Minimum != nil && (n < *s.Minimum || s.ExclusiveMinimum && n == *s.Minimum):
		c.invalid(v, at, "must be %s %v, and is %s", orMore("more than", "at least", s.ExclusiveMinimum), *s.Minimum, v.Source())
	case s.Maximum != nil && (n > *s.Maximum || s.ExclusiveMaximum && n == *s.Maximum):
		c.invalid(v, at, "must be %s %v, and is %s", orMore("less than", "at most", s.ExclusiveMaximum), *s.Maximum, v.Source())
	case s.MultipleOf != nil && *s.MultipleOf > 0 && math.Mod(n, *s.MultipleOf) != 0:
		c.invalid(v, at, "must be a multiple of %v, and is %s", *s.MultipleOf, v.Source())
	}
}

func orMore(exclusive, inclusive string, isExclusive bool) string {
	if isExclusive {
		return exclusive
	}
	return inclusive
}

// textLimits checks what a schema says of texts.
func (c *checker) textLimits(v *spec.Value, s string, limits *openapi.Schema, at where) {
	if !c.oneOf(v, s, limits, at) {
		return
	}
	n := int64(utf8.RuneCountInString(s))
	switch {
	case limits.MinLength != nil && n < *limits.MinLength:
		if s == "" {
			c.invalid(v, at, "must not be empty")
			return
		}
		c.invalid(v, at, "must have at least %d characters, and has %d", *limits.MinLength, n)
	case limits.MaxLength != nil && n > *limits.MaxLength:
		c.invalid(v, at, "must have at most %d characters, and has %d", *limits.MaxLength, n)
	case limits.Pattern != "" && !matches(limits.Pattern, s):
		c.invalid(v, at, "must match the pattern %s, and is %s", limits.Pattern, short(s))
	case isFormat(limits.Format) && !strfmt.Default.Validates(limits.Format, s):
		c.invalid(v, at, "must be in the form of %q, and is %s", limits.Format, short(s))
	}
}

// isFormat are the formats that the API server checks in custom resources, without
// those that have types of their own. The others it does not know.
func isFormat(format string) bool {
	switch format {
	case "uri", "email", "hostname", "ipv4", "ipv6", "cidr", "mac", "uuid", "uuid3", "uuid4", "uuid5",
		"bsonobjectid", "isbn", "isbn10", "isbn13", "creditcard", "ssn", "hexcolor", "rgbcolor":
		return true
	}
	return false
}

// matches tells whether a text has a pattern, or the pattern is none.
func matches(pattern, s string) bool {
	expression, err := regexp.Compile(pattern)
	return err != nil || expression.MatchString(s)
}

// oneOf checks an enumeration.
func (c *checker) oneOf(v *spec.Value, value any, s *openapi.Schema, at where) bool {
	if len(s.Enum) == 0 || slices.ContainsFunc(s.Enum, func(allowed any) bool { return same(allowed, value) }) {
		return true
	}
	var all, texts []string
	for _, allowed := range s.Enum {
		if text, ok := allowed.(string); ok {
			texts = append(texts, text)
			all = append(all, strconv.Quote(text))
			continue
		}
		all = append(all, fmt.Sprint(allowed))
	}
	bad := c.invalid(v, at, "cannot be %s", v.Source())
	text, isText := value.(string)
	if isText {
		bad.Detail = fmt.Sprintf("%s cannot be %s", at, short(text))
	}
	if guess, ok := diag.Nearest(text, texts); ok && isText {
		suggest(bad, text, guess)
		return false
	}
	bad.Detail += "; it must be " + enumeration(all, "or")
	return false
}

// same compares scalars, whichever way a number is kept.
func same(a, b any) bool {
	x, isNumber := numeric(a)
	y, both := numeric(b)
	if isNumber && both {
		return x == y
	}
	return a == b
}

// entries checks the size of a map.
func (c *checker) entries(v *spec.Value, t *schema.Type, at where) {
	if s := t.Schema(); s != nil {
		c.size(v, at, len(v.Fields), "fields", s.MinProperties, s.MaxProperties)
	}
}

// size checks how many entries there are.
func (c *checker) size(v *spec.Value, at where, n int, what string, least, most *int64) {
	switch {
	case least != nil && int64(n) < *least:
		c.invalid(v, at, "must have at least %d %s, and has %d", *least, what, n)
	case most != nil && int64(n) > *most:
		c.invalid(v, at, "must have at most %d %s, and has %d", *most, what, n)
	}
}
