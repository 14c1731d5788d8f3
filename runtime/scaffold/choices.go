package scaffold

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// Choices are what an operator is made from.
type Choices struct {
	// Name is that of the operator.
	Name string
	// Group, Kind and Plural name the resource.
	Group, Kind, Plural string
	// Namespaced: its objects are in namespaces.
	Namespaced bool
	// Fields are those of the objects' spec.
	Fields []Field
	// Child is what the operator makes for each object.
	Child Child
}

// Field is a field of spec.
type Field struct{ Name, Type string }

// Child is what the operator makes for each object.
type Child string

// The children.
const (
	None       Child = "none"
	ConfigMap  Child = "configmap"
	Deployment Child = "deployment"
)

// Children are all of them.
func Children() []string { return []string{string(None), string(ConfigMap), string(Deployment)} }

// types are the types of fields, in the order in which messages list them.
var types = []string{"string", "integer", "number", "boolean", "list", "map"}

// Types are the types that fields can have; lists and maps are of texts.
func Types() []string { return slices.Clone(types) }

var (
	labelForm     = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`)
	pluralForm    = regexp.MustCompile(`^[a-z]([-a-z0-9]*[a-z0-9])?$`)
	subdomainForm = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`)
	kindForm      = regexp.MustCompile(`^[A-Z][A-Za-z0-9]*$`)
	fieldForm     = regexp.MustCompile(`^[a-z][A-Za-z0-9]*$`)
)

const (
	maxLabel     = 63
	maxSubdomain = 253
)

// CheckName checks the name of an operator.
func CheckName(name string) error {
	switch {
	case name == "":
		return errors.New("the operator needs a name")
	case !labelForm.MatchString(name):
		return fmt.Errorf("%q is no name for an operator: it may have lower-case letters, digits and dashes, from a letter or digit to a letter or digit%s", name, instead(label(name)))
	case len(name) > maxLabel:
		return fmt.Errorf("the name has %d characters; at most %d are allowed", len(name), maxLabel)
	}
	return nil
}

// reserved are the groups that belong to Kubernetes: the API server wants an approval for
// resources in them.
var reserved = []string{"k8s.io", "kubernetes.io"}

// CheckGroup checks an API group.
func CheckGroup(group string) error {
	switch {
	case group == "":
		return errors.New("the resource needs a group, such as example.com")
	case !subdomainForm.MatchString(group):
		return fmt.Errorf("%q is no API group: it must be a DNS name in lower-case letters, such as shop.example.com%s", group, instead(subdomain(group)))
	case len(group) > maxSubdomain:
		return fmt.Errorf("the group has %d characters; at most %d are allowed", len(group), maxSubdomain)
	case !strings.Contains(group, "."):
		return fmt.Errorf("%q is no API group for a resource of your own: it needs a dot, such as %s.example.com", group, group)
	}
	for _, taken := range reserved {
		if group == taken || strings.HasSuffix(group, "."+taken) {
			return fmt.Errorf("the group %q is reserved: %s and all below it belong to Kubernetes; take a domain of yours, such as shop.example.com", group, taken)
		}
	}
	return nil
}

// CheckKind checks the name of a kind.
func CheckKind(kind string) error {
	switch {
	case kind == "":
		return errors.New("the resource needs a kind, such as WebShop")
	case !kindForm.MatchString(kind):
		return fmt.Errorf("%q is no kind: it must begin with a capital letter and have letters and digits only%s", kind, instead(KindOf(kind)))
	case len(kind) > maxLabel:
		return fmt.Errorf("the kind has %d characters; at most %d are allowed", len(kind), maxLabel)
	}
	return nil
}

// CheckPlural checks the name of a resource.
func CheckPlural(plural string) error {
	switch {
	case plural == "":
		return errors.New("the resource needs a plural, such as webshops")
	case !pluralForm.MatchString(plural):
		return fmt.Errorf("%q is no plural of a resource: it may have lower-case letters, digits and dashes, and begins with a letter%s", plural, instead(label(plural)))
	case len(plural) > maxLabel:
		return fmt.Errorf("the plural has %d characters; at most %d are allowed", len(plural), maxLabel)
	}
	return nil
}

// unusable are names that expressions cannot select, and those of CEL that would confuse.
var unusable = []string{"in", "true", "false", "null"}

