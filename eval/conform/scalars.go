package conform

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/kube-openapi/pkg/validation/strfmt"

	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

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
