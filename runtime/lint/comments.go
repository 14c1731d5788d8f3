package lint

import (
	"regexp"
	"slices"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

var (
	ruleComment = &diag.Rule{
		ID: "disable-comment", Severity: diag.Warning, Summary: "not understood",
		Explanation: "A comment for lint is `# kopf-lint: disable=ID reason`, behind the line that it is about, or alone in the line above the value that it is about; or, above everything else in a file, `# kopf-lint: disable-file=ID reason`. Several ids have commas between them.",
	}
	ruleReason = &diag.Rule{
		ID: "disable-reason", Severity: diag.Info, Summary: "no reason",
		Explanation: "Whoever reads the comment later must be able to tell whether it is still needed: say behind the ids why the rule does not count here.",
	}
	ruleUnknownRule = &diag.Rule{
		ID: "disable-unknown", Severity: diag.Warning, Summary: "unknown rule",
		Explanation: "There is no rule of this id, so the comment disables nothing. `lint --explain` lists all of them.",
	}
	ruleUnusedDisable = &diag.Rule{
		ID: "disable-unused", Severity: diag.Warning, Summary: "it disables nothing",
		Explanation: "Nothing that the comment is about breaks the rule, or not any more. A comment that is left over would hide the next mistake.",
	}
	ruleErrorDisable = &diag.Rule{
		ID: "disable-error", Severity: diag.Warning, Summary: "errors cannot be disabled",
		Explanation: "An error makes the definition unusable: the engine would not run it, whatever a comment says. Only warnings and infos can be disabled.",
	}
)

func commentRules() []*diag.Rule {
	return []*diag.Rule{ruleComment, ruleReason, ruleUnknownRule, ruleUnusedDisable, ruleErrorDisable}
}

// marker begins the comments that are for lint.
const marker = "kopf-lint"

var commentForm = regexp.MustCompile(`^kopf-lint:\s*(disable|disable-file)=([^\s,]+(?:\s*,\s*[^\s,]+)*)(?:\s+(.*))?$`)

// exemption is one rule that a comment disables.
type exemption struct {
	rule     *diag.Rule
	comment  spec.Comment
	id       diag.Range
	file     bool
	siblings int
	used     bool
}

func (e *exemption) covers(d *diag.Diagnostic) bool {
	if d.Rule != e.rule || d.Subject.File != e.comment.Range.File {
		return false
	}
	line := d.Subject.Start.Line
	return e.file || e.comment.From <= line && line <= e.comment.To
}

// disable leaves out the findings that comments disable, and adds what is wrong
// with the comments themselves, which nothing disables.
func disable(bundle *spec.Bundle, found diag.List) diag.List {
	var exemptions []*exemption
	var about diag.List
	for name, text := range bundle.Sources {
		for _, c := range spec.Comments(spec.Source{Name: name, Text: text}, marker) {
			more, wrong := exemptionsOf(c)
			exemptions = append(exemptions, more...)
			about = append(about, wrong...)
		}
	}
	if len(exemptions) == 0 {
		return append(found, about...)
	}
	kept := slices.DeleteFunc(slices.Clone(found), func(d *diag.Diagnostic) bool {
		hit := false
		for _, e := range exemptions {
			if d.Severity != diag.Error && e.covers(d) {
				e.used, hit = true, true
			}
		}
		return hit
	})
	broken := brokenFiles(found)
	for _, e := range exemptions {
		// What cannot be read hides what the comment may be for.
		if !e.used && !broken[e.comment.Range.File] {
			about = append(about, unusedDisable(e))
		}
	}
	return append(kept, about...)
}

func brokenFiles(found diag.List) map[string]bool {
	out := map[string]bool{}
	for _, d := range found {
		if d.Severity == diag.Error {
			out[d.Subject.File] = true
		}
	}
	return out
}

// unusedDisable is the finding about a comment that is left over. One that is
// about nothing else can be taken away.
func unusedDisable(e *exemption) *diag.Diagnostic {
	bad := ruleUnusedDisable.At(e.id, "nothing here breaks %s", e.rule.ID)
	if e.siblings == 0 {
		bad.Fix = &diag.Fix{Title: "take the comment away", Edits: []diag.Edit{{Range: e.comment.Range}}, Safe: true}
	}
	return bad
}

func exemptionsOf(c spec.Comment) ([]*exemption, diag.List) {
	m := commentForm.FindStringSubmatchIndex(c.Text)
	if m == nil {
		return nil, diag.List{ruleComment.At(c.Range, "write # kopf-lint: disable=ID reason")}
	}
	var found diag.List
	file := c.Text[m[2]:m[3]] == "disable-file"
	switch {
	case file && !c.First:
		return nil, diag.List{ruleComment.At(c.Range, "disable-file stands above everything else in the file")}
	case !file && c.From == 0:
		return nil, diag.List{ruleComment.At(c.Range, "nothing follows that it could be about")}
	}
	if m[6] < 0 || strings.TrimSpace(c.Text[m[6]:m[7]]) == "" {
		found = append(found, ruleReason.At(c.Range, "say behind the ids why"))
	}
	var out []*exemption
	at := m[4]
	ids := strings.Split(c.Text[m[4]:m[5]], ",")
	for _, part := range ids {
		id := strings.TrimSpace(part)
		where := within(c, at+strings.Index(part, id), len(id))
		at += len(part) + 1
		rule := Rule(id)
		switch {
		case rule == nil:
			bad := ruleUnknownRule.At(where, "there is no rule %q", id)
			if guess, ok := diag.Nearest(id, ruleIDs()); ok {
				bad.SuggestWord(id, guess)
				bad.Detail += "; did you mean \"" + guess + "\"?"
			}
			found = append(found, bad)
		case slices.Contains(commentRules(), rule):
			found = append(found, ruleErrorDisable.At(where, "%s is about comments like this one, and cannot be disabled by one", id))
		case rule.Severity == diag.Error:
			found = append(found, ruleErrorDisable.At(where, "%s is an error", id))
		default:
			out = append(out, &exemption{rule: rule, comment: c, id: where, file: file, siblings: len(ids) - 1})
		}
	}
	return out, found
}

// within is the place of a stretch of a comment's text, which is one line.
func within(c spec.Comment, from, n int) diag.Range {
	behind := c.Range.End.Offset - c.Range.Start.Offset - len(c.Text)
	start := c.Range.Start
	start.Offset += behind + from
	start.Column += behind + len([]rune(c.Text[:from]))
	end := start
	end.Offset += n
	end.Column += len([]rune(c.Text[from : from+n]))
	return diag.Range{File: c.Range.File, Start: start, End: end}
}

func ruleIDs() []string {
	var ids []string
	for _, r := range Rules() {
		ids = append(ids, r.ID)
	}
	return ids
}
