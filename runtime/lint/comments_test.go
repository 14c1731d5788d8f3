package lint

import (
	"strings"
	"testing"

	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// Where a comment stands decides what it is about.
func TestWhereCommentsStand(t *testing.T) {
	const text = `FILE
apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: x}
spec:
  handlers:
    BLOCK
    - on: delete
      resource: things.example.com
      do:
        ABOVE
        - status: {a: 1} BEHIND
        - status: {a: 2}
    - on: delete
      resource: things.example.com
      do:
        - log: "a text # kopf-lint: disable=unseen-patch is no comment"
        - log: |
            # kopf-lint: disable=unseen-patch neither is this
        - status: {a: 3}
`
	const comment, file = "# kopf-lint: disable=unseen-patch it is seen", "# kopf-lint: disable-file=unseen-patch, long-id it is seen"
	tests := map[string]struct {
		replace []string
		want    []int
	}{
		"none":         {nil, []int{12, 13, 20}},
		"behind":       {[]string{"BEHIND", comment}, []int{13, 20}},
		"above":        {[]string{"ABOVE", comment}, []int{13, 20}},
		"above others": {[]string{"ABOVE", comment + "\n        # why\n"}, []int{15, 22}},
		"block":        {[]string{"BLOCK", comment}, []int{20}},
		"file":         {[]string{"FILE", file}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			text := strings.NewReplacer(append(tt.replace, "FILE", "#", "BLOCK", "#", "ABOVE", "#", "BEHIND", "#")...).Replace(text)
			_, found := Sources([]spec.Source{{Name: "x.yaml", Text: []byte(text)}}, nil)
			var got []int
			for _, d := range found {
				switch d.Rule {
				case ruleUnseen:
					got = append(got, d.Subject.Start.Line)
				case ruleUnusedDisable:
					if name != "file" || d.Subject.Start.Column != 41 {
						t.Errorf("%v", d)
					}
				default:
					t.Errorf("%v", d)
				}
			}
			if len(got) != len(tt.want) {
				t.Fatalf("found in lines %v, want %v", got, tt.want)
			}
			for i := range got {
				if got[i] != tt.want[i] {
					t.Errorf("found in lines %v, want %v", got, tt.want)
				}
			}
		})
	}
}

// Comments in the wrong place say so.
func TestWrongComments(t *testing.T) {
	const good = "apiVersion: kopf.dev/v1alpha1\nkind: Operator\nmetadata: {name: x}\nspec:\n  handlers:\n    - {on: create, resource: pods, do: [{log: x}]}\n"
	tests := map[string]struct {
		text string
		rule *diag.Rule
		want string
	}{
		"file amid": {strings.Replace(good, "spec:", "# kopf-lint: disable-file=long-id x\nspec:", 1), ruleComment, "x.yaml:4:1: "},
		"at end":    {good + "# kopf-lint: disable=long-id x\n", ruleComment, "x.yaml:7:1: "},
		"form":      {"# kopf-lint disable long-id\n" + good, ruleComment, "x.yaml:1:1: "},
		"itself":    {"# kopf-lint: disable-file=disable-unused x\n" + good, ruleErrorDisable, "x.yaml:1:27: "},
		"spelling":  {"# kopf-lint: disable-file=long_id x\n" + good, ruleUnknownRule, "x.yaml:1:27: "},
		"left over": {"# kopf-lint: disable-file=long-id x\n" + good, ruleUnusedDisable, "x.yaml:1:27: "},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, found := Sources([]spec.Source{{Name: "x.yaml", Text: []byte(tt.text)}}, nil)
			if len(found) != 1 || found[0].Rule != tt.rule || !strings.HasPrefix(found[0].Error(), tt.want) {
				t.Errorf("got %v", found)
			}
		})
	}
}
