package spec

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// form is a demand on a name: the formats and keys of the tags.
type form struct {
	pattern *regexp.Regexp
	longest int // 0: no limit
	demand  string
}

const (
	labelPattern     = `[a-z0-9]([-a-z0-9]*[a-z0-9])?`
	subdomainPattern = labelPattern + `(\.` + labelPattern + `)*`
	namePattern      = `[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?`
	// idPattern has what else is in the ids of Python functions in Kopf, such
	// as make.<locals>.resize/spec.size.
	idPattern = `[A-Za-z0-9]([-A-Za-z0-9_./<>]*[A-Za-z0-9])?`
)

var forms = map[string]form{
	"dns-label": {regexp.MustCompile(`^` + labelPattern + `$`), 63,
		"a DNS label: at most 63 lower-case letters, digits and dashes"},
	"dns-subdomain": {regexp.MustCompile(`^` + subdomainPattern + `$`), 253,
		"a DNS name, such as example.com"},
	"qualified-name": {regexp.MustCompile(`^` + subdomainPattern + `/` + namePattern + `$`), 253 + 1 + 63,
		"a domain, a slash and a name, such as example.com/finalizer"},
	"annotation-name": {regexp.MustCompile(`^` + namePattern + `$`), 63,
		"at most 63 letters, digits, dashes, underscores and dots"},
	"handler-id": {regexp.MustCompile(`^` + idPattern + `$`), 0,
		"letters, digits, dashes, underscores, dots, slashes and angle brackets, from a letter or digit to a letter or digit: it names an annotation"},
	"label": {regexp.MustCompile(`^(` + subdomainPattern + `/)?` + namePattern + `$`), 253 + 1 + 63,
		"the name of a label or annotation, such as app or example.com/stage"},
	"identifier": {regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`), 0,
		"letters, digits and underscores, as expressions use it"},
	"alias": {regexp.MustCompile(`^[A-Za-z_][-A-Za-z0-9_]*$`), 0,
		"letters, digits, dashes and underscores"},
	"subresource": {regexp.MustCompile(`^[a-z]+$`), 0,
		"lower-case letters, such as status or scale"},
}

// celReserved are the words that CEL does not take for names.
var celReserved = []string{"as", "break", "const", "continue", "else", "false", "for", "function", "if",
	"import", "in", "let", "loop", "namespace", "null", "package", "return", "true", "var", "void", "while"}

// checkForm checks a name. Names of a form that the tags do not know are free.
func (d *decoder) checkForm(v *Value, name, format string) {
	if format == "label-template" {
		if isTemplate(name) {
			return
		}
		format = "label"
	}
	f, ok := forms[format]
	if !ok {
		return
	}
	switch {
	case !f.pattern.MatchString(name):
		d.add(ruleForm, v.Range, "%q must be %s", name, f.demand)
	case f.longest > 0 && len(name) > f.longest:
		d.add(ruleForm, v.Range, "%q has %d characters; it must be %s", name, len(name), f.demand)
	case format == "identifier" && slices.Contains(celReserved, name):
		d.add(ruleReserved, v.Range, "%q is a reserved word of CEL", name)
	}
}

// isTemplate tells whether a text may hold an expression.
func isTemplate(text string) bool { return strings.Contains(text, "${") }

// checkTemplate checks what is fixed in a template.
func (d *decoder) checkTemplate(v *Value, f field) {
	s, isText := v.String()
	if isText && isTemplate(s) {
		return
	}
	if f.enum != nil {
		d.checkTemplateEnum(v, f)
		return
	}
	switch f.format {
	case "duration":
		d.checkTemplateDuration(v, f)
	case "map":
		if v.Kind != MapKind {
			d.wrongType(v, f, "a map, or an expression that yields one")
		}
	case "list":
		if v.Kind != ListKind {
			d.wrongType(v, f, "a list, or an expression that yields one")
		}
	case "text":
		if v.Kind == Null || v.Kind == ListKind || v.Kind == MapKind {
			d.wrongType(v, f, "text")
		}
	}
}

func (d *decoder) checkTemplateDuration(v *Value, f field) {
	span, ok := durationOf(v)
	switch {
	case !ok:
		d.wrongDuration(v, f)
	case span < 0:
		d.add(ruleBounds, v.Range, "%q must be 0 or more, and is %s", f.key, v.Source())
	}
}

// checkTemplateEnum takes booleans for their names too: status: true.
func (d *decoder) checkTemplateEnum(v *Value, f field) {
	switch s := v.Scalar.(type) {
	case string:
		d.checkEnum(v, s, f)
	case bool:
		if !slices.Contains(f.enum, "True") {
			d.wrongType(v, f, orList(f.enum))
		}
	default:
		d.wrongType(v, f, orList(f.enum))
	}
}

// checkFixed reports templates in a literal.
func (d *decoder) checkFixed(v *Value) {
	if s, ok := v.String(); ok && isTemplate(s) {
		d.add(ruleFixed, v.Range, "a literal is compared as it is; to compare with an expression, write when: \"value == …\"")
	}
	for _, item := range v.Items {
		d.checkFixed(item)
	}
	for _, f := range v.Fields {
		d.checkFixed(f.Value)
	}
}

// nearest adds the nearest guess to a finding.
func nearest(bad *diag.Diagnostic, word string, candidates []string) {
	if guess, ok := diag.Nearest(word, candidates); ok {
		bad.SuggestWord(word, guess)
		bad.Detail += fmt.Sprintf("; did you mean %q?", guess)
	}
}
