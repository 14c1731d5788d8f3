package lint

import (
	"regexp"

	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

var plainWord = regexp.MustCompile(`^[A-Za-z][-A-Za-z0-9_./]*$`)

// keepQuotes puts words that fixes write into the quotes of those that they
// replace: in JSON they could not be without. Words that are no text, such as
// true, are written as they are.
func keepQuotes(sources map[string][]byte, found diag.List) {
	for _, d := range found {
		if d.Fix == nil {
			continue
		}
		for i, e := range d.Fix.Edits {
			text, known := sources[e.Range.File]
			from, to := e.Range.Start.Offset, e.Range.End.Offset
			if !known || to > len(text) || to-from < 2 || !plainWord.MatchString(e.Text) || e.Text == "true" || e.Text == "false" || e.Text == "null" {
				continue
			}
			if quote := text[from]; (quote == '"' || quote == '\'') && text[to-1] == quote {
				d.Fix.Edits[i].Text = string(quote) + e.Text + string(quote)
			}
		}
	}
}
