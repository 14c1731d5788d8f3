package eval

import (
	"reflect"
	"strings"
	"testing"
)

func TestScanTemplate(t *testing.T) {
	tests := []struct {
		in   string
		want []string // expressions in < >
	}{
		{"", []string{""}},
		{"plain", []string{"plain"}},
		{"${a}", []string{"<a>"}},
		{"x${a}y${b}", []string{"x", "<a>", "y", "<b>"}},
		{"${'}' + x}", []string{"<'}' + x>"}},
		{`${x == '"' ? 1 : 2}`, []string{`<x == '"' ? 1 : 2>`}},
		{`${"\"}"}!`, []string{`<"\"}">`, "!"}},
		{`${r'\'}`, []string{`<r'\'>`}},
		{"${'''a'}'b'''}", []string{"<'''a'}'b'''>"}},
		{"${{'a': {'b': 1}}}", []string{"<{'a': {'b': 1}}>"}},
		{"${a // }\n}", []string{"<a // }\n>"}},
		{"$${a}", []string{"${a}"}},
		{"a$${b}c${d}", []string{"a${b}c", "<d>"}},
		{"$$${a}", []string{"$${a}"}},
		{"$ {a} $a {b}", []string{"$ {a} $a {b}"}},
		{"cost: 5$${x}${y}$", []string{"cost: 5${x}", "<y>", "$"}},
		{"ä${'ü'}ö${x}", []string{"ä", "<'ü'>", "ö", "<x>"}},
		{"it's ${a} and it's ${b}", []string{"it's ", "<a>", " and it's ", "<b>"}},
		{"\U0001F600${x}", []string{"\U0001F600", "<x>"}},
	}
	for _, test := range tests {
		segments, wrong := scanTemplate(test.in)
		if wrong != nil {
			t.Errorf("%q: %+v", test.in, wrong)
			continue
		}
		var got []string
		for _, s := range segments {
			if s.isExpression {
				got = append(got, "<"+test.in[s.start:s.end]+">")
			} else {
				got = append(got, s.literal)
			}
		}
		if !reflect.DeepEqual(got, test.want) {
			t.Errorf("%q: got %q, want %q", test.in, got, test.want)
		}
	}
}

func TestScanTemplateErrors(t *testing.T) {
	tests := []struct {
		in, summary, at string
	}{
		{"ab ${x", "unclosed ${", "${"},
		{"${x} ${'}", "unclosed or invalid string", "'"},
		{"${x} ${'", "unclosed ${", "${"},
		{"${{}", "unclosed ${", "${"},
		{"ä ${}", "empty ${}", "${}"},
		{"${ \n }", "empty ${}", "${ \n }"},
	}
	for _, test := range tests {
		_, wrong := scanTemplate(test.in)
		if wrong == nil {
			t.Errorf("%q: no error", test.in)
			continue
		}
		if wrong.summary != test.summary || test.in[wrong.from:wrong.to] != test.at {
			t.Errorf("%q: %s at %q", test.in, wrong.summary, test.in[wrong.from:wrong.to])
		}
	}
}

// Each ${ lexes only its own expression: a long template takes no quadratic time.
func TestScanLongTemplate(t *testing.T) {
	const n = 20_000
	segments, wrong := scanTemplate(strings.Repeat("${x}", n))
	if wrong != nil || len(segments) != n {
		t.Fatal(wrong, len(segments))
	}
}

func TestDollarBrace(t *testing.T) {
	tests := map[string]int{
		"spec.x":           -1,
		"${spec.x}":        0,
		"a == ${b}":        5,
		"'${' == x":        -1,
		`"a" + '${b}' + c`: -1,
		"x // ${y}":        -1,
		"'a' + ${'b'}":     6,
	}
	for in, want := range tests {
		if got := dollarBrace(in); got != want {
			t.Errorf("%q: got %d, want %d", in, got, want)
		}
	}
}
