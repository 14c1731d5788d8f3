package eval

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/cel-go/cel"

	"github.com/kopf-declarative/kopf-declarative/spec"
)

// An error points at its exact character in the file, in every scalar style,
// at load and at run time.
func TestPositionsInTemplates(t *testing.T) {
	tests := []struct {
		name, in     string
		line, column int
		at           string
	}{
		{"plain", `a ${spec.BAD} b`, 9, 24, "BAD"},
		{"plain over two lines", "a\n        ${spec.BAD} b", 10, 16, "BAD"},
		{"single quotes", `'it''s ${spec.BAD} b'`, 9, 29, "BAD"},
		{"double quotes", `"a ${spec.BAD} b"`, 9, 25, "BAD"},
		{"double quotes with escapes", `"\t\u00e4\x41 \"${spec.BAD}\""`, 9, 38, "BAD"},
		{"double quotes, quotes in the expression", `"${ 'x' == \"y\" || spec.BAD }"`, 9, 40, "BAD"},
		{"double quotes folded", "\"a\\\n        b ${'c' +\n        spec.BAD}\"", 11, 14, "BAD"},
		{"literal", "|\n        first\n          second ${spec.BAD}\n", 11, 25, "BAD"},
		{"literal, expression over lines", "|-\n        a ${ [1,\n          2,\n          spec.BAD] }\n", 12, 16, "BAD"},
		{"literal with indentation indicator", "|2\n          a ${spec.BAD}\n", 10, 20, "BAD"},
		{"folded", ">\n        first\n        second ${spec.BAD}\n\n        third\n", 11, 23, "BAD"},
		{"folded, expression over lines", ">-\n        a ${'b' +\n        spec.BAD}\n", 11, 14, "BAD"},
		{"wide characters", `"日本 ${'ü' + spec.BAD}"`, 9, 32, "BAD"},
		{"flow list", `[a, "${spec.BAD}"]`, 9, 27, "BAD"},
		{"key", `{"${spec.BAD}": 1}`, 9, 24, "BAD"},
		{"second expression", `"${name} ${spec.BAD}"`, 9, 31, "BAD"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			v, source := parsed(t, test.in)
			tpl, problems := newEnv(t).Template(v, everything)
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			_, _, err := tpl.Render(t.Context(), sample())
			var e *Error
			if !errors.As(err, &e) {
				t.Fatal(err)
			}
			if e.Range.Start.Line != test.line || e.Range.Start.Column != test.column || excerpt(source, e.Range) != test.at {
				t.Errorf("%s, that is %q", e.Range, excerpt(source, e.Range))
			}
		})
	}
}

// The same for errors at load.
func TestLoadPositions(t *testing.T) {
	tests := []struct{ name, in, at string }{
		{"plain", `a ${BAD.x} b`, "BAD"},
		{"single quotes", `'it''s ${BAD.x} b'`, "BAD"},
		{"double quotes with escapes", `"\t\u00e4\x41 \"${BAD}\""`, "BAD"},
		{"literal", "|\n        ä ${ 'x' +\n          BAD }\n", "BAD"},
		{"folded", ">\n        a ${ 'x' +\n        BAD }\n", "BAD"},
		{"syntax", `"a ${spec.x BAD} b"`, "BAD"},
		{"function", `"a ${size(spec) + BAD (spec)} b"`, "BAD"},
		{"member function", `"a ${spec.x . BAD(spec)} b"`, "BAD"},
		{"macro", `"a ${BAD.map(i, i)} b"`, "BAD"},
		{"range of a macro", `"a ${spec.a == 1 && retry.map(i, i) == []} b"`, "map"},
		{"operator", `"a ${1 + 'x'} b"`, "+"},
		{"unclosed", `"a ${spec.x"`, "${"},
		{"empty", `'a ''${ }'`, "${ }"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			v, source := parsed(t, test.in)
			_, problems := newEnv(t).Template(v, everything)
			if len(problems) != 1 {
				t.Fatal(problems)
			}
			if got := excerpt(source, problems[0].Subject); got != test.at {
				t.Errorf("%s, that is %q", problems[0], got)
			}
		})
	}
}

// Expressions stand in scalars of their own.
func TestExpressionPositions(t *testing.T) {
	for _, style := range []string{
		"spec.a == 1 && BAD.x", "'spec.a == ''1'' && BAD.x'", `"spec.a == \"1\" && BAD.x"`,
		"|\n        spec.a == 1 &&\n        BAD.x\n", ">-\n        spec.a == 1 &&\n        BAD.x\n",
	} {
		source := "apiVersion: kopf.dev/v1alpha1\nkind: Operator\nmetadata: {name: t}\nspec:\n  filters:\n    f: " + style +
			"\n  handlers:\n    - {on: create, resource: pods, do: [{log: x}]}\n"
		bundle, problems := spec.Parse([]spec.Source{{Name: "op.yaml", Text: []byte(source)}})
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		_, problems = newEnv(t).Expr(bundle.Operators[0].Spec.Filters[0].Value, everything, cel.BoolType)
		if len(problems) != 1 || excerpt(source, problems[0].Subject) != "BAD" {
			t.Errorf("%q: %v", style, problems)
		}
	}
}

// All mistakes of an expression are told, in the order of the text.
func TestAllAtOnce(t *testing.T) {
	x, source := filterNode(t, "nope && old && 1 + 'a' == 2 && tru")
	_, problems := newEnv(t).Expr(x, Object, nil)
	var got []string
	for _, d := range problems {
		got = append(got, excerpt(source, d.Subject))
	}
	if want := []string{"nope", "old", "+", "tru"}; !slices.Equal(got, want) {
		t.Errorf("got %q: %v", got, problems)
	}
}
