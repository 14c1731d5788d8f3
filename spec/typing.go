package spec

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// The scalars of YAML 1.2's core schema. What YAML 1.1 had besides is text:
// yes, on, 1_000, 0b1, 1:30, dates.
var (
	coreInt   = regexp.MustCompile(`^[-+]?[0-9]+$`)
	coreOctal = regexp.MustCompile(`^0o[0-7]+$`)
	coreHex   = regexp.MustCompile(`^0x[0-9a-fA-F]+$`)
	coreFloat = regexp.MustCompile(`^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`)
	coreInf   = regexp.MustCompile(`^[-+]?\.(inf|Inf|INF)$`)
	coreNaN   = regexp.MustCompile(`^\.(nan|NaN|NAN)$`)
	// leadingZero is a number that YAML 1.1, and so kubectl, reads as octal.
	leadingZero = regexp.MustCompile(`^[-+]?0[0-9]+$`)
)

// scalar is a typed scalar, or what is wrong with it.
type scalar struct {
	kind    Kind
	value   any
	problem *problem
}

// problem is a finding whose place is not known yet.
type problem struct {
	rule       *diag.Rule
	detail     string
	suggestion string
}

// typed gives a scalar node its type: that of its tag, of its quotes or of
// what it looks like.
func typed(n *yaml.Node) scalar {
	if n.Style&yaml.TaggedStyle != 0 {
		return tagged(n.Tag, n.Value)
	}
	if n.Style != 0 {
		return scalar{kind: StringKind, value: n.Value}
	}
	return plain(n.Value)
}

// plain types an unquoted scalar.
func plain(text string) scalar {
	switch text {
	case "", "~", "null", "Null", "NULL":
		return scalar{}
	case "true", "True", "TRUE":
		return scalar{kind: BoolKind, value: true}
	case "false", "False", "FALSE":
		return scalar{kind: BoolKind, value: false}
	}
	switch {
	case leadingZero.MatchString(text):
		return octalTrap(text)
	case coreInt.MatchString(text):
		return integer(text, text, 10)
	case coreOctal.MatchString(text):
		return integer(text, text[2:], 8)
	case coreHex.MatchString(text):
		return integer(text, text[2:], 16)
	case coreFloat.MatchString(text):
		return float(text)
	case coreInf.MatchString(text), coreNaN.MatchString(text):
		return scalar{kind: FloatKind, value: 0.0, problem: &problem{rule: ruleNumber,
			detail: text + " has no form in JSON; quote it if it is text", suggestion: strconv.Quote(text)}}
	default:
		return scalar{kind: StringKind, value: text}
	}
}

// octalTrap refuses what kubectl and YAML 1.2 read differently: 0644 is 420
// for the one and 644 for the other.
func octalTrap(text string) scalar {
	digits := strings.TrimLeft(text, "+-0")
	out := integer(text, text, 10)
	if out.problem != nil || digits == "" {
		return out
	}
	detail := text + " is read in two ways, with base 8 or 10: write " + digits + ", or quote it if it is text"
	if octal := "0o" + digits; coreOctal.MatchString(octal) && text[0] == '0' {
		detail = text + " is read in two ways: write " + octal + " for base 8, " + digits + " for base 10, or quote it if it is text"
	}
	out.problem = &problem{rule: ruleNumber, detail: detail}
	return out
}

func integer(text, digits string, base int) scalar {
	n, err := strconv.ParseInt(digits, base, 64)
	out := scalar{kind: IntKind, value: n}
	if err != nil {
		out.problem = &problem{rule: ruleNumber,
			detail: text + " does not fit into 64 bits; quote it if it is text", suggestion: strconv.Quote(text)}
	}
	return out
}

func float(text string) scalar {
	f, err := strconv.ParseFloat(text, 64)
	out := scalar{kind: FloatKind, value: f}
	if err != nil || math.IsInf(f, 0) {
		out.value = 0.0
		out.problem = &problem{rule: ruleNumber, detail: text + " is too large for a number of 64 bits"}
	}
	return out
}

// tagged types a scalar with a tag of its own.
func tagged(tag, text string) scalar {
	var want Kind
	switch tag {
	case "!!str", "!!timestamp":
		return scalar{kind: StringKind, value: text}
	case "!!null":
		want = Null
	case "!!bool":
		want = BoolKind
	case "!!int":
		want = IntKind
	case "!!float":
		want = FloatKind
	default:
		return scalar{kind: StringKind, value: text, problem: unknownTag(tag)}
	}
	out := plain(text)
	if want == FloatKind && out.kind == IntKind {
		out.kind, out.value = FloatKind, float64(out.value.(int64))
	}
	if out.kind != want {
		out.problem = &problem{rule: ruleTag, detail: strconv.Quote(text) + " is not what the tag " + tag + " says"}
	}
	return out
}

// unknownTag explains a tag. Most are none: a plain text must not begin with an
// exclamation mark, which expressions like to do.
func unknownTag(tag string) *problem {
	if tag == "!!binary" {
		return &problem{rule: ruleTag, detail: "binary data has no form in JSON; write the base64 text without the tag"}
	}
	if strings.HasPrefix(tag, "!!") {
		return &problem{rule: ruleTag, detail: "unknown type " + tag + "; a text that begins with ! must be quoted"}
	}
	return &problem{rule: ruleTag, detail: "YAML takes " + tag + " for the name of a type; a text that begins with ! must be quoted"}
}
