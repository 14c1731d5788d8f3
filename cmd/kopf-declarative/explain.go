package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kopf-declarative/kopf-declarative/runtime/lint"
)

const (
	explainFlag = "explain"
	// allRules is the value of --explain that was given none.
	allRules = "*"
)

// explainRules prints the rules of the ids, or the list of all of them. An id
// may follow --explain with a blank or with =.
func (a *app) explainRules(cmd *cobra.Command, ids []string) error {
	if id := a.settings.explain; id != allRules {
		ids = append([]string{id}, ids...)
	}
	if len(ids) == 0 {
		_, err := fmt.Fprint(a.stdout, lint.Overview())
		return err
	}
	var known []string
	for _, r := range lint.Rules() {
		known = append(known, r.ID)
	}
	for i, id := range ids {
		rule := lint.Rule(id)
		if rule == nil {
			return usageErrorf(cmd, "there is no rule %q%s", id, didYouMean(id, "", known))
		}
		if i > 0 {
			fmt.Fprintln(a.stdout)
		}
		if _, err := fmt.Fprint(a.stdout, lint.Explain(rule)); err != nil {
			return err
		}
	}
	return nil
}
