package scope_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/kopf-declarative/kopf-declarative/runtime/scope"
)

func TestMatch(t *testing.T) {
	for _, tt := range []struct {
		patterns string // separated by spaces
		yes, no  string
	}{
		{"", "a default kube-system", ""},
		{"demo", "demo", "demo2 dem ademo"},
		{"one two", "one two", "three"},
		{"*", "a default", ""},
		{"pr-*", "pr-1 pr-x-y", "pr apr-1"},
		{"*-pr-123-*", "a-pr-123-b", "a-pr-123 pr-123-b"},
		{"ns?", "ns1 nsx", "ns ns10"},
		{"!kube-system", "a default", "kube-system"},
		{"!*-pr-123-*", "a live", "a-pr-123-b"},
		{"!kube-*,kube-public", "a kube-public", "kube-system"},
		{"!kube-*,!default", "a", "kube-system default"},
		{"myapp-*,!*-pr-*,*-pr-123", "myapp-live myapp-pr-123", "myapp-pr-456 otherapp-live otherapp-pr-123"},
		{"a*,!ab*,abc*,!abcd*", "a ac abc abce", "ab abcd abcde b"},
		{"*,!x", "y", "x"},
		{"x,!x", "", "x y"},
		{"demo pr-*,!pr-9", "demo pr-1", "pr-9 other"},
	} {
		n, err := scope.Parse(strings.Fields(tt.patterns)...)
		if err != nil {
			t.Errorf("%s: %v", tt.patterns, err)
			continue
		}
		for _, name := range strings.Fields(tt.yes) {
			if !n.Match(name) {
				t.Errorf("%q does not match %s", tt.patterns, name)
			}
		}
		for _, name := range strings.Fields(tt.no) {
			if n.Match(name) {
				t.Errorf("%q matches %s", tt.patterns, name)
			}
		}
	}
}

func TestSpacesAroundCommas(t *testing.T) {
	n, err := scope.Parse("a* , !ab")
	if err != nil || !n.Match("ac") || n.Match("ab") || n.String() != "namespaces a*,!ab" {
		t.Errorf("%v, %v", n, err)
	}
}

func TestBadPatterns(t *testing.T) {
	for _, tt := range []struct{ pattern, says string }{
		{"", `"" is not the name of a namespace`},
		{"a,", "it has an empty part"},
		{",a", "it has an empty part"},
		{"!", "it has an empty part"},
		{"a,!", "it has an empty part"},
		{"!!a", `"!a" can have lower-case letters`},
		{"Demo", `"Demo" can have lower-case letters, digits and -`},
		{"my_app", "lower-case letters"},
		{"a/b", "lower-case letters"},
		{"[ab]*", "lower-case letters"},
		{"a b", "lower-case letters"},
		{"-a*", "no name begins or ends with -"},
		{"a-", "no name begins or ends with -"},
		{strings.Repeat("a", 64), "longer than 63 characters"},
		{"a,b", `the first part, "a", so "b" adds nothing; for both, make them two patterns`},
		{"a*,b,!c", `so "b" adds nothing`},
	} {
		_, err := scope.Parse("fine", tt.pattern)
		if err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%q: %v", tt.pattern, err)
		}
	}
}

func TestWhatIsKnown(t *testing.T) {
	for _, tt := range []struct {
		patterns  string
		all, wild bool
		exact     []string
		text      string
	}{
		{"", true, false, nil, "all namespaces"},
		{"demo", false, false, []string{"demo"}, "namespace demo"},
		{"b a b", false, false, []string{"a", "b"}, "namespaces b a b"},
		{"b pr-*", false, true, []string{"b"}, "namespaces b pr-*"},
		{"!a", false, true, nil, "namespaces !a"},
		{"a,!b", false, true, nil, "namespaces a,!b"},
		{"?", false, true, nil, "namespaces ?"},
	} {
		n, err := scope.Parse(strings.Fields(tt.patterns)...)
		if err != nil || n.All() != tt.all || n.Wild() != tt.wild || !slices.Equal(n.Exact(), tt.exact) || n.String() != tt.text {
			t.Errorf("%q: %v, all %v, wild %v, exact %v, %q", tt.patterns, err, n.All(), n.Wild(), n.Exact(), n)
		}
	}
	if n := scope.Exactly("a", "b"); !n.Match("a") || n.Match("c") || n.Wild() {
		t.Error("Exactly")
	}
}
