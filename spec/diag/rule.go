package diag

import "fmt"

// Rule is one kind of finding. Each layer declares the rules that it checks as
// values that never change, and lists them in its function Rules; a Diagnostic
// can be about no other.
type Rule struct {
	// ID is stable: people look for it and write it into comments.
	ID       string
	Severity Severity
	// Summary says in a few words what is wrong.
	Summary string
	// Explanation says to people why it is wrong and what to do: plain text in
	// paragraphs, which may hold `code`.
	Explanation string
}

// At makes a finding; its maker may complete it.
func (r *Rule) At(at Range, format string, args ...any) *Diagnostic {
	return &Diagnostic{Rule: r, Severity: r.Severity, Summary: r.Summary, Detail: fmt.Sprintf(format, args...), Subject: at}
}

// docs is where the pages of the rules are.
const docs = "https://github.com/kopf-declarative/kopf-declarative/blob/main/docs/rules/"

// URL is the page of the rule.
func (r *Rule) URL() string { return docs + r.ID + ".md" }
