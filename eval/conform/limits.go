package conform

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"unicode/utf8"

	openapi "k8s.io/kube-openapi/pkg/validation/spec"
	"k8s.io/kube-openapi/pkg/validation/strfmt"

	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// invalid reports a value that the schema excludes.
func (c *checker) invalid(v *spec.Value, at where, format string, args ...any) *diag.Diagnostic {
	return c.report(ruleValue, start(v.Range), "%s %s", at, fmt.Sprintf(format, args...))
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