// ParseField reads a field, as name:type.
func ParseField(text string) (Field, error) {
	name, kind, ok := strings.Cut(text, ":")
	name, kind = strings.TrimSpace(name), strings.TrimSpace(kind)
	switch {
	case !ok || kind == "":
		return Field{}, fmt.Errorf("%q needs the form name:type, such as size:integer; the types are %s", text, strings.Join(types, ", "))
	case !fieldForm.MatchString(name):
		return Field{}, fmt.Errorf("%q is no name for a field: it must begin with a lower-case letter and have letters and digits only", name)
	case slices.Contains(unusable, name):
		return Field{}, fmt.Errorf("a field %q could not be used in expressions: it is a word of CEL", name)
	case len(name) > maxLabel:
		return Field{}, fmt.Errorf("the name of the field has %d characters; at most %d are allowed", len(name), maxLabel)
	case !slices.Contains(types, kind):
		hint := "; the types are " + strings.Join(types, ", ")
		if guess, near := diag.Nearest(kind, types); near {
			hint = fmt.Sprintf("; did you mean %q?", guess)
		}
		return Field{}, fmt.Errorf("there is no type %q for the field %s%s", kind, name, hint)
	}
	return Field{name, kind}, nil
}

// ParseChild reads what the operator makes.
func ParseChild(text string) (Child, error) {
	if slices.Contains(Children(), text) {
		return Child(text), nil
	}
	if guess, ok := diag.Nearest(text, Children()); ok {
		return "", fmt.Errorf("there is no child %q; did you mean %q?", text, guess)
	}
	return "", fmt.Errorf("there is no child %q; it is one of %s", text, strings.Join(Children(), ", "))
}

// needed are the fields that a child is made from.
var needed = map[Child][]Field{Deployment: {{"image", "string"}, {"replicas", "integer"}}}

// CheckFields checks all fields together.
func CheckFields(fields []Field, child Child) error {
	seen := map[string]string{}
	for _, f := range fields {
		if seen[f.Name] != "" {
			return fmt.Errorf("there are two fields %q", f.Name)
		}
		seen[f.Name] = f.Type
	}
	for _, n := range needed[child] {
		if kind := seen[n.Name]; kind != "" && kind != n.Type {
			return fmt.Errorf("a %s is made from the field %s, which must be of type %s, and is of type %s", child, n.Name, n.Type, kind)
		}
	}
	return nil
}

// Check checks all choices, and that they go together.
func (c Choices) Check() error {
	for _, err := range []error{CheckName(c.Name), CheckGroup(c.Group), CheckKind(c.Kind), CheckPlural(c.Plural), CheckFields(c.Fields, c.Child)} {
		if err != nil {
			return err
		}
	}
	if name := c.Plural + "." + c.Group; len(name) > maxSubdomain {
		return fmt.Errorf("plural and group have %d characters together; at most %d are allowed", len(name), maxSubdomain)
	}
	return nil
}

// GroupOf is the group for an operator of a name, where no other one is wanted.
func GroupOf(name string) string { return name + ".example.com" }

// KindOf makes a kind of a name: web-shop becomes WebShop. It is empty where the name has
// nothing that a kind could begin with.
func KindOf(name string) string {
	var out strings.Builder
	for _, part := range strings.FieldsFunc(name, func(r rune) bool { return !isAlnum(r) }) {
		if out.Len() == 0 {
			part = strings.TrimLeft(part, "0123456789")
		}
		if part != "" {
			out.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return out.String()
}

// PluralOf is the plural of a kind, as Kubernetes makes it.
func PluralOf(kind string) string {
	plural, _ := meta.UnsafeGuessKindToResource(schema.GroupVersionKind{Kind: kind})
	return plural.Resource
}

func isAlnum(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

// label makes a DNS label of a text, empty where nothing is left.
func label(text string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		if isAlnum(r) {
			return r
		}
		return '-'
	}, strings.ToLower(text)), "-")
}

func subdomain(text string) string {
	var parts []string
	for part := range strings.SplitSeq(text, ".") {
		if part = label(part); part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ".")
}

// instead is what could be meant.
func instead(guess string) string {
	if guess == "" {
		return ""
	}
	return fmt.Sprintf("; %s would do", guess)
}
